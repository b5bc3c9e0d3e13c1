import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as sdk from "../src/index.ts";
import * as orchestration from "../src/orchestration/index.ts";
import { marketStub } from "./market-stub.ts";

/** The examples in the documentation of the market's client run against a stand-in that answers the wire's fixtures. */

const src = join(import.meta.dirname, "../src/orchestration");
const modules: Record<string, object> = {
  "@peaqos/peaq-os-sdk": sdk,
  "@peaqos/peaq-os-sdk/orchestration": orchestration,
};
const examples = readdirSync(src).flatMap((file) =>
  [...readFileSync(join(src, file), "utf8").matchAll(/@example\s*\n[^`]*```ts\n([\s\S]*?)\n \* ```/g)].map(
    ([, code = ""], index): [string, string] => [`${file} ${index + 1}`, code.replace(/^\s*\* ?/gm, "")],
  ),
);

let stub: Awaited<ReturnType<typeof marketStub>>;
beforeAll(async () => {
  stub = await marketStub();
});
afterAll(() => stub.stop());

describe("every example runs", () => {
  test.each(examples)("%s", async (_, code) => {
    const address = (digit: string) => `0x${digit.repeat(40)}`;
    const rpcUrl = "http://127.0.0.1:1";
    const privateKey = `0x${"11".repeat(32)}`;
    const contracts = {
      identityRegistry: address("1"),
      identityStaking: address("2"),
      eventRegistry: address("3"),
      machineNft: address("4"),
      didRegistry: address("5"),
      batchPrecompile: address("6"),
    };
    const names = {
      client: new sdk.PeaqosClient({ rpcUrl, privateKey, contracts, orchestrationUrl: stub.url }),
      rpcUrl,
      privateKey,
      contracts,
      orchestrationUrl: stub.url,
      apiKey: "key",
      pairingToken: "token",
      wallet: { transfer: async () => `0x${"ab".repeat(32)}` },
      agentToken: "token",
      signature: `0x${"11".repeat(65)}`,
      console: { log: () => undefined },
      modules,
    };
    const body = stripTypeScriptTypes(code).replace(
      /import\s*\{([^}]*)\}\s*from\s*("[^"]+");?/g,
      (_all, imported, from) => `const {${imported}} = modules[${from}];`,
    );
    for (const [, imported = "", from = ""] of code.matchAll(/import\s*\{([^}]*)\}\s*from\s*"([^"]+)"/g))
      for (const name of imported.split(",").map((each) => each.trim()))
        expect(Object.keys(modules[from] ?? {}), `${name} from ${from}`).toContain(name);
    const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;
    await new AsyncFunction(...Object.keys(names), `{${body}\n}`)(...Object.values(names));
  });
});

test("every function has one", () => {
  const code = examples.map(([, text]) => text).join("\n");
  const functions = Object.entries(orchestration).filter(([, value]) => typeof value === "function");
  expect(functions.filter(([name]) => !code.includes(name)).map(([name]) => name)).toEqual([
    "OrchestrationClient",
  ]);
  expect(examples.length).toBeGreaterThan(80);
});
