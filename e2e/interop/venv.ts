import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const here = import.meta.dirname;

/** The published clients as installed programs. */
export type PublishedClients = {
  /** Interpreter with `peaq_os_sdk` 0.3.0 importable. */
  python: string;
  /** The `peaqos` program of the published `peaq-os-cli`. */
  cli: string;
  /** Interpreter with `peaq_os_sdk` 0.6.0 importable, or why there is none. */
  later: { python: string } | { missing: string };
};

type Python = { program: string; version: string; minor: number };

/**
 * What every program of the venv runs with: telemetry off (the published SDK has it on by default), plain output, and
 * nothing of the caller's environment but the path.
 */
export const quietEnv = {
  DO_NOT_TRACK: "1",
  PEAQOS_TELEMETRY: "0",
  NO_COLOR: "1",
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONIOENCODING: "utf-8",
};

/**
 * Installs the published clients, pinned by hash, into git-ignored venvs; a second call finds them there.
 *
 * @returns the programs, or the reason why there are none on this machine (no Python 3.10 or newer).
 * @throws when Python is there and pip fails: that is an error to look at, not a reason to skip. Only the later SDK,
 *   a second opinion, is left out then, with pip's reason.
 */
export function publishedClients(log: (line: string) => void): PublishedClients | { missing: string } {
  const found = findPython();
  if (!found)
    return { missing: "no Python 3.10 or newer on the PATH (python3.13 ... python3.10, python3, python)" };
  const bin = install(found, ".venv", "requirements", log);
  return { python: join(bin, "python"), cli: join(bin, "peaqos"), later: laterClient(log) };
}

/**
 * 0.6.0 can be imported on Python 3.12 and newer only: 3.10 has no `datetime.UTC`, and 3.11 refuses its mappingproxy as
 * a dataclass default.
 */
function laterClient(log: (line: string) => void): PublishedClients["later"] {
  const found = findPython((minor) => minor >= 12, pyenvPythons());
  if (!found)
    return {
      missing:
        "peaq-os-sdk 0.6.0 can be imported on Python 3.12 or newer only (3.10: no datetime.UTC; 3.11: mutable default for field decoded_events), and there is none here",
    };
  try {
    return { python: join(install(found, ".venv-later", "requirements-later", log), "python") };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

/** @returns the folder of the venv's programs. */
function install(found: Python, name: string, locks: string, log: (line: string) => void): string {
  const folder = join(here, name);
  const marker = join(folder, "installed.json");
  const lock = join(here, found.minor === 10 ? `${locks}-310.txt` : `${locks}.txt`);
  const key = createHash("sha256").update(readFileSync(lock)).update(found.version).digest("hex");
  const bin = join(folder, process.platform === "win32" ? "Scripts" : "bin");
  if (existsSync(marker) && JSON.parse(readFileSync(marker, "utf8")).key === key) return bin;

  log(`interop: installing ${locks}.in into e2e/interop/${name} (Python ${found.version}) ...`);
  rmSync(folder, { recursive: true, force: true });
  const python = join(bin, "python");
  try {
    run(found.program, ["-m", "venv", folder]);
    run(python, ["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", lock]);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  writeFileSync(marker, JSON.stringify({ key, python: found.version }));
  return bin;
}

/** Pythons that pyenv has, whether or not they are its current ones. */
function pyenvPythons(): string[] {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  if (!existsSync(versions)) return [];
  return readdirSync(versions).map((version) => join(versions, version, "bin", "python3"));
}

function findPython(fits: (minor: number) => boolean = () => true, more: string[] = []): Python | undefined {
  const onPath = ["python3.11", "python3.12", "python3.13", "python3.10", "python3", "python"];
  for (const program of [...onPath, ...more]) {
    const { status, stdout } = spawnSync(
      program,
      ["-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
      {
        encoding: "utf8",
      },
    );
    const version = stdout?.trim();
    if (status !== 0 || !version) continue;
    const [major, minor] = version.split(".").map(Number) as [number, number];
    if (major === 3 && minor >= 10 && fits(minor)) return { program, version, minor };
  }
  return undefined;
}

function run(program: string, args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, ...quietEnv, PIP_DISABLE_PIP_VERSION_CHECK: "1" },
  });
  if (status === 0) return;
  throw new Error(
    `interop: ${program} ${args.slice(0, 3).join(" ")} failed: ${error?.message ?? stderr.slice(-2000)}`,
  );
}
