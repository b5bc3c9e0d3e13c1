import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type CliError, configError } from "../engine/errors.ts";
import type { GlobalFlags, Io } from "../engine/types.ts";
import type { Ui } from "../engine/ui.ts";
import { address, isHttpUrl } from "../engine/values.ts";
import { hideCredentials } from "../rpc.ts";
import { type EnvEntry, parseEnv } from "./env-file.ts";
import { VARIABLES } from "./variables.ts";

export type Source = "flag" | "environment" | "file" | "default";

/** Settings of one run: flag > environment > settings file > default. */
export type Settings = {
  /** The settings file that was read, absolute; `undefined` when there is none. */
  readonly file: string | undefined;
  /** What is wrong with the file or its mode, one sentence each. */
  readonly warnings: readonly string[];
  get(name: string): string | undefined;
  source(name: string): Source | undefined;
  /** The value, or exit 3 with the line to type. */
  require(name: string): string;
  requireUrl(name: string): string;
  requireAddress(name: string): `0x${string}`;
};

const FLAGS: Readonly<Record<string, keyof GlobalFlags>> = {
  PEAQOS_ORCHESTRATION_URL: "orchestration-url",
  PEAQOS_ORCH_API_KEY: "orch-api-key",
};

export async function loadSettings(
  io: Pick<Io, "env" | "cwd">,
  globals: Pick<GlobalFlags, "env-file" | "orchestration-url" | "orch-api-key">,
  ui?: Pick<Ui, "warn" | "debug">,
): Promise<Settings> {
  const asked = globals["env-file"] ?? (io.env.PEAQOS_ENV_FILE || undefined);
  const file = asked === undefined ? await findEnvFile(io.cwd) : resolve(io.cwd, asked);
  const warnings: string[] = [];
  const entries = file === undefined ? [] : await readEntries(file, asked !== undefined, warnings);
  for (const warning of warnings) ui?.warn(warning);
  ui?.debug(file === undefined ? "no .env was found" : `settings read from ${file}`);
  return settingsFrom(io.env, globals, file, entries, warnings);
}

export function settingsFrom(
  env: Io["env"],
  globals: Partial<Pick<GlobalFlags, "orchestration-url" | "orch-api-key">>,
  file: string | undefined,
  entries: readonly EnvEntry[],
  warnings: readonly string[] = [],
): Settings {
  const fromFile = new Map(entries.map((entry) => [entry.name, entry.value]));
  const defaults = new Map(VARIABLES.map((entry) => [entry.name, entry.default]));

  const find = (name: string): { value: string; source: Source } | undefined => {
    const flag = FLAGS[name] === undefined ? undefined : globals[FLAGS[name] as "orchestration-url"];
    if (flag !== undefined) return { value: flag, source: "flag" };
    // An exported empty value keeps the file from filling it and counts as missing, as dotenv has it.
    const exported = env[name];
    const value = exported ?? fromFile.get(name);
    if (value !== undefined && value.trim() !== "") {
      return { value: value.trim(), source: exported === undefined ? "file" : "environment" };
    }
    const fallback = defaults.get(name);
    return fallback === undefined ? undefined : { value: fallback, source: "default" };
  };

  const where = (name: string) => {
    const source = find(name)?.source;
    return source === "file" ? `${name} in ${file}` : source === "default" ? `${name} (default)` : name;
  };

  const settings: Settings = {
    file,
    warnings,
    get: (name) => find(name)?.value,
    source: (name) => find(name)?.source,
    require: (name) => {
      const found = find(name);
      if (found) return found.value;
      throw missing(name, file, env[name] !== undefined);
    },
    requireUrl: (name) => {
      const value = settings.require(name);
      if (isHttpUrl(value)) return value;
      throw configError({
        code: "BAD_SETTING",
        message: `${where(name)} is not a web address`,
        value: hideCredentials(value),
        rule: `${name} must begin with http:// or https:// and name a host`,
        next: `export ${name}=http://127.0.0.1:8545 (for example), or correct the line in .env`,
        details: { variable: name },
      });
    },
    requireAddress: (name) => {
      const value = settings.require(name);
      const parsed = address.parse(value);
      if (parsed !== undefined) return parsed;
      throw configError({
        code: "BAD_SETTING",
        message: `${where(name)} is not an address`,
        value,
        rule: `${name} ${address.rule}`,
        next: "correct it, or write a fresh file with `peaqos init`",
        details: { variable: name },
      });
    },
  };
  return settings;
}

function missing(name: string, file: string | undefined, exportedEmpty: boolean): CliError {
  const example =
    name === "PEAQOS_PRIVATE_KEY"
      ? "0x..."
      : name.endsWith("_URL")
        ? "http://127.0.0.1:8545"
        : name.endsWith("_ADDRESS")
          ? "0x..."
          : "...";
  return configError({
    code: "MISSING_SETTING",
    message: `${name} is not set`,
    value: exportedEmpty
      ? "exported, but empty"
      : file
        ? `not in ${file} either`
        : "(nothing; no .env was found)",
    rule: "settings come from the environment or from a .env in this folder or in the project around it",
    next: `export ${name}=${example}   or write a .env with \`peaqos init\``,
    details: { variable: name },
  });
}

/**
 * The `.env` of the current folder, else the nearest one above it up to the project's root (the folder with `.git`).
 * Outside a project only the current folder counts, and a home folder is never a project by accident.
 */
export async function findEnvFile(cwd: string): Promise<string | undefined> {
  const root = await projectRoot(cwd);
  let folder = resolve(cwd);
  for (;;) {
    const file = join(folder, ".env");
    if (await isFile(file)) return file;
    if (root === undefined || folder === root) return undefined;
    folder = dirname(folder);
  }
}

async function projectRoot(cwd: string): Promise<string | undefined> {
  const home = homedir();
  let folder = resolve(cwd);
  for (;;) {
    if (await exists(join(folder, ".git"))) return folder;
    const parent = dirname(folder);
    if (parent === folder || folder === home) return undefined;
    folder = parent;
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function readEntries(file: string, asked: boolean, warnings: string[]): Promise<EnvEntry[]> {
  let text: string;
  let mode: number;
  try {
    mode = (await stat(file)).mode & 0o777;
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw configError({
      code: "SETTINGS_FILE",
      message: code === "ENOENT" ? `There is no settings file ${file}` : `${file} cannot be read`,
      value: file,
      rule: asked ? "--env-file and PEAQOS_ENV_FILE name an existing file" : "the file must be readable",
      next: asked ? "check the path" : `chmod u+r ${file}`,
      cause: error,
    });
  }
  const entries = parseEnv(text);
  const secrets = VARIABLES.filter((entry) => entry.secret).map((entry) => entry.name);
  const holdsSecret = entries.some((entry) => secrets.includes(entry.name) && entry.value !== "");
  if (holdsSecret && (mode & 0o077) !== 0 && process.platform !== "win32") {
    warnings.push(
      `${file} holds a secret and can be read by others (mode ${mode.toString(8).padStart(4, "0")}): chmod 600 ${file}`,
    );
  }
  const seen = new Set<string>();
  for (const entry of entries) {
    if (seen.has(entry.name))
      warnings.push(`${entry.name} stands twice in ${file}; line ${entry.line} counts`);
    seen.add(entry.name);
  }
  return entries;
}
