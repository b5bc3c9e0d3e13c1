import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnChild } from "../process/child.ts";
import type { ServerAccount } from "./account.ts";

export type ClusterOptions = {
  binaries: { initdb: string };
  home: string;
  data: string;
  account: ServerAccount | undefined;
  durable: boolean;
  user: string;
  password: string;
  logFile: string;
};

/**
 * initdb into a folder beside the final one, which then gets its name: an interrupted first start leaves no half
 * cluster behind. Locale C.UTF-8 of PostgreSQL's own, so that texts sort the same on every machine.
 */
export async function createCluster(options: ClusterOptions): Promise<void> {
  const { account } = options;
  const fresh = `${options.data}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  const secrets = mkdtempSync(join(tmpdir(), "peaqos-initdb-"));
  const passwordFile = join(secrets, randomBytes(4).toString("hex"));
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (account) for (const path of [fresh, secrets, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    const child = spawnChild({
      name: "initdb",
      command: options.binaries.initdb,
      args: [
        ...["--pgdata", fresh, "--username", options.user, "--pwfile", passwordFile],
        ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-instructions"],
        ...["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
        // The password is random and 144 bits long: many rounds would only slow every connection down.
        ...["--set", "scram_iterations=64"],
        ...(options.durable ? [] : ["--no-sync"]),
      ],
      logFile: options.logFile,
      cwd: secrets,
      env: { ...process.env, LC_ALL: "C" },
      ...asAccount(account),
    });
    const { code, signal } = await child.exited;
    if (code !== 0) throw new Error(explain(options, child.tail(), signal ?? `exit code ${code}`));
  } finally {
    rmSync(secrets, { recursive: true, force: true });
  }
  renameSync(fresh, options.data);
}

export function asAccount(account: ServerAccount | undefined) {
  if (!account) return {};
  return account.setpriv ? { setpriv: account.setpriv } : { uid: account.uid, gid: account.gid };
}

function explain(options: ClusterOptions, tail: string, end: string): string {
  const full = /No space left on device|Check free disk space/.test(tail);
  const start = full
    ? `The disk that holds ${options.home} is full: PostgreSQL could not set up its files. Free some space or use --data-dir on another disk.`
    : `PostgreSQL could not set up its files in ${options.data} (initdb ended with ${end}).`;
  return `${start} Last lines of ${options.logFile}:\n${tail}`;
}
