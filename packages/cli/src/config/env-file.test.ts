import { mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { editEnv, parseEnv, quote, writePrivateFile } from "./env-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "peaqos-env-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const values = (text: string) => Object.fromEntries(parseEnv(text).map(({ name, value }) => [name, value]));

test("reads plain, exported, quoted and commented entries", () => {
  const text = [
    "# comment",
    "A=1",
    "export B=two # note",
    "C='three # not a note'",
    'D="four\\n5"',
    "E=https://host/#fragment",
    "F=",
    "  G = spaced ",
    "not an entry",
  ].join("\n");
  expect(values(text)).toEqual({
    A: "1",
    B: "two",
    C: "three # not a note",
    D: "four\n5",
    E: "https://host/#fragment",
    F: "",
    G: "spaced",
  });
});

test("an edit keeps comments, order and other entries, and never glues onto the last line", () => {
  expect(editEnv("# keep\nA=1\nexport B=2\nC=3", { B: "new", D: "4" })).toBe(
    "# keep\nA=1\nexport B=new\nC=3\nD=4\n",
  );
  expect(editEnv("A=1\r\nB=2\r\n", { A: "x" })).toBe("A=x\r\nB=2\r\n");
  expect(editEnv("A=1\nA=2\n", { A: "3" })).toBe("A=3\n");
  expect(editEnv("A=1\nB=2\n", { A: undefined })).toBe("B=2\n");
  expect(editEnv("", { A: "1" })).toBe("A=1\n");
});

test("whatever value is written comes back, and nothing else changes", () => {
  const name = fc.stringMatching(/^[A-Z][A-Z_]{0,8}$/);
  const value = fc
    .string({ unit: "binary-ascii", maxLength: 40 })
    .filter((text) => [...text].every((letter) => letter >= " "));
  fc.assert(
    fc.property(fc.dictionary(name, value), name, value, (before, changed, to) => {
      let text = "";
      for (const [key, entry] of Object.entries(before)) text = editEnv(text, { [key]: entry });
      expect(values(text)).toEqual(before);
      expect(values(editEnv(text, { [changed]: to }))).toEqual({ ...before, [changed]: to });
    }),
  );
});

test("a value is safe for a shell that reads the file", () => {
  expect(quote("plain/value:1")).toBe("plain/value:1");
  expect(quote("$(rm -rf /)")).toBe("'$(rm -rf /)'");
  expect(quote("it's $HOME")).toBe('"it\'s \\$HOME"');
  expect(() => quote("a\nb")).toThrow("line breaks");
});

test("a written file is readable by its owner only, also when it replaces an open one", async () => {
  const file = join(folder, ".env");
  await writeFile(file, "old", { mode: 0o644 });
  await writePrivateFile(file, "new\n");
  expect(await readFile(file, "utf8")).toBe("new\n");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("a symbolic link keeps pointing where it points", async () => {
  const real = join(folder, "real.env");
  await writeFile(real, "old");
  await symlink(real, join(folder, ".env"));
  await writePrivateFile(join(folder, ".env"), "new\n");
  expect(await readFile(real, "utf8")).toBe("new\n");
});
