import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRatingService, type RatingService } from "@peaqos/rating";
import { type TestDatabase, testDatabase } from "@peaqos/testkit";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../test/run-cli.ts";
import { type Stack, startStack } from "../test/stack.ts";

let stack: Stack;
let database: TestDatabase;
let service: RatingService;
let env: Record<string, string>;
let cwd: string;

beforeAll(async () => {
  stack = await startStack();
  database = await testDatabase();
  service = await createRatingService({
    PEAQOS_RPC_URL: stack.chain.url,
    DATABASE_URL: database.url,
    ...stack.chain.contractEnv,
    PEAQOS_MCR_PORT: "0",
    PEAQOS_MCR_RATE_LIMIT: "0",
    PEAQOS_MCR_POLL_MS: "10",
    PEAQOS_LOG_LEVEL: "silent",
  });
  await service.start();
  env = await stack.env("storyteller", undefined, {
    PEAQOS_MCR_API_URL: service.url,
    XDG_STATE_HOME: stack.folder,
  });
  cwd = await mkdtemp(join(stack.folder, "story-"));
});
afterAll(async () => {
  await service.stop();
  await database.drop();
  await stack[Symbol.asyncDispose]();
});

async function peaqos(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(argv, { env, cwd, now: Date.now });
  expect(code, `${argv.join(" ")}\n${stderr}`).toBe(0);
  return stdout;
}

/** Asks until the service has followed the chain that far; the test's own time limit ends it. */
async function until(
  argv: string[],
  holds: (answer: { event_count?: number; pagination?: { total: number } }) => boolean,
): Promise<void> {
  for (;;) {
    const { code, stdout } = await runCli([...argv, "--json"], { env, cwd });
    if (code === 0 && holds(JSON.parse(stdout))) return;
    await new Promise((next) => setImmediate(next));
  }
}

test("from two keys to a fleet whose rating explains itself, with the real rating service", async () => {
  const urls = [
    "--doc-url",
    "https://example.com/d",
    "--data-api",
    "https://example.com/a",
    "--visibility",
    "onchain",
  ];
  await peaqos("activate", ...urls);
  const machine = privateKeyToAccount(
    (await stack.env("storied machine")).PEAQOS_PRIVATE_KEY as `0x${string}`,
  );
  await writeFile(join(cwd, "machine.key"), stack.key("storied machine"));
  await peaqos("activate", "--for", machine.address, "--machine-key", "machine.key", ...urls);

  const now = Math.floor(Date.now() / 1000);
  const lines = Array.from({ length: 40 }, (_, day) => `${now - day * 86_400 - 60},${1000 + day}`);
  await writeFile(join(cwd, "work.csv"), ["at,cents", ...lines].join("\n"));
  await peaqos(
    "qualify",
    "import",
    "work.csv",
    "--type",
    "revenue",
    "--machine-id",
    "2",
    "--map",
    "ts=at",
    "--map",
    "value=cents",
  );
  await peaqos(
    "qualify",
    "event",
    "--machine-id",
    "2",
    "--type",
    "activity",
    "--value",
    "5",
    "--ts",
    String(now - 30),
  );

  const did = `did:peaq:${machine.address}`;
  await until(["qualify", "mcr", did], ({ event_count }) => event_count === 41);
  const text = await peaqos("qualify", "mcr", did, "--explain", "--history");
  const answer = JSON.parse(await peaqos("qualify", "mcr", did, "--explain", "--history", "--json"));
  expect(answer).toMatchObject({
    machine_id: 2,
    event_count: 41,
    revenue_event_count: 40,
    activity_event_count: 1,
  });
  const points = [...answer.explain.factors, ...answer.explain.adjustments].map(
    (entry: { points: number }) => entry.points,
  );
  expect(points.reduce((sum, value) => sum + value, 0)).toBe(answer.explain.raw_score);
  // Every figure of the explanation is on the screen.
  for (const { points: own, max, inputs } of answer.explain.factors) {
    expect(text).toContain(`${String(own).padStart(3)} / ${max}`);
    const words = text.replaceAll(/\s+/g, " ");
    for (const [name, value] of Object.entries(inputs)) expect(words).toContain(`${name} ${value ?? "none"}`);
  }
  expect(answer.history.items.length).toBeGreaterThan(0);

  const profile = await peaqos("show", "machine", did);
  expect(profile).toContain("Machine ID:  2");
  expect(profile).toContain("newest");
  await until(
    ["show", "operator", "machines", `did:peaq:${operatorAddress()}`],
    ({ pagination }) => pagination?.total === 1,
  );
  const fleet = await peaqos("show", "operator", "machines", `did:peaq:${operatorAddress()}`, "--all");
  expect(fleet).toContain("Machines: 1\n");
  expect(await peaqos("doctor")).toContain("The rating service follows the same chain and registry");
  const log = await readFile(join(cwd, "peaqos.log"), "utf8");
  expect(log).not.toContain(stack.key("storyteller").slice(2));
  expect(log).not.toContain(stack.key("storied machine").slice(2));
});

function operatorAddress(): string {
  return privateKeyToAccount(stack.key("storyteller")).address;
}
