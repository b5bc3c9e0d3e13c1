import { randomBytes } from "node:crypto";
import { chmod, lstat, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export type EnvEntry = { readonly name: string; readonly value: string; readonly line: number };

const ENTRY = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;

/** Reads dotenv text: `NAME=value`, `export NAME=value`, quotes, comments. The last entry of a name wins. */
export function parseEnv(text: string): EnvEntry[] {
  const entries: EnvEntry[] = [];
  for (const [index, line] of lines(text).entries()) {
    const match = ENTRY.exec(line);
    if (match) entries.push({ name: match[1]!, value: unquote(match[2]!), line: index + 1 });
  }
  return entries;
}

function lines(text: string): string[] {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/);
}

function unquote(raw: string): string {
  const text = raw.trim();
  const single = /^'([^']*)'/.exec(text);
  if (single) return single[1]!;
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(text);
  if (double) {
    return double[1]!.replaceAll(
      /\\(.)/g,
      (_all, character: string) => ({ n: "\n", r: "\r", t: "\t" })[character] ?? character,
    );
  }
  // Without quotes a comment begins at a blank and a number sign, so that a URL may hold a fragment.
  return text.replace(/(^|\s)#.*$/, "").trim();
}

/** A value as it can stand behind `=`, readable by a shell (`set -a; . ./.env`) as well. */
export function quote(value: string): string {
  if (/^[A-Za-z0-9_./:@%+,=-]*$/.test(value)) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: line breaks and their like cannot stand in one line
  if (/[\u0000-\u001f]/.test(value)) throw new Error("a value in .env cannot hold line breaks");
  return value.includes("'") ? `"${value.replaceAll(/[\\"$`]/g, "\\$&")}"` : `'${value}'`;
}

/**
 * Sets, replaces or (with `undefined`) removes entries and keeps everything else as it is: comments, order, other
 * names, line endings. A name that stands more than once keeps only its last place.
 */
export function editEnv(text: string, changes: Readonly<Record<string, string | undefined>>): string {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const kept: string[] = [];
  const all = text === "" ? [] : lines(text);
  if (all.at(-1) === "") all.pop();
  const lastPlace = new Map<string, number>();
  for (const [index, line] of all.entries()) {
    const name = ENTRY.exec(line)?.[1];
    if (name !== undefined && Object.hasOwn(changes, name)) lastPlace.set(name, index);
  }
  for (const [index, line] of all.entries()) {
    const name = ENTRY.exec(line)?.[1];
    if (name === undefined || !Object.hasOwn(changes, name)) {
      kept.push(line);
      continue;
    }
    const value = changes[name];
    if (value === undefined || lastPlace.get(name) !== index) continue;
    kept.push(`${/^\s*export\s/.test(line) ? "export " : ""}${name}=${quote(value)}`);
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value !== undefined && !lastPlace.has(name)) kept.push(`${name}=${quote(value)}`);
  }
  return kept.length === 0 ? "" : kept.join(newline) + newline;
}

/**
 * Replaces a file in one step, readable by its owner only: a reader sees the old text or the new one, and a power cut
 * leaves one of the two. A symbolic link keeps pointing where it points.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const link = await lstat(path).catch(() => undefined);
  const target = link?.isSymbolicLink() ? await realpath(path) : path;
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text, "utf8");
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(temporary, 0o600);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(dirname(target), "r").catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
