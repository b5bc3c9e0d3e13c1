import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { type TestChain, testChain } from "@peaqos/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as actions from "../src/actions.ts";
import * as did from "../src/did.ts";
import * as errors from "../src/errors/index.ts";
import * as sdk from "../src/index.ts";
import * as node from "../src/node.ts";
import * as orchestration from "../src/orchestration/index.ts";
import { contractsOf, newClient } from "./fixture.ts";
import { ratingStub } from "./rating-stub.ts";

const src = join(import.meta.dirname, "../src");

/** What an example may import: the package's entries, and nothing else. */
const modules: Record<string, object> = {
  "@peaqos/peaq-os-sdk": sdk,
  "@peaqos/peaq-os-sdk/actions": actions,
  "@peaqos/peaq-os-sdk/did": did,
  "@peaqos/peaq-os-sdk/errors": errors,
  "@peaqos/peaq-os-sdk/node": node,
  "@peaqos/peaq-os-sdk/orchestration": orchestration,
};

type Example = { file: string; symbol: string; code: string };

/** The examples in the doc comments, with the name that each one documents. */
const examples: Example[] = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .flatMap((file) => {
    const text = readFileSync(join(src, file), "utf8");
    return [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*?)\*\/\s*(?=([^\n]*))/g)].flatMap(
      ([, comment = "", line = ""]) => {
        const code = /@example\s*\n[^`]*```ts\n([\s\S]*?)```/.exec(comment)?.[1]?.replace(/^\s*\* ?/gm, "");
        const symbol = /(?:function\*?|class|const|static)\s+(\w+)/.exec(line)?.[1] ?? line.trim();
        return code === undefined ? [] : [{ file, symbol, code }];
      },
    );
  });

const readme = readFileSync(join(src, "../README.md"), "utf8");
for (const [, code = ""] of readme.matchAll(/```ts\n([\s\S]*?)```/g))
  examples.push({ file: "README.md", symbol: `block ${examples.length}`, code });

let chain: TestChain;
let stub: Awaited<ReturnType<typeof ratingStub>>;
beforeAll(async () => {
  chain = await testChain();
  stub = await ratingStub();
});
afterAll(async () => {
  await stub.stop();
  await chain.stop();
});

/** Runs the example with the names a reader has by then: a client, its settings, a rated machine. */
async function execute(code: string): Promise<void> {
  const client = await newClient(chain, { apiUrl: stub.url });
  const contracts = contractsOf(chain);
  Object.assign(process.env, {
    PEAQOS_RPC_URL: chain.url,
    PEAQOS_PRIVATE_KEY: client.key,
    ...chain.contractEnv,
  });
  const names = {
    client,
    contracts,
    rpcUrl: chain.url,
    privateKey: client.key,
    ratedDid: stub.ratedDid,
    operatorDid: stub.operatorDid,
    console: { log: () => undefined },
    modules,
  };
  const body = stripTypeScriptTypes(code).replace(
    /import\s*\{([^}]*)\}\s*from\s*("[^"]+");?/g,
    (_, imported, from) => `const {${imported}} = modules[${from}];`,
  );
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;
  await new AsyncFunction(...Object.keys(names), `{${body}\n}`)(...Object.values(names));
}

/** Examples of the market's client run in orchestration.examples.test.ts, against a market's stand-in. */
const chainExamples = examples.filter(({ file }) => !file.startsWith("orchestration/"));

describe("every example in the documentation comments runs", () => {
  test.each(chainExamples.map((example) => [`${example.symbol} (${example.file})`, example] as const))(
    "%s",
    async (_, { code }) => {
      for (const [, imported = "", from = ""] of code.matchAll(/import\s*\{([^}]*)\}\s*from\s*"([^"]+)"/g))
        for (const name of imported
          .split(",")
          .map((each) => each.trim())
          .filter(Boolean))
          expect(Object.keys(modules[from] ?? {}), `${name} from ${from}`).toContain(name);
      await execute(code);
    },
  );
});

/** Classes that only appear in errors of others, and types without behaviour, need no example of their own. */
const withoutExample = new Set([
  "RuntimeError",
  "ValueCapExceeded",
  "RateLimitExceeded",
  "EventRateTracker",
  "toCamelCase",
  "toSnakeCase",
]);

test("every exported function and class has an example", () => {
  const documented = new Set(examples.map(({ symbol }) => symbol));
  const missing = Object.values(modules)
    .flatMap((module) => Object.entries(module))
    .filter(
      ([name, value]) => typeof value === "function" && !documented.has(name) && !withoutExample.has(name),
    )
    .map(([name]) => name);
  expect([...new Set(missing)]).toEqual([]);
});

test("every exported constant, function, class and type has a documentation comment", () => {
  const bare = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const lines = readFileSync(join(src, file), "utf8").split("\n");
      return lines.flatMap((line, at) =>
        /^export (?:async )?(?:function|class|const)/.test(line) && !/\*\/\s*$/.test(lines[at - 1] ?? "")
          ? [`${file}:${at + 1} ${line}`]
          : [],
      );
    });
  expect(bare).toEqual([]);
});
