import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseJson } from "../json.ts";
import { machineProfileSchema, mcrSchema } from "./answers.ts";
import { readMachineProfileSchema, readMcrSchema, readOperatorMachinesSchema } from "./tolerant.ts";

const mcr = {
  did: "did:peaq:0x1",
  machine_id: 1,
  mcr_score: 50,
  mcr: "BB",
  mcr_degraded: false,
  bond_status: "bonded",
  negative_flag: false,
  event_count: 3,
  revenue_event_count: 2,
  activity_event_count: 1,
  revenue_trend: "up",
  total_revenue: 12345,
  average_revenue_per_event: 6172,
  last_updated: 1735000000,
};

const profile = {
  schema_version: "1.0",
  name: "Machine #1",
  peaqos: {
    machine_id: 1,
    did: "did:peaq:0x1",
    operator: null,
    mcr: "BB",
    mcr_score: 50,
    bond_status: "bonded",
    negative_flag: false,
    event_count: 1,
    data_visibility: "onchain",
    documentation_url: null,
  },
};

const revenueRow = {
  event_type: 0,
  origin_value: 123,
  timestamp: 1,
  trust_level: 0,
  metadata: {},
  origin_currency: "HKD",
  usd_value: 16,
  origin_subunit: 100,
  usd_subunit: 100,
  amount_status: "ok",
};

const withRow = (row: object) => ({ ...profile, peaqos: { ...profile.peaqos, event_data: [row] } });

test("the server's rating takes integers of 256 bits and refuses fractions and unknown words", () => {
  expect(mcrSchema.safeParse(mcr).success).toBe(true);
  expect(mcrSchema.safeParse({ ...mcr, machine_id: 2n ** 255n }).success).toBe(true);
  for (const bad of [
    { mcr_score: 50.5 },
    { mcr: "CCC" },
    { total_revenue: 61.72 },
    { negative_flag: 0 },
    { did: "" },
  ])
    expect(mcrSchema.safeParse({ ...mcr, ...bad }).success, JSON.stringify(bad)).toBe(false);
});

test("a reader takes a missing score as 0 and a missing time as null, as the published client does", () => {
  const { last_updated: _, ...without } = mcr;
  expect(
    readMcrSchema.parse({ ...without, mcr_score: null, average_revenue_per_event: 61.72 }),
  ).toMatchObject({
    mcr_score: 0,
    last_updated: null,
    average_revenue_per_event: 61.72,
  });
  expect(readMcrSchema.safeParse({ ...mcr, mcr_score: 101 }).success).toBe(false);
});

test("a reader drops optional fields of the wrong type and refuses a bad event row", () => {
  expect(
    readMachineProfileSchema.parse({
      ...profile,
      peaqos: { ...profile.peaqos, data_api: 5, partner_data: [], event_data: {} },
    }).peaqos,
  ).toEqual(profile.peaqos);
  expect(readMachineProfileSchema.safeParse(withRow(revenueRow)).success).toBe(true);
  for (const bad of [{ metadata: [] }, { event_type: 2 }, { origin_currency: "hkd" }, { usd_value: -1 }])
    expect(readMachineProfileSchema.safeParse(withRow({ ...revenueRow, ...bad })).success).toBe(false);
  const { usd_value: _, ...noValue } = revenueRow;
  expect(readMachineProfileSchema.safeParse(withRow(noValue)).success).toBe(false);
});

test("an activity row loses money fields, in reading and in writing", () => {
  const row = { ...revenueRow, event_type: 1 };
  const kept = { event_type: 1, origin_value: 123, timestamp: 1, trust_level: 0, metadata: {} };
  expect(machineProfileSchema.parse(withRow(row)).peaqos.event_data).toEqual([kept]);
  expect(readMachineProfileSchema.parse(withRow(row)).peaqos.event_data).toEqual([kept]);
});

test("one bad machine refuses the whole page of an operator", () => {
  const entry = { did: "did:peaq:0x1", machine_id: 1, mcr_score: null, mcr: "NR", negative_flag: false };
  const page = { operator_did: "d", machines: [entry], pagination: { offset: 0, limit: 50, total: 1 } };
  expect(readOperatorMachinesSchema.parse(page).machines[0]?.mcr_score).toBe(0);
  expect(
    readOperatorMachinesSchema.safeParse({ ...page, machines: [entry, { ...entry, did: "" }] }).success,
  ).toBe(false);
});

test("protocol imports no HTTP framework and no database", () => {
  const manifest = parseJson(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(manifest).toMatchObject({ dependencies: { zod: expect.any(String) } });
  expect(Object.keys((manifest as { dependencies: object }).dependencies)).toEqual(["zod"]);
});
