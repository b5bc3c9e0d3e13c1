import { expect, test } from "vitest";
import { importsOf, problemWith } from "./boundaries.ts";

const problem = (from: string, target: string, names = "") => problemWith(from, { target, names });

test("imports are found in every form, with their line, and not in comments", () => {
  const source = [
    'import { a, type B } from "@peaqos/abi";',
    'import type {\n  C,\n} from "./c.ts";',
    'import "./effect.ts";',
    'export { d } from "./d.ts";',
    'const e = await import("./e.ts");',
    '// import { x } from "commented";',
    '/** import { y } from "documented"; */',
  ].join("\n");
  expect(importsOf(source).map(({ target, line }) => [target, line])).toEqual([
    ["@peaqos/abi", 1],
    ["./c.ts", 2],
    ["./effect.ts", 5],
    ["./d.ts", 6],
    ["./e.ts", 7],
  ]);
});

test("directions that design allows pass", () => {
  expect(problem("packages/sdk/src/a.ts", "@peaqos/protocol")).toBeUndefined();
  expect(problem("packages/sdk/src/a.ts", "viem")).toBeUndefined();
  expect(problem("services/rating/src/a.ts", "@peaqos/service-kit")).toBeUndefined();
  expect(problem("services/rating/src/a.ts", "@peaqos/peaq-os-sdk", "{ queryMcr }")).toBeUndefined();
  expect(problem("packages/testkit/src/a.ts", "@peaqos/devnet/chain")).toBeUndefined();
  expect(problem("packages/sdk/src/a.test.ts", "@peaqos/testkit")).toBeUndefined();
  expect(problem("packages/sdk/src/b/a.ts", "../a.ts")).toBeUndefined();
});

test("directions that design forbids are named", () => {
  expect(problem("packages/protocol/src/a.ts", "@peaqos/abi")).toContain("may import nothing of ours");
  expect(problem("packages/sdk/src/a.ts", "@peaqos/service-kit")).toContain("may import @peaqos/protocol");
  expect(problem("packages/sdk/src/a.ts", "@peaqos/testkit")).toContain("imports @peaqos/testkit");
  expect(problem("services/rating/src/a.ts", "@peaqos/gas-station")).toContain("imports @peaqos/gas-station");
  expect(problem("services/rating/src/a.ts", "@peaqos/peaq-os-sdk", "{ PeaqosClient }")).toContain(
    "PeaqosClient",
  );
  expect(problem("apps/devnet/src/a.ts", "../../../services/rating/src/main.ts")).toContain(
    "leaves apps/devnet",
  );
  expect(problem("packages/sdk/src/a.ts", "../../abi/src/index.ts")).toContain("leaves packages/sdk");
  expect(problem("packages/sdk/src/a.ts", "./a.test.ts")).toContain("test file");
});
