import { expect, test } from "vitest";
import { type HttpStub, httpStub } from "../../test/http-stub.ts";
import { runCli } from "../../test/run-cli.ts";

const did = "did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5";

/** The sample of the published documentation. */
const sample = {
  did,
  machine_id: 42,
  mcr_score: 82,
  mcr: "A",
  mcr_degraded: false,
  bond_status: "bonded",
  negative_flag: false,
  event_count: 150,
  revenue_event_count: 120,
  activity_event_count: 30,
  revenue_trend: "up",
  total_revenue: 1542075,
  average_revenue_per_event: 12851,
  last_updated: 1776695400,
};

const explain = {
  did,
  machine_id: 42,
  model: "mcr-1",
  trust_policy: "verified",
  as_of: 1776700000,
  basis: "known",
  block_number: 777,
  mcr: "BB",
  mcr_score: 45,
  raw_score: 45,
  status: "rated",
  gates: [
    { id: "bonded", passed: true, value: 1, needed: 1 },
    { id: "qualifying_events", passed: true, value: 150, needed: 5 },
  ],
  factors: [
    {
      id: "revenue_level",
      points: 12,
      max: 30,
      inputs: { paid_cents: 0, unpaid_cents: 40000 },
      reason: "400.00 USD in 90 days.",
    },
    { id: "revenue_trend", points: 3, max: 10, inputs: {}, reason: "As much as before." },
    {
      id: "cadence",
      points: 18,
      max: 20,
      inputs: { active_days: 18 },
      reason: "18 active days in the last 30: 18 of 20 points",
    },
    { id: "trust", points: 5, max: 25, inputs: {}, reason: "Self-reported only." },
    { id: "history", points: 12, max: 15, inputs: {}, reason: "300 days." },
  ],
  adjustments: [{ id: "negative_flag", points: -5, until: 1780000000, reason: "Flagged." }],
  improvements: [{ id: "cadence", action: "Report work on 2 more days", points_gain: 2, reaches: "BB" }],
  evidence: {
    claimed: { self: 140, onchain: 10, hardware: 0 },
    effective: { self: 149, onchain: 1, hardware: 0 },
    paid: 1,
    downgraded: [{ reason: "tx_missing", count: 9 }],
  },
  degraded: { count: 2, sources: ["stale_latest"] },
};

async function withService(work: (stub: HttpStub, env: Record<string, string>) => Promise<void>) {
  await using stub = await httpStub({ [`/mcr/${did}`]: sample, [`/mcr/${did}/explain`]: explain });
  await work(stub, { PEAQOS_MCR_API_URL: stub.url });
}

test("prints the published text to the letter, with only the service's address configured", () =>
  withService(async (_stub, env) => {
    const outcome = await runCli(["qualify", "mcr", did], { env });
    expect(outcome).toEqual({
      code: 0,
      stderr: "",
      stdout: `MCR for ${did}

  Rating:          A
  Score:           82 / 100
  Bond Status:     bonded

  Events:
    Total:         150
    Revenue:       120
    Activity:      30

  30-Day Revenue:  up
  Last Updated:    2026-04-20T14:30:00Z
  FX Degraded:     no
`,
    });
  }));

test("--json is the published object: same keys, same order, two blanks of indent", () =>
  withService(async (_stub, env) => {
    const outcome = await runCli(["qualify", "mcr", did, "--json"], { env });
    expect(outcome.stdout).toBe(`${JSON.stringify(sample, null, 2)}\n`);
  }));

test("totals beyond 2^53 keep every digit", () =>
  withService(async (stub, env) => {
    stub.set(`/mcr/${did}`, 200, JSON.stringify(sample).replace("1542075", "123456789012345678901234567890"));
    const outcome = await runCli(["qualify", "mcr", did, "--json"], { env });
    expect(outcome.stdout).toContain('"total_revenue": 123456789012345678901234567890');
  }));

test("--explain shows every figure of the explanation", () =>
  withService(async (_stub, env) => {
    const { stdout } = await runCli(["qualify", "mcr", did, "--explain"], { env });
    for (const figure of [
      "Machine ID:      42",
      "$15420.75 in all, $128.51 per event",
      "Negative Flag:   no",
      "████████░░░░░░░░░░░░   12 / 30",
      "██████████████████░░   18 / 20",
      "(paid_cents 0, unpaid_cents 40000)",
      "18 active days in the last 30",
      "Raw score: 12 + 3 + 18 + 5 + 12 + (-5) = 45 of 100 -> score 45, BB",
      "passed  150 (needs 5)",
      "9 tx missing",
      "stale_latest",
      "Report work on 2 more days (reaches BB)",
      "Model mcr-1, trust policy verified",
      "block 777",
    ]) {
      expect(stdout).toContain(figure);
    }
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(84);
  }));

test("--history draws a line and a table; --explain and --history stand beside the published keys in --json", () =>
  withService(async (stub, env) => {
    const factors = { revenue_level: 1, revenue_trend: 2, cadence: 3, trust: 4, history: 5 };
    const items = [15, 50, 100].map((raw, index) => ({
      as_of: 1776000000 + index * 86400,
      model: "mcr-1",
      mcr: "B",
      mcr_score: raw,
      raw_score: raw,
      factors,
    }));
    stub.set(`/mcr/${did}/history`, 200, {
      did,
      machine_id: 42,
      basis: "known",
      trust_policy: "verified",
      items,
    });
    const text = await runCli(["qualify", "mcr", did, "--history", "--step", "86400"], { env });
    expect(text.stdout).toContain("▂▅█");
    expect(text.stdout).toContain("2026-04-12");
    expect(stub.asked.at(-1)).toContain("step=86400");
    const json = JSON.parse(
      (await runCli(["qualify", "mcr", did, "--history", "--explain", "--json"], { env })).stdout,
    );
    expect(Object.keys(json)).toEqual([...Object.keys(sample), "explain", "history"]);
    expect(json.explain).toEqual(explain);
    expect(json.history.items).toEqual(items);
  }));

test("a service that is away, lost, or broken: exit 2 with the next step", () =>
  withService(async (stub, env) => {
    stub.set(`/mcr/${did}`, 404, { detail: "Machine not registered" });
    const missing = await runCli(["qualify", "mcr", did], { env });
    expect([missing.code, missing.stdout]).toEqual([2, ""]);
    expect(missing.stderr).toContain("Next:");
    stub.set(`/mcr/${did}`, 503, { detail: "Chain unavailable" });
    expect((await runCli(["qualify", "mcr", did, "--json"], { env })).stderr).toContain(
      '"code":"SERVICE_UNAVAILABLE"',
    );
    stub.set(`/mcr/${did}`, 200, "<html>");
    expect((await runCli(["qualify", "mcr", did], { env })).code).toBe(2);
    const gone = await runCli(["qualify", "mcr", did], { env: { PEAQOS_MCR_API_URL: "http://127.0.0.1:9" } });
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain("peaqos doctor");
  }));

test.each([
  ["did:peaq:0x123"],
  ["0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5"],
  [`${did}\n`],
  ["did:key:z6Mk"],
])("refuses %j before asking anybody", async (wrong) => {
  const outcome = await runCli(["qualify", "mcr", wrong], {
    env: { PEAQOS_MCR_API_URL: "http://127.0.0.1:9" },
  });
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain("did:peaq:0x and 40 hexadecimal digits");
});

test("text from the service cannot steer the terminal", () =>
  withService(async (stub, env) => {
    const evil = {
      ...explain,
      factors: [{ ...explain.factors[0], reason: "\u001b[2Jgone" }, ...explain.factors.slice(1)],
    };
    stub.set(`/mcr/${did}/explain`, 200, evil);
    const { stdout } = await runCli(["qualify", "mcr", did, "--explain"], { env, tty: true });
    expect(stdout).not.toContain("\u001b[2J");
    expect(stdout).toContain("\\u001b[2Jgone");
  }));
