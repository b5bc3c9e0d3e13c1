import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf, place, priced, spentToday } from "../../test/shop.ts";
import {
  type MarketWorld,
  marketWorld,
  succeeded,
  type WorldAgent,
  type WorldMachine,
} from "../../test/world.ts";

// Guarantees: what was revoked or changed after a call was let in still stops it; an outage neither loses nor doubles.

let world: MarketWorld;
let machine: WorldMachine;

beforeAll(async () => {
  world = await marketWorld();
  machine = await world.machine("unlucky");
  await world.putService({ id: "svc_free" });
  await world.putService(priced(world, "svc_one", 1));
});
afterAll(() => world[Symbol.asyncDispose]());

let agents = 0;
const freshAgent = (policy: object = {}): Promise<WorldAgent> =>
  world.agent(machine, { name: `unlucky agent ${agents++}`, policy, fund: false });

/** Runs `change` in a transaction that an order already has to wait for, then lets both go on. */
async function meanwhile(agent: WorldAgent, table: string, id: string, change: string) {
  const other = new pg.Client({ connectionString: world.market.databaseUrl });
  await other.connect();
  try {
    await other.query("begin");
    await other.query(`select 1 from ${table} where id = $1 for update`, [id]);
    const answer = place(world, agent, "svc_one");
    const waits =
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while ((await other.query(waits)).rowCount === 0);
    await other.query(change, [id]);
    await other.query("commit");
    return await answer;
  } finally {
    await other.end();
  }
}

test("a token revoked in flight", async () => {
  const agent = await freshAgent();
  const answer = await meanwhile(
    agent,
    "agent_pairings",
    agent.pairingId,
    "update agent_pairings set status = 'revoked' where id = $1",
  );
  expect(errorOf(answer)).toMatchObject({ status: 403, code: "AGENT_PAIRING_INACTIVE" });
  expect(await spentToday(world, agent)).toBe(0);
});

test("a policy changed in flight", async () => {
  const agent = await freshAgent({ dailySpendLimit: 5 });
  const answer = await meanwhile(
    agent,
    "agent_pairings",
    agent.pairingId,
    `update agent_pairings set policy = jsonb_set(policy, '{dailySpendLimit}', '0'), policy_hash = 'other' where id = $1`,
  );
  expect(errorOf(answer)).toMatchObject({
    status: 401,
    code: "AGENT_AUTH_INVALID",
    reason: "delegation_policy_changed",
  });
});

test("a session replaced in flight", async () => {
  const agent = await freshAgent();
  const answer = await meanwhile(
    agent,
    "agent_pairings",
    agent.pairingId,
    "update agent_pairings set session_id = 'asess_other' where id = $1",
  );
  expect(errorOf(answer)).toMatchObject({ code: "AGENT_AUTH_INVALID", reason: "session_replaced" });
});

test("a machine blocked in flight", async () => {
  const agent = await freshAgent();
  const answer = await meanwhile(
    agent,
    "machines",
    machine.id,
    "update machines set status = 'blocked' where id = $1",
  );
  expect(errorOf(answer)).toMatchObject({ status: 409, code: "MACHINE_NOT_ACTIVE" });
  await world.market.service.market.database.pool.query(
    "update machines set status = 'active' where id = $1",
    [machine.id],
  );
});

test("one bad order in a batch fails alone", async () => {
  const good = await freshAgent({ dailySpendLimit: 100 });
  const poor = await freshAgent({ dailySpendLimit: 0.5 });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0
        ? place(world, poor, "svc_one")
        : i % 3 === 1
          ? place(world, good, "svc_one", { operation: "fly" })
          : place(world, good, "svc_one"),
    ),
  );
  const codes = Map.groupBy(answers, (answer) => answer.body.error?.code ?? answer.status);
  expect(codes.get(201)).toHaveLength(20);
  expect(codes.get("AGENT_DAILY_LIMIT_EXCEEDED")).toHaveLength(20);
  expect(codes.get("VALIDATION_ERROR")).toHaveLength(20);
  expect(await spentToday(world, good)).toBe(20);
  expect(await spentToday(world, poor)).toBe(0);
});

test("the database goes away and comes back: 503 meanwhile, and retries make one order each", async () => {
  const agent = await freshAgent({ dailySpendLimit: 100 });
  const admin = new URL(world.market.databaseUrl);
  const name = admin.pathname.slice(1);
  admin.pathname = "/postgres";
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
  const send = (i: number) => place(world, agent, "svc_one", {}, { key: `outage-${i}` });
  const all = Array.from({ length: 40 }, (_, i) => i);
  try {
    const first = Promise.all(all.map(send));
    await client.query(`alter database ${name} allow_connections false`);
    await client.query(cut);
    for (const answer of await first) expect([201, 503]).toContain(answer.status);
    expect(errorOf(await send(0))).toMatchObject({ status: 503, code: "SERVICE_UNAVAILABLE" });
  } finally {
    await client.query(`alter database ${name} allow_connections true`);
    await client.end();
  }
  const ids = (await Promise.all(all.map(send))).map((answer) => succeeded(answer).body.item.id);
  expect(new Set(ids).size).toBe(40);
  expect(await spentToday(world, agent)).toBe(40);
});

test("the rating service is gone: orders are refused as unavailable, never let through", async () => {
  const lonely = await world.machine("lonely");
  const agent = await world.agent(lonely, { name: "lonely agent", fund: false });
  await world.stopRating();
  world.market.clock.add(6_000);
  try {
    expect(errorOf(await place(world, agent, "svc_free"))).toMatchObject({
      status: 503,
      code: "PEAQOS_IDENTITY_UNAVAILABLE",
    });
  } finally {
    await world.startRating();
  }
  expect((await place(world, agent, "svc_free")).status).toBe(201);
});
