import { access, constants, stat } from "node:fs/promises";
import { join } from "node:path";
import { checksum } from "../config/keccak.ts";
import { readKey } from "../config/key.ts";
import { CONTRACT_VARIABLES, VARIABLES } from "../config/variables.ts";
import { clean } from "../engine/output.ts";
import { suggest } from "../engine/suggest.ts";
import { hideCredentials } from "../rpc.ts";
import { badSetting, type Check, ok, type Patient, skip, warn } from "./types.ts";

export function checkNode({ nodeVersion }: Patient): Check {
  const [major = 0] = nodeVersion.replace(/^v/, "").split(".").map(Number);
  return major >= 22
    ? ok("node", `Node ${nodeVersion}`)
    : badSetting("node", `Node ${nodeVersion} is too old: peaqos needs 22 or newer`, "install Node 24");
}

export async function checkFile(patient: Patient): Promise<Check[]> {
  const { settings, entries, strayLines, io } = patient;
  const checks: Check[] = [];
  const { file } = settings;
  if (file === undefined) {
    checks.push(skip("env-file", "No .env was found; settings come from the environment alone"));
  } else {
    checks.push(ok("env-file", `Settings file ${file}`));
    for (const { line, text } of strayLines) {
      checks.push(
        badSetting(
          "env-file-line",
          `Line ${line} of ${file} is no setting: ${clean(hideSecret(text))}`,
          "write NAME=value, or begin the line with # to make it a comment",
        ),
      );
    }
    for (const warning of settings.warnings) {
      const mode = /^(.*): (chmod .*)$/.exec(warning);
      checks.push(
        warn(
          "env-file-entry",
          mode ? mode[1]! : warning,
          mode ? mode[2]! : "remove the line that does not count",
        ),
      );
    }
    for (const { name, value, line } of entries) checks.push(...checkEntry(name, value, line, patient));
  }
  for (const { name } of VARIABLES) {
    const exported = io.env[name];
    const inFile = entries.findLast((entry) => entry.name === name)?.value;
    if (exported !== undefined && inFile !== undefined && exported.trim() !== inFile.trim()) {
      checks.push(
        warn(
          "shadowed",
          `${name} is exported and beats another value in ${file}`,
          `unset ${name}, or change the line in the file`,
        ),
      );
    }
  }
  return checks;
}

function hideSecret(text: string): string {
  return text.replaceAll(/(0x)?[0-9a-fA-F]{64}/g, "(hidden)").slice(0, 60);
}

function checkEntry(name: string, value: string, line: number, { settings }: Patient): Check[] {
  const known = [...VARIABLES.map((entry) => entry.name), ...NOT_OURS];
  if (known.includes(name) || !/^(PEAQ|OWS|.*_(REGISTRY|STAKING|NFT|PRECOMPILE)_?ADD)/.test(name)) return [];
  const near = suggest(
    name,
    VARIABLES.map((entry) => ({ name: entry.name })),
  )[0];
  if (near === undefined || value === "") return [];
  const missing = settings.get(near) === undefined || settings.source(near) === "default";
  const found = `Line ${line} of ${settings.file} sets ${name}, which nothing reads; ${near} ${missing ? "is not set" : "is set as well"}`;
  return [
    missing
      ? badSetting("unknown-setting", found, `rename it to ${near}`)
      : warn("unknown-setting", found, `remove it, or rename it to ${near}`),
  ];
}

/** On a fresh machine one sentence says more than eight. */
export function checkAnySettings({ settings }: Patient): Check[] {
  const names = [
    "PEAQOS_PRIVATE_KEY",
    "PEAQOS_OWS_WALLET",
    "PEAQOS_RPC_URL",
    ...CONTRACT_VARIABLES.map((entry) => entry.name),
  ];
  if (names.some((name) => settings.get(name) !== undefined)) return [];
  const where =
    settings.file === undefined
      ? "nothing is exported and there is no .env here"
      : `nothing is exported and ${settings.file} sets none`;
  return [badSetting("settings", `There are no peaqOS settings yet: ${where}`, "peaqos init")];
}

/** Names other programs of the same project read. */
const NOT_OURS = [
  "PEAQOS_API_KEY",
  "OWS_PASSPHRASE",
  "PEAQOS_TELEMETRY",
  "MACHINE_ACCOUNT_FACTORY_ADDRESS",
  "MACHINE_NFT_ADAPTER_ADDRESS",
  "ADMIN_FLAGS_ADDRESS",
];

export function checkKey({ settings }: Patient): Check {
  const wallet = settings.get("PEAQOS_OWS_WALLET");
  if (wallet !== undefined) {
    return badSetting(
      "key",
      `PEAQOS_OWS_WALLET is set (${clean(wallet)}), and this release cannot read a wallet vault yet`,
      "unset PEAQOS_OWS_WALLET to sign with PEAQOS_PRIVATE_KEY",
    );
  }
  const text = settings.get("PEAQOS_PRIVATE_KEY");
  if (text === undefined) {
    return badSetting(
      "key",
      "PEAQOS_PRIVATE_KEY is not set: commands that sign cannot work",
      "peaqos init writes a .env and can make a key",
    );
  }
  const key = readKey(text);
  if (key) return ok("key", `Signs as ${key.address}`);
  return badSetting(
    "key",
    `PEAQOS_PRIVATE_KEY ${keyFault(text)}`,
    "paste the key again: 0x and 64 hexadecimal digits, in one line",
  );
}

/** What is wrong with a key, without showing it. */
function keyFault(text: string): string {
  const hex = text.replace(/^0x/i, "");
  if (/^[a-z]+( [a-z]+){11,23}$/.test(text)) return "holds a recovery phrase, not a private key";
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) return "holds an address, not a private key";
  if (/^["'“”].*["'“”]$/.test(text)) return "stands in quotes that became part of it";
  if (/\s/.test(text)) return "has blanks in it";
  if (/^[0-9a-fA-F]{64}$/.test(text)) return "lacks the 0x in front";
  if (/^0X/.test(text)) return "begins with 0X; the x has to be small";
  if (/^0x<.*>$|\.\.\./.test(text)) return "still holds a placeholder";
  if (!/^[0-9a-fA-F]*$/.test(hex)) return "has characters that are no hexadecimal digits";
  if (hex.length !== 64) return `has ${hex.length} hexadecimal digits, a key has 64`;
  if (/^0+$/.test(hex)) return "is zero, which is no key";
  return "is not below the order of the curve, so it is no key";
}

export function checkUrl({ settings }: Patient, name: string, what: string): Check {
  const id = name === "PEAQOS_RPC_URL" ? "rpc-url" : "mcr-url";
  const value = settings.get(name);
  if (value === undefined) {
    return badSetting(
      id,
      `${name} is not set: there is no ${what}`,
      `export ${name}=http://...   or run peaqos init`,
    );
  }
  const fault = urlFault(value);
  if (!fault)
    return ok(
      id,
      `${name} ${hideCredentials(value)}${settings.source(name) === "default" ? " (default)" : ""}`,
    );
  return badSetting(
    id,
    `${name} ${fault}: ${clean(hideCredentials(value))}`,
    `set it to http://host:port or https://host`,
  );
}

function urlFault(value: string): string | undefined {
  if (/^wss?:/i.test(value)) return "is a WebSocket address; an http or https one is needed";
  if (/\s/.test(value)) return "has blanks in it";
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return "does not begin with http:// or https://";
  if (!/^https?:/i.test(value)) return "is neither http nor https";
  try {
    const { port, hostname } = new URL(value);
    if (hostname === "") return "names no host";
    return port === "0" ? "has port 0" : undefined;
  } catch {
    return "is no web address";
  }
}

export function checkAddresses({ settings }: Patient): Check[] {
  const checks: Check[] = [];
  const seen = new Map<string, string>();
  for (const { name, label } of CONTRACT_VARIABLES) {
    const value = settings.get(name);
    const id = `address-${name.toLowerCase().replace(/_address$/, "")}`;
    if (value === undefined) {
      checks.push(
        badSetting(
          id,
          `${name} is not set (address of ${label})`,
          "peaqos init fills in what a network brings",
        ),
      );
      continue;
    }
    const fault = addressFault(value);
    if (fault) {
      checks.push(badSetting(id, `${name} ${fault}`, "copy the address again: 0x and 40 hexadecimal digits"));
      continue;
    }
    const twin = seen.get(value.toLowerCase());
    if (twin) {
      checks.push(
        badSetting(
          id,
          `${name} and ${twin} are the same address ${value}`,
          "each contract has an address of its own",
        ),
      );
      continue;
    }
    seen.set(value.toLowerCase(), name);
    const mixed =
      value.slice(2) !== value.slice(2).toLowerCase() && value.slice(2) !== value.slice(2).toUpperCase();
    if (mixed && checksum(value) !== value) {
      checks.push(
        badSetting(
          id,
          `${name} ${value} has a wrong checksum: a digit is mistyped, or letters changed case`,
          "copy the address again",
        ),
      );
    } else checks.push(ok(id, `${label} at ${value}`));
  }
  return checks;
}

function addressFault(value: string): string | undefined {
  if (/^0x[0-9a-fA-F]{64}$/.test(value)) return "holds 64 digits: a key or a hash, not an address";
  if (/^did:/.test(value)) return "holds a DID, not an address";
  if (/\.\.\./.test(value)) return "still holds a shortened address";
  if (/^[0-9a-fA-F]{40}$/.test(value)) return "lacks the 0x in front";
  if (!/^0x/.test(value)) return "does not begin with 0x";
  const digits = value.slice(2);
  if (!/^[0-9a-fA-F]*$/.test(digits)) return "has characters that are no hexadecimal digits";
  if (digits.length !== 40) return `has ${digits.length} hexadecimal digits, an address has 40`;
  if (/^0+$/.test(digits)) return "is the zero address";
  return undefined;
}

/** Is this folder usable for what `activate` and `qualify event` write? */
export async function checkFolder({ io }: Patient): Promise<Check[]> {
  const checks: Check[] = [];
  const log = join(io.cwd, "peaqos.log");
  const state = await stat(log).catch(() => undefined);
  const writable = await access(state ? log : io.cwd, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable) {
    checks.push(
      badSetting(
        "log",
        state
          ? `${log} cannot be written`
          : `The folder ${io.cwd} cannot be written, so peaqos.log cannot be kept`,
        "run peaqos in a folder of your own",
      ),
    );
  } else if (state?.isDirectory()) {
    checks.push(badSetting("log", `${log} is a folder; the journal needs that name`, `mv ${log} ${log}.d`));
  } else if (state && (state.mode & 0o077) !== 0 && process.platform !== "win32") {
    checks.push(warn("log", `${log} can be read by others`, `chmod 600 ${log}`));
  } else checks.push(ok("log", `${log} can be written`));
  return checks;
}
