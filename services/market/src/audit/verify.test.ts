import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestMarket, type TestMarket } from "../../test/test-market.ts";
import { createSealing } from "../kit/sealing.ts";
import { appendAudit, chainOf } from "./append.ts";
import { createHeadSigner } from "./heads.ts";
import { headsOf, rowsOf, selectChains } from "./store.ts";
import { type ChainProblem, verifyChain } from "./verify.ts";

/** R12: 10,000 tamperings at full size (PEAQOS_AUDIT_TRIALS=10000), a hundredth in every test run. */
const trials = Number(process.env.PEAQOS_AUDIT_TRIALS ?? 100);
const rowsPerChain = 60;
const machines = ["mach_000000000001", "mach_000000000002"];

let market: TestMarket;
let kit: TestMarket["service"]["market"];

beforeAll(async () => {
  market = await startTestMarket({ PEAQOS_AUDIT_HEAD_SECONDS: "86400" });
  kit = market.service.market;
  for (let number = 1; number <= rowsPerChain; number++) {
    await append(machines, number);
    if (number % 20 === 0) expect(await signHeads()).toBeGreaterThan(0);
  }
});
afterAll(() => market?.[Symbol.asyncDispose]());

async function append(list: readonly string[], number: number): Promise<void> {
  await kit.database.transaction((client) =>
    appendAudit(
      client,
      list.map((machineId) => ({
        actor: "platform",
        type: "test.happened",
        resourceType: "machine",
        resourceId: machineId,
        machineId,
        tenantId: "default",
        requestId: number % 2 === 0 ? null : `r-${number}`,
        payload: { number, text: 'quotes " and ü', amount: "1.50" },
      })),
      kit.clock.now(),
      kit.ids,
    ),
  );
}

const signer = () => createHeadSigner(kit.sealing);

/** As the timer does. */
async function signHeads(): Promise<number> {
  const { createAudit } = await import("./audit.ts");
  return createAudit(kit).signHeads();
}

type Queries = Parameters<typeof headsOf>[0];

async function problemsOf(queries: Queries): Promise<ChainProblem[]> {
  const found: ChainProblem[] = [];
  for (const { chain, seq, hash } of await selectChains(queries, "default", null)) {
    const result = await verifyChain({
      chain,
      head: seq === null || hash === null ? null : { seq, hash },
      signedHeads: await headsOf(queries, chain),
      rows: rowsOf(queries, chain),
      signer: signer(),
    });
    found.push(...result.problems);
  }
  return found;
}

/** Does it, looks, and takes it back. */
async function tampered(
  statements: readonly (readonly [sql: string, values: unknown[]])[],
): Promise<ChainProblem[]> {
  const undo = new Error("undo");
  let found: ChainProblem[] = [];
  await kit.database
    .transaction(async (client) => {
      for (const [sql, values] of statements)
        expect((await client.query(sql, values)).rowCount, sql).toBeGreaterThan(0);
      found = await problemsOf(client);
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  return found;
}

const editable = [
  "id",
  "tenant_id",
  "actor",
  "type",
  "resource_type",
  "resource_id",
  "request_id",
  "payload",
  "prev",
  "hash",
] as const;

const chain = fc.constantFrom(...machines.map((machineId) => chainOf({ machineId, tenantId: "default" })));
const seq = fc.integer({ min: 1, max: rowsPerChain });
const tampering = fc.oneof(
  fc.record({ kind: fc.constant("edit" as const), chain, seq, column: fc.constantFrom(...editable) }),
  fc.record({ kind: fc.constant("time" as const), chain, seq }),
  fc.record({ kind: fc.constant("delete" as const), chain, seq }),
  fc.record({ kind: fc.constant("swap" as const), chain, seq, other: seq }),
);

// Guarantees that nobody changes, removes or reorders what the market has recorded without it being found and located.
test(`${trials} random edits, deletions and swaps are all found, at the right row`, async () => {
  expect(await problemsOf(kit.database.pool)).toEqual([]);
  let [done, located] = [0, 0];
  for (const each of fc.sample(tampering, { numRuns: trials, seed: 20_261_122 })) {
    const at = [each.chain, each.seq];
    let places = [each.seq];
    let found: ChainProblem[];
    if (each.kind === "edit")
      found = await tampered([
        [
          `update audit_events set ${each.column} = coalesce(${each.column}, '') || 'x' where chain = $1 and seq = $2`,
          at,
        ],
      ]);
    else if (each.kind === "time")
      found = await tampered([
        [
          "update audit_events set created_at = created_at + interval '1 ms' where chain = $1 and seq = $2",
          at,
        ],
      ]);
    else if (each.kind === "delete")
      found = await tampered([["delete from audit_events where chain = $1 and seq = $2", at]]);
    else {
      const other = each.other === each.seq ? (each.seq % rowsPerChain) + 1 : each.other;
      places = [each.seq, other];
      const move = "update audit_events set seq = $3 where chain = $1 and seq = $2";
      found = await tampered([
        [move, [each.chain, each.seq, -1]],
        [move, [each.chain, other, each.seq]],
        [move, [each.chain, -1, other]],
      ]);
    }
    done++;
    const seen = new Set(found.filter((problem) => problem.chain === each.chain).map(({ seq }) => seq));
    if (places.every((place) => seen.has(place))) located++;
    else expect.soft({ each, found }).toBe("found and located");
  }
  expect({ done, located }).toEqual({ done: trials, located: trials });
});

describe("what only signed heads show", () => {
  const [machine] = machines as [string];
  const name = chainOf({ machineId: machine, tenantId: "default" });

  test("a tail cut off together with the chain's head", async () => {
    const found = await tampered([
      ["delete from audit_events where chain = $1 and seq > 50", [name]],
      [
        "update audit_chains set seq = 50, hash = (select hash from audit_events where chain = $1 and seq = 50) where chain = $1",
        [name],
      ],
    ]);
    expect(found).toMatchObject([{ chain: name, seq: 51, problem: expect.stringContaining("cut off") }]);
  });

  test("a whole chain removed together with its head", async () => {
    const found = await tampered([
      ["delete from audit_events where chain = $1", [name]],
      ["update audit_chains set seq = 0, hash = repeat('0', 64) where chain = $1", [name]],
    ]);
    expect(found).toMatchObject([{ seq: 1, problem: expect.stringContaining("cut off") }]);
  });

  test("a chain rewritten with all its hashes", async () => {
    const undo = new Error("undo");
    await kit.database
      .transaction(async (client) => {
        await client.query("delete from audit_events where chain = $1 and seq >= 45", [name]);
        await client.query(
          "update audit_chains set seq = 44, hash = (select hash from audit_events where chain = $1 and seq = 44) where chain = $1",
          [name],
        );
        for (let number = 45; number <= rowsPerChain; number++)
          await appendAudit(
            client,
            [
              {
                actor: "nobody",
                type: "never.happened",
                resourceType: "machine",
                resourceId: machine,
                machineId: machine,
                tenantId: "default",
                requestId: null,
                payload: {},
              },
            ],
            kit.clock.now(),
            kit.ids,
          );
        expect(await problemsOf(client)).toMatchObject([
          { seq: 60, problem: expect.stringContaining("not the one that was signed") },
        ]);
        throw undo;
      })
      .catch((error: unknown) => {
        if (error !== undo) throw error;
      });
  });

  test("a head edited to fit a cut", async () => {
    const found = await tampered([
      ["delete from audit_events where chain = $1 and seq > 50", [name]],
      [
        "update audit_chains set seq = 50, hash = (select hash from audit_events where chain = $1 and seq = 50) where chain = $1",
        [name],
      ],
      ["delete from audit_signed_heads where chain = $1 and seq = 40", [name]],
      [
        "update audit_signed_heads set seq = 50, hash = (select hash from audit_events where chain = $1 and seq = 50) where chain = $1 and seq = 60",
        [name],
      ],
    ]);
    expect(found).toMatchObject([{ seq: 50, problem: expect.stringContaining("signature does not fit") }]);
  });
});

test("heads are signed with a key that only the deployment's secret gives, and check without it", () => {
  const own = signer();
  const same = createHeadSigner(
    createSealing(undefined, "a secret for tests that has enough characters", kit.ids),
  );
  const other = createHeadSigner(
    createSealing(undefined, "another secret that has enough characters", kit.ids),
  );
  const head = own!.sign({ chain: "machine:m", seq: 1, hash: "00" }, kit.clock.now());
  expect([own, same, other].map((each) => each?.isValid(head))).toEqual([true, true, false]);
  expect(own!.isValid({ ...head, seq: 2 })).toBe(false);
  expect(createHeadSigner(createSealing(undefined, undefined, kit.ids))).toBeNull();
});

test("rows that are written while the log is read are no problem", async () => {
  let done = false;
  const writing = (async () => {
    for (let number = 0; !done; number++) await append(["mach_000000000009"], number);
  })();
  try {
    for (let round = 0; round < 20; round++) {
      const response = await fetch(`${market.api}/audit-events/verify`);
      expect(await response.json()).toMatchObject({ valid: true, problems: [] });
    }
  } finally {
    done = true;
    await writing;
  }
});

// Guarantees that two replicas writing at once leave one chain without gaps.
test("writers of two replicas make one chain", async () => {
  const other = await market.replica();
  const kits = [kit, other.market];
  await Promise.all(
    Array.from({ length: 100 }, (_, number) =>
      kits[number % 2]!.system(async (tx) => {
        // In turned order: chains are locked by name, so nobody waits for each other.
        for (const machineId of number % 3 === 0 ? ["mach_b", "mach_a"] : ["mach_a", "mach_b"])
          tx.audit({
            type: "test.happened",
            resourceType: "machine",
            resourceId: machineId,
            machineId,
            payload: { number },
          });
      }),
    ),
  );
  const { rows } = await kit.database.pool.query(
    "select chain, seq from audit_chains where chain in ('machine:mach_a', 'machine:mach_b') order by chain",
  );
  expect(rows.map((row) => row.seq)).toEqual([100, 100]);
  expect(await problemsOf(kit.database.pool)).toEqual([]);
});
