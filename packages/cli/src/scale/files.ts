import { open, readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { usageError } from "../engine/errors.ts";
import type { Io } from "../engine/types.ts";
import type { Ui } from "../engine/ui.ts";

/** Files that the flags of `scale` name. What is in them is never part of a message. */

async function textOf(io: Pick<Io, "cwd">, flag: string, file: string): Promise<string> {
  const path = resolve(io.cwd, file);
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw usageError({
      code: "FILE",
      message: missing ? `${flag}: there is no file ${path}` : `${flag}: ${path} cannot be read`,
      value: path,
      rule: `${flag} names a readable file`,
      next: "check the path and its permissions",
      cause: error,
    });
  }
}

/** The one line of a token file. */
export async function readToken(io: Pick<Io, "cwd">, ui: Pick<Ui, "warn">, file: string): Promise<string> {
  const flag = "--pairing-token-file";
  const lines = (await textOf(io, flag, file)).split(/\r?\n/).filter((line) => line.trim() !== "");
  const [token] = lines;
  if (token === undefined || lines.length > 1 || !/^[\x21-\x7e]+$/.test(token.trim()))
    throw usageError({
      code: "TOKEN_FILE",
      message: `${resolve(io.cwd, file)} does not hold a pairing token`,
      value: `${lines.length} lines`,
      rule: "the file holds the token alone, in one line",
      next: "write it with `peaqos scale agent pair --token-file`, or `... --json | jq -r .pairing_token > FILE`",
    });
  await warnIfOpen(io, ui, file, "the pairing token");
  return token.trim();
}

/** Says so when others can read a secret. */
export async function warnIfOpen(
  io: Pick<Io, "cwd">,
  ui: Pick<Ui, "warn">,
  file: string,
  what: string,
): Promise<void> {
  const path = resolve(io.cwd, file);
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & 0o077) !== 0 && process.platform !== "win32")
    ui.warn(`${what} in ${path} can be read by others (mode 0${mode.toString(8)}): chmod 600 ${path}`);
}

/** The first line of a signature file: 0x and hexadecimal digits. */
export async function readSignature(io: Pick<Io, "cwd">, flag: string, file: string): Promise<`0x${string}`> {
  const line =
    (await textOf(io, flag, file))
      .split(/\r?\n/)
      .find((each) => each.trim() !== "")
      ?.trim() ?? "";
  return checkedSignature(flag, line);
}

/** A signature as text. */
export function checkedSignature(flag: string, text: string): `0x${string}` {
  const signature = text.trim();
  if (/^0x[0-9a-fA-F]{130}$/.test(signature)) return signature as `0x${string}`;
  throw usageError({
    code: "SIGNATURE",
    message: `${flag} holds no signature`,
    value: `${signature.length} characters`,
    rule: "a signature (EIP-191) is 0x and 130 hexadecimal digits, in one line",
    next: "sign the challenge's text as it is, byte for byte",
  });
}

/** A JSON object. Its values never appear in a message. */
export async function readObject(
  io: Pick<Io, "cwd">,
  flag: string,
  file: string,
): Promise<Record<string, unknown>> {
  const text = await textOf(io, flag, file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const at = /position \d+[^"]*/.exec((error as Error).message)?.[0];
    throw notAnObject(io, flag, file, `not JSON${at === undefined ? "" : `, at ${at}`}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw notAnObject(io, flag, file, Array.isArray(value) ? "a list" : typeof value);
  return value as Record<string, unknown>;
}

function notAnObject(io: Pick<Io, "cwd">, flag: string, file: string, found: string) {
  return usageError({
    code: "JSON_FILE",
    message: `${flag}: ${resolve(io.cwd, file)} does not hold a JSON object`,
    value: found,
    rule: 'the file holds one JSON object, such as {"base_symbol":"EUR"}',
    next: "correct the file",
  });
}

/** Writes a secret into a file that only its owner can read. */
export async function writeSecret(
  io: Pick<Io, "cwd">,
  flag: string,
  file: string,
  secret: string,
): Promise<string> {
  const path = resolve(io.cwd, file);
  const handle = await open(path, "w", 0o600);
  try {
    // The mode of a file that was there counts, not ours.
    await handle.chmod(0o600);
    await handle.writeFile(`${secret}\n`);
    await handle.datasync();
  } catch (error) {
    throw usageError({
      code: "FILE",
      message: `${flag}: ${path} could not be written`,
      value: path,
      rule: `${flag} names a file that can be written`,
      next: "check the path and its permissions",
      cause: error,
    });
  } finally {
    await handle.close();
  }
  return path;
}

/** Makes sure, before a secret is made, that its file can be written. */
export async function checkWritable(io: Pick<Io, "cwd">, flag: string, file: string): Promise<void> {
  const path = resolve(io.cwd, file);
  try {
    await (await open(path, "a", 0o600)).close();
  } catch (error) {
    throw usageError({
      code: "FILE",
      message: `${flag}: ${path} cannot be written`,
      value: path,
      rule: `${flag} names a file that can be written`,
      next: "check the path and its permissions",
      cause: error,
    });
  }
}
