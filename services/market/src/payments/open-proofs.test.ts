import { faults } from "@peaqos/testkit";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { noteProofs, readProof } from "./proofs.ts";
import { errorOf, type FaultyNodeWorld, faultyNodeWorld, nobody } from "./test/faulty-node.ts";
import { until } from "./test/payment-world.ts";

// Guarantees: whatever happens at the same moment, a payment without an open proof says so, and its order can be closed.

let faulty: FaultyNodeWorld;
let p: FaultyNodeWorld["p"];
let node: FaultyNodeWorld["node"];
let intent: FaultyNodeWorld["intent"];
let other: pg.Client;
beforeAll(async () => {
  faulty = await faultyNodeWorld();
  ({ p, node, intent } = faulty);
  other = new pg.Client({ connectionString: p.world.market.databaseUrl });
  await other.connect();
});
afterEach(() => node.clear());
afterAll(async () => {
  await other.end();
  await faulty[Symbol.asyncDispose]();
});

const waiting = async () =>
  (
    await p.sql(
      "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    )
  ).length;

/** The proof's job has looked once and has nothing under way: it is taken away. */
async function endJob(hash: string): Promise<void> {
  await until(
    () => p.sql("delete from jobs where payload->>'hash' = $1 and locked_until is null returning id", [hash]),
    (rows) => rows.length === 1,
  );
}

test("two proofs of one payment that fail at the same moment", async () => {
  const { order, payment } = await intent();
  const { hash } = await p.paid();
  await p.prove(order, p.proof(payment, nobody));
  await endJob(nobody);
  node.set("eth_getTransactionReceipt", faults.error(-32000, "busy"));
  await p.prove(order, p.proof(payment, hash));
  // One of them fails in a transaction of its own, which sees the other still open …
  await other.query("begin");
  await other.query("select from market_payments where id = $1 for update", [payment.id]);
  await other.query(
    "update payment_proofs set state = 'failed' where payment_id = $1 and transaction_hash = $2",
    [payment.id, nobody],
  );
  // … while the other, whose transfer has paid another order, waits for the payment.
  node.clear();
  await until(waiting, (count) => count > 0);
  await other.query("commit");
  await until(
    () => p.sql("select from payment_proofs where payment_id = $1 and state = 'unknown'", [payment.id]),
    (rows) => rows.length === 0,
  );
  expect(await p.payment(order)).toMatchObject({ status: "intent_created", outcome: "failed" });
  expect((await p.act(order, "cancel", {})).status).toBe(200);
});

test("a proof that fails says nothing about another that is open", async () => {
  const { order, payment } = await intent();
  const { hash } = await p.paid();
  await p.prove(order, p.proof(payment, nobody));
  await p.prove(order, p.proof(payment, hash));
  expect(await p.payment(order)).toMatchObject({ status: "intent_created", outcome: "unknown" });
  expect(errorOf(await p.act(order, "cancel", {}))).toEqual([409, "CONFLICT", "payment_unknown"]);
});

test("a look that came too late does not open a decided proof again", async () => {
  const { payment, hash } = await p.paid();
  const name = { paymentId: payment.id, purpose: "payment", hash } as const;
  const told = { state: "unknown", code: "PAYMENT_NOT_MINED", reason: "not_mined", message: null } as const;
  await noteProofs(p.database, [{ ...name, ...told }], new Date());
  expect(await readProof(p.database, name)).toMatchObject({ state: "settled", code: null });
});
