import { execFile, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../scripts/bundle.ts";

const root = join(import.meta.dirname, "..");
const run = promisify(execFile);
const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version as string;
const sdk = JSON.parse(readFileSync(join(root, "..", "sdk", "package.json"), "utf8")).version as string;

/** The package as it is installed: bin and bundle, no source. */
let installed: string;
beforeAll(async () => {
  installed = mkdtempSync(join(tmpdir(), "peaqos-installed-"));
  for (const name of ["bin", "package.json"])
    cpSync(join(root, name), join(installed, name), { recursive: true });
  await bundle(join(installed, "dist"));
});
afterAll(() => rmSync(installed, { recursive: true, force: true }));

const bins = (): [string, string][] => [
  ["clone", join(root, "bin", "peaqos.js")],
  ["installed", join(installed, "bin", "peaqos.js")],
];

test("--version is one line with both versions, in a clone and installed", async () => {
  for (const [place, bin] of bins()) {
    const { stdout } = await run(process.execPath, [bin, "--version"]);
    expect([place, stdout]).toEqual([place, `peaq-os-cli ${version} (peaq_os_sdk ${sdk})\n`]);
    expect((await run(process.execPath, [bin, "--version", "--json"])).stdout).toContain(`"sdk": "${sdk}"`);
  }
});

test("exit codes reach the shell, and stdout stays empty on errors", () => {
  for (const [place, bin] of bins()) {
    const env = { PATH: process.env.PATH, HOME: installed };
    const exit = (...argv: string[]) => spawnSync(process.execPath, [bin, ...argv], { env, cwd: installed });
    expect([place, exit("--help").status]).toEqual([place, 0]);
    expect([place, exit("frobnicate").status]).toEqual([place, 1]);
    expect([place, exit("whoami").status]).toEqual([place, 3]);
    const mcr = exit("qualify", "mcr", `did:peaq:0x${"1".repeat(40)}`, "--json");
    expect([place, mcr.stdout.length]).toEqual([place, 0]);
    expect(JSON.parse(String(mcr.stderr))).toMatchObject({ error: { exit_code: mcr.status } });
  }
});

test("a reader that closes early is no error", async () => {
  for (const [place, bin] of bins()) {
    const child = spawn(process.execPath, [bin, "completion", "bash"], { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    child.stdout.destroy();
    const code = await new Promise((done) => child.on("close", done));
    expect([place, code, stderr]).toEqual([place, 0, ""]);
  }
});

test("long output arrives whole through a slow pipe", async () => {
  const [, bin] = bins()[1]!;
  const { stdout } = await run("bash", [
    "-c",
    `"${process.execPath}" "${bin}" completion bash | (sleep 0.3; cat)`,
  ]);
  expect(stdout.trimEnd().endsWith("complete -o default -F _peaqos peaqos")).toBe(true);
});
