import { expect, test } from "vitest";
import { httpStub } from "../../test/http-stub.ts";
import { runCli } from "../../test/run-cli.ts";

const did = "did:peaq:0xabc1230000000000000000000000000000000001";
const operator = "did:peaq:0x00000000000000000000000000000000000000AA";

const profile = {
  schema_version: "1.0",
  name: "Machine #11",
  peaqos: {
    machine_id: 42,
    did,
    operator,
    mcr: "BBB",
    mcr_score: 61,
    bond_status: "bonded",
    negative_flag: false,
    event_count: 240,
    data_visibility: "onchain",
    documentation_url: "https://example.com/docs",
    event_data: [
      {
        event_type: 1,
        origin_value: 5,
        timestamp: 1776000000,
        trust_level: 0,
        metadata: { kWh: 1, deep: { aB: 2 } },
      },
      {
        event_type: 0,
        origin_value: 1250,
        timestamp: 1776000500,
        trust_level: 1,
        metadata: {},
        origin_currency: "EUR",
        usd_value: 1400,
        origin_subunit: 100,
        usd_subunit: 100,
        amount_status: "ok",
      },
    ],
  },
};

test("show machine prints the profile, and says that the newest known event may not be the newest", async () => {
  await using stub = await httpStub({ [`/machine/${did}`]: profile });
  const env = { PEAQOS_MCR_API_URL: stub.url };
  expect((await runCli(["show", "machine", did], { env })).stdout).toMatchInlineSnapshot(`
    "Machine: did:peaq:0xabc1230000000000000000000000000000000001
        Name      :  Machine #11
        Machine ID:  42
        Operator  :  did:peaq:0x0000...00AA

    DID Attributes:
        documentation_url:  https://example.com/docs
        data_visibility  :  onchain

    MCR Snapshot:
        Rating       :  BBB
        Score        :  61
        Bond Status  :  bonded
        Negative Flag:  no

    Recent Events:
        Total            :  240
        Last Event       :  2026-04-12T13:28:20Z (newest of the first 2)
        Last Origin Value:  1250
        Last Currency    :  EUR
        Last Subunit     :  100
        Last Status      :  ok
        Last USD Value   :  $14.00
    "
  `);
});

test("show machine --json is the service's object, a machine's own metadata untouched", async () => {
  await using stub = await httpStub({ [`/machine/${did}`]: profile });
  const { stdout } = await runCli(["show", "machine", did, "--json"], {
    env: { PEAQOS_MCR_API_URL: stub.url },
  });
  expect(JSON.parse(stdout)).toEqual(profile);
});

const fleet = (offset: number, limit: number, total: number) => ({
  operator_did: operator,
  machines: Array.from({ length: Math.min(limit, total - offset) }, (_, index) => ({
    did,
    machine_id: offset + index + 1,
    mcr_score: 61,
    mcr: "BBB",
    negative_flag: index === 1,
  })),
  pagination: { offset, limit, total },
});

test("show operator machines says how large the fleet is, flags machines, and how to get the next page", async () => {
  await using stub = await httpStub({ [`/operator/${operator}/machines`]: fleet(0, 3, 7) });
  const env = { PEAQOS_MCR_API_URL: stub.url };
  const { stdout } = await runCli(["show", "operator", "machines", operator, "--limit", "3"], { env });
  expect(stdout).toMatchInlineSnapshot(`
    "Operator: did:peaq:0x00000000000000000000000000000000000000AA
    Machines: 7 (3 shown, from 1)

    peaqID                  Machine ID  MCR  Rating  Flag
    ────────────────────────────────────────────────────────
    did:peaq:0xabc1...0001           1   61  BBB
    did:peaq:0xabc1...0001           2   61  BBB     flagged
    did:peaq:0xabc1...0001           3   61  BBB

    Next page: peaqos show operator machines did:peaq:0x00000000000000000000000000000000000000AA --limit 3 --offset 3   (or --all)
    "
  `);
  expect(stub.asked[0]).toContain("limit=3");
});

test("an empty fleet is a sentence and exit 0", async () => {
  await using stub = await httpStub({ [`/operator/${operator}/machines`]: fleet(0, 20, 0) });
  const outcome = await runCli(["show", "operator", "machines", operator], {
    env: { PEAQOS_MCR_API_URL: stub.url },
  });
  expect(outcome.code).toBe(0);
  expect(outcome.stdout).toContain("lists no machines");
});

test("--all and --offset exclude each other; a limit out of range is refused", async () => {
  const env = { PEAQOS_MCR_API_URL: "http://127.0.0.1:9" };
  for (const argv of [
    ["--all", "--offset", "3"],
    ["--limit", "0"],
    ["--limit", "501"],
  ]) {
    expect((await runCli(["show", "operator", "machines", operator, ...argv], { env })).code).toBe(1);
  }
});
