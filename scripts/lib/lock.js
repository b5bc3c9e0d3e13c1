// A lock file between processes of one machine, in plain JavaScript because the bootstrap needs it before
// anything is installed. The file holds the owner's process id; a dead owner's lock is taken over.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Runs `work` while holding the lock file at `path`; waits, and says so once, while another process holds it. */
export async function withLock(path, work) {
  let told = false;
  while (!take(path)) {
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    if (!alive(owner)) {
      removeStale(path, owner);
      continue;
    }
    if (!told) console.error(`peaqOS: process ${owner} is installing here already, waiting for it ...`);
    told = true;
    await sleep(250);
  }
  const release = () => {
    if (ownerOf(path) === process.pid) rmSync(path, { force: true });
  };
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

/** Written aside and linked: the lock never exists without its owner's id in it. */
function take(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** The process id in the file, 0 when it holds none, undefined when there is no file. */
function ownerOf(path) {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : 0;
  } catch {
    return undefined;
  }
}

function alive(pid) {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Moves the file aside before it is deleted, so that a lock taken in between is noticed and put back. */
function removeStale(path, owner) {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (ownerOf(aside) === owner) rmSync(aside, { force: true });
  else renameSync(aside, path);
}
