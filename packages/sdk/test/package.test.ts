import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import * as actions from "../src/actions.ts";
import * as did from "../src/did.ts";
import * as errors from "../src/errors/index.ts";
import * as sdk from "../src/index.ts";
import * as orchestration from "../src/orchestration/index.ts";

const root = join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

test("the version in the user agent is the package's", () => {
  expect(sdk.SDK_VERSION).toBe(manifest.version);
});

/** A name that leaves these lists breaks somebody's import; one that joins them is a promise. */
describe("public names", () => {
  test("root", () => {
    expect(Object.keys(sdk).sort().join(" ")).toMatchSnapshot();
  });
  test("./actions", () => {
    expect(Object.keys(actions).sort().join(" ")).toMatchSnapshot();
  });
  test("./did", () => {
    expect(Object.keys(did).sort().join(" ")).toMatchSnapshot();
  });
  test("./errors", () => {
    expect(Object.keys(errors).sort().join(" ")).toMatchSnapshot();
  });
  test("./orchestration", () => {
    expect(Object.keys(orchestration).sort().join(" ")).toMatchSnapshot();
  });
  test("methods of PeaqosClient", () => {
    const own = Object.getOwnPropertyNames(sdk.PeaqosClient.prototype).filter(
      (name) => name !== "constructor",
    );
    expect(own.sort().join(" ")).toMatchSnapshot();
  });
  test("readAttribute is at ./did and ./actions, not at the root", () => {
    expect("readAttribute" in sdk).toBe(false);
    expect(did.readAttribute).toBe(actions.readAttribute);
  });
  test("every method is also a function that takes the client first", () => {
    const free = { ...sdk, ...actions, ...did, chainId: actions.chainIdOf } as Record<string, unknown>;
    const methods = Object.getOwnPropertyNames(sdk.PeaqosClient.prototype).filter(
      (name) =>
        ![
          "constructor",
          "toJSON",
          "toString",
          "chain",
          "api",
          "tracker",
          "orchestration",
          "orchestrationApi",
        ].includes(name),
    );
    expect(methods.filter((name) => typeof free[name] !== "function")).toEqual([]);
  });
});

/** Guarantees that a browser bundle of the root needs nothing of Node. */
test("the root bundles for browsers without any node: module", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, "src/index.ts")],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "browser",
    conditions: ["@peaqos/source"],
    metafile: true,
    logLevel: "silent",
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const external = imports.filter(({ external }) => external).map(({ path }) => path);
  expect(external).toEqual([]);
  const builtin = new Set(builtinModules);
  expect(imports.filter(({ path }) => builtin.has(path) || path.startsWith("node:"))).toEqual([]);
  const bytes = outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
  // What a page pays; the larger part is viem and zod. A jump shows an import that should not be there.
  expect(bytes).toBeLessThan(1_000_000);
  expect(outputFiles.map(({ text }) => text).join("")).not.toMatch(/\brequire\(/);
});

test("importing the package starts nothing: a program that only imports it ends by itself", () => {
  const script = 'await import("@peaqos/peaq-os-sdk"); process.stdout.write("done")';
  const node = join(root, "../../node_modules/.bin/node");
  const output = execFileSync(node, ["--conditions=@peaqos/source", "--input-type=module", "-e", script], {
    cwd: root,
    timeout: 20_000,
    encoding: "utf8",
  });
  expect(output).toBe("done");
});
