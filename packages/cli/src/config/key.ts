import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { configError } from "../engine/errors.ts";
import type { Io } from "../engine/types.ts";
import { checksum, keccak256 } from "./keccak.ts";
import type { Settings } from "./settings.ts";

// Not imported: an ES import of this module builds all of it at once, web crypto included, and costs `whoami` 10 ms.
const crypto = () => process.getBuiltinModule("node:crypto");

export type Key = { readonly privateKey: `0x${string}`; readonly address: `0x${string}` };

const KEY_RULE = "a private key is 0x and 64 hexadecimal digits, above zero and below the order of the curve";

/** The address of a private key; `undefined` when the text is no key. Native code: a start of the CLI pays 4 ms, not 25. */
export function readKey(text: string): Key | undefined {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) return undefined;
  try {
    const curve = crypto().createECDH("secp256k1");
    curve.setPrivateKey(text.slice(2), "hex");
    const hash = keccak256(curve.getPublicKey().subarray(1));
    return { privateKey: text as `0x${string}`, address: checksum(`0x${hash.slice(-40)}`) };
  } catch {
    return undefined;
  }
}

/** A fresh key from the system's random source. */
export function generateKey(): Key {
  for (;;) {
    const key = readKey(`0x${crypto().randomBytes(32).toString("hex")}`);
    if (key) return key;
  }
}

/** The signing key of this run. Never puts the key, or a part of it, into a message. */
export function signingKey(settings: Settings): Key {
  const wallet = settings.get("PEAQOS_OWS_WALLET");
  if (wallet !== undefined) {
    throw configError({
      code: "NOT_IN_THIS_RELEASE",
      message: "PEAQOS_OWS_WALLET is set, and this release cannot read a wallet vault yet",
      value: wallet,
      rule: "a wallet that is set wins over PEAQOS_PRIVATE_KEY, so signing with the key instead would be a surprise",
      next: "unset PEAQOS_OWS_WALLET (or remove its line from .env) to sign with PEAQOS_PRIVATE_KEY",
    });
  }
  const text = settings.require("PEAQOS_PRIVATE_KEY");
  const key = readKey(text);
  if (key) return key;
  const place =
    settings.source("PEAQOS_PRIVATE_KEY") === "file" ? ` in ${settings.file}` : " in the environment";
  throw configError({
    code: "INVALID_PRIVATE_KEY",
    message: `PEAQOS_PRIVATE_KEY${place} is not a private key`,
    value: describeSecret(text),
    rule: KEY_RULE,
    next: "paste it again, or run `peaqos init` to write a .env with a fresh key",
  });
}

/** What can be said of a secret without saying it. */
export function describeSecret(text: string): string {
  const prefix = text.startsWith("0x") ? "begins with 0x" : "without 0x";
  return `(hidden: ${text.length} characters, ${prefix})`;
}

/** A key from the file of a flag: exit 3 for anything that is not exactly one key. */
export async function readKeyFile(io: Pick<Io, "cwd">, file: string, flag = "--machine-key"): Promise<Key> {
  const path = resolve(io.cwd, file);
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw configError({
      code: "KEY_FILE",
      message: code === "ENOENT" ? `There is no key file ${path}` : `The key file ${path} cannot be read`,
      value: path,
      rule: `${flag} names a readable file with one private key in it`,
      next: "check the path and its permissions",
      cause: error,
    });
  }
  const key = readKey(text);
  if (key) return key;
  throw configError({
    code: "INVALID_PRIVATE_KEY",
    message: `${path} does not hold a private key`,
    value: describeSecret(text),
    rule: KEY_RULE,
    next: "the file holds the key alone, in one line",
  });
}
