import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpStub, httpStub } from "../test/http-stub.ts";
import { runCli } from "../test/run-cli.ts";
import { type Stack, startStack } from "../test/stack.ts";
import { commands } from "./table.ts";

const did = "did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5";
const rating = {
  did,
  machine_id: 1,
  mcr_score: 0,
  mcr: "NR",
  mcr_degraded: false,
  bond_status: "bonded",
  negative_flag: false,
  event_count: 0,
  revenue_event_count: 0,
  activity_event_count: 0,
  revenue_trend: "insufficient",
  total_revenue: 0,
  average_revenue_per_event: 0,
  last_updated: null,
};
const profile = {
  schema_version: "1.0",
  name: "Machine (no NFT)",
  peaqos: {
    machine_id: 1,
    did,
    operator: null,
    mcr: "NR",
    mcr_score: 0,
    bond_status: "bonded",
    negative_flag: false,
    event_count: 0,
    data_visibility: "private",
    documentation_url: null,
  },
};
const fleet = { operator_did: did, machines: [], pagination: { offset: 0, limit: 20, total: 0 } };

let stack: Stack;
let stub: HttpStub;
let env: Record<string, string>;
let cwd: string;

beforeAll(async () => {
  stack = await startStack();
  stub = await httpStub({
    [`/mcr/${did}`]: rating,
    [`/machine/${did}`]: profile,
    [`/operator/${did}/machines`]: fleet,
    "/health": { status: "ok" },
    "/ready": { status: "ready" },
  });
  env = await stack.env("everybody", undefined, {
    PEAQOS_MCR_API_URL: stub.url,
    XDG_STATE_HOME: stack.folder,
  });
  cwd = await mkdtemp(join(stack.folder, "every-"));
  await writeFile(join(cwd, "rows.csv"), "at,amount\n1700000000,5\n");
});
afterAll(async () => {
  await stub[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

/** A line for each command that succeeds, in an order in which they build on each other. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  init: ["--non-interactive"],
  whoami: [],
  activate: ["--doc-url", "https://example.com/d", "--data-api", "https://example.com/a"],
  "qualify event": ["--machine-id", "1", "--type", "activity", "--value", "1", "--ts", "1700000000"],
  "qualify import": [
    "rows.csv",
    "--type",
    "activity",
    "--machine-id",
    "1",
    "--map",
    "ts=at",
    "--map",
    "value=amount",
  ],
  "qualify mcr": [did],
  "show machine": [did],
  "show operator machines": [did],
  doctor: [],
  completion: ["bash"],
};

test("every command, piped with --json: stdout is one JSON object with the documented keys, exit 0", async () => {
  expect(Object.keys(LINES).sort()).toEqual(commands.map(({ path }) => path.join(" ")).sort());
  for (const { path, output } of commands) {
    const name = path.join(" ");
    const { code, stdout, stderr } = await runCli([...path, ...LINES[name]!, "--json"], {
      env,
      cwd,
      now: Date.now,
    });
    expect([name, code, code === 0 ? "" : stderr]).toEqual([name, 0, ""]);
    expect([name, Object.keys(JSON.parse(stdout))]).toEqual([name, output.map((field) => field.name)]);
  }
});

test("with --quiet stderr stays empty, with --verbose and without it stdout is the same", async () => {
  const at = Date.now();
  const now = () => at;
  for (const { path } of commands) {
    const name = path.join(" ");
    if (name === "init") continue;
    const argv = [...path, ...LINES[name]!];
    const quiet = await runCli(["-q", ...argv], { env, cwd, now });
    expect([name, quiet.code, quiet.stderr]).toEqual([name, 0, ""]);
    if (name === "qualify event") continue;
    expect((await runCli(["-v", ...argv], { env, cwd, now })).stdout).toBe(quiet.stdout);
  }
});

test("without settings every command that needs some ends with exit 3 and the line to type", async () => {
  const needNone = ["init", "completion", "doctor"];
  for (const { path } of commands) {
    const name = path.join(" ");
    if (needNone.includes(name)) continue;
    const away = { PEAQOS_MCR_API_URL: "not an address" };
    const folder = await mkdtemp(join(stack.folder, "bare-"));
    await writeFile(join(folder, "rows.csv"), "at,amount\n1700000000,5\n");
    const outcome = await runCli([...path, ...LINES[name]!], { env: away, cwd: folder });
    expect([name, outcome.code, outcome.stdout]).toEqual([name, 3, ""]);
    expect(outcome.stderr).toContain("export ");
  }
});

test("a chain that is away: exit 2 for every command that asks it", async () => {
  for (const name of ["whoami", "activate", "qualify event", "qualify import", "doctor"]) {
    const outcome = await runCli([...name.split(" "), ...LINES[name]!], {
      env: { ...env, PEAQOS_RPC_URL: "http://127.0.0.1:9" },
      cwd,
    });
    expect([name, outcome.code]).toEqual([name, 2]);
    expect(outcome.stderr + outcome.stdout).toContain("127.0.0.1:9");
  }
});
