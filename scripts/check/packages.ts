import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build, PUBLISHED } from "../build.ts";
import { command, type Ended, tool } from "../lib/command.ts";
import { root } from "../lib/root.ts";
import type { Result, Step } from "./step.ts";

type Manifest = {
  name: string;
  exports: Record<string, unknown>;
  dependencies?: Record<string, string>;
  bin?: Record<string, string>;
};

/**
 * The published packages as somebody else gets them: built, packed, unpacked into a project outside this
 * repository, type-checked and run there without our export condition. Their dependencies are linked from here,
 * so that nothing is downloaded.
 */
export const packages: Step = {
  id: "packages",
  title: "Published packages build, pack, type-check and run elsewhere",
  async run() {
    const built = await build();
    if (built.code !== 0) return failure("npm run build", built);
    const dir = mkdtempSync(join(realpathSync(tmpdir()), "peaqos-consumer-"));
    try {
      return await consume(dir);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

async function consume(dir: string): Promise<Result> {
  const manifests = PUBLISHED.map(
    (path): Manifest => JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")),
  );
  for (const [index, path] of PUBLISHED.entries()) {
    const ended = await unpack(join(root, path), manifests[index]!, dir);
    if (ended.code !== 0) return failure(`npm pack in ${path}`, ended);
  }
  const entries = manifests.flatMap(({ name, exports }) =>
    Object.keys(exports)
      .filter((key) => !key.includes("*") && !key.endsWith(".json"))
      .map((key) => name + key.slice(1)),
  );
  const source = [
    ...entries.map((entry, index) => `import * as m${index} from ${JSON.stringify(entry)};`),
    `const modules: Record<string, object> = { ${entries.map((entry, index) => `${JSON.stringify(entry)}: m${index}`).join(", ")} };`,
    "console.log(Object.keys(modules).length);",
    "",
  ].join("\n");
  writeFileSync(join(dir, "consumer.ts"), source);
  writeFileSync(join(dir, "package.json"), '{ "name": "consumer", "private": true, "type": "module" }\n');
  const compilerOptions = {
    target: "es2024",
    module: "nodenext",
    strict: true,
    skipLibCheck: true,
    outDir: "out",
    rootDir: ".",
    types: [],
  };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));

  const checked = await tool("tsc", ["-p", dir, "--pretty", "false"]);
  if (checked.code !== 0) return failure("tsc in the consumer", checked);
  // The machine's NODE_OPTIONS must not lend the source condition.
  const env = { NODE_OPTIONS: "" };
  const ran = await command(process.execPath, [join(dir, "out/consumer.js")], { cwd: dir, env });
  if (ran.code !== 0) return failure("the consumer", ran);
  for (const { name, bin } of manifests) {
    for (const path of Object.values(bin ?? {})) {
      const file = join(dir, "node_modules", name, path);
      const version = await command(process.execPath, [file, "--version"], { cwd: dir, env });
      if (version.code !== 0) return failure(`${name} --version`, version);
    }
  }
  return { ok: true, note: `${manifests.length} packages, ${entries.length} entries` };
}

/** Packs a package and unpacks it into the consumer's node_modules, its foreign dependencies linked. */
async function unpack(from: string, manifest: Manifest, dir: string): Promise<Ended> {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const packed = await command(
    npm,
    ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", dir],
    {
      cwd: from,
    },
  );
  if (packed.code !== 0) return packed;
  const tarball = packed.stdout.trim().split("\n").at(-1) ?? "";
  const target = join(dir, "node_modules", manifest.name);
  await mkdir(target, { recursive: true });
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const link = join(dir, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    const installed = join(root, "node_modules", name);
    if (realpathSync(installed) === installed)
      await symlink(installed, link, "junction").catch(() => undefined);
  }
  return command("tar", ["-xzf", join(dir, tarball), "-C", target, "--strip-components=1"]);
}

function failure(what: string, { code, output }: Ended): Result {
  return {
    ok: false,
    problems: `${what} ended with exit code ${code}:\n${output.trimEnd()}`,
    todo: "Correct the package's exports, files or dependencies; npm run build alone shows the first half.",
  };
}
