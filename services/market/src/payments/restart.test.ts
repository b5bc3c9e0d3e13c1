import { faults, faultyRpc, testChain } from "@peaqos/testkit";
import { expect, test } from "vitest";
import { confirmJob } from "../disputes/deadlines.ts";
import { conservation } from "./conservation.ts";
import { type PaymentWorld, paymentWorld, until } from "./test/payment-world.ts";

/** Processes that die between any two steps, and jobs that run more than once. */

const intentOf = async (p: PaymentWorld, serviceId = "svc_usdc") => {
  const order = await p.order(serviceId);
  return { order, payment: (await p.act(order, "payment-intent", {})).body.item };
};

/** As after a crash between the job's work and the note that it is done. */
const runAgain = async (p: PaymentWorld) => {
  await p.sql(
    "update jobs set done_at = null, result = null, locked_until = null, run_at = now() - interval '1 minute'",
  );
  await p.world.market.service.market.jobs.idle();
};

const snapshot = async (p: PaymentWorld) => ({
  orders: await p.sql("select id, status, spend_held from market_orders order by id"),
  payments: await p.sql(
    "select id, status, refund, release, outcome, transaction_hash from market_payments order by id",
  ),
  transfers: await p.sql("select * from payment_transfers order by transaction_hash, position"),
  disputes: await p.sql("select id, status, resolution from market_disputes order by id"),
  audit: await p.sql("select count(*) from audit_events"),
});

// Guarantees that a payment shown to a market that dies is settled once by whoever comes next.
test("a proof left by a process that died is settled by the next one", async () => {
  await using p = await paymentWorld({ PEAQOS_MARKET_WORKERS: "false", PEAQOS_PAYMENT_WAIT_MS: "100" });
  const { order, payment } = await intentOf(p);
  const hash = await p.world.pay(p.agent, payment);
  const answer = await p.act(order, "payment-proof", p.proof(payment, hash));
  expect(answer.body.error).toMatchObject({
    code: "PAYMENT_NOT_MINED",
    details: { reason: "not_checked", outcome: "unknown" },
  });
  await p.world.market.replica({ PEAQOS_MARKET_WORKERS: "true" });
  await until(
    () => p.payment(order),
    ({ status }) => status === "held",
  );
  expect(await p.read(order)).toMatchObject({ status: "ready" });
  // And a request that waits on the replica without workers hears of it.
  const again = await p.prove(order, p.proof(payment, hash));
  expect(again.body.item).toMatchObject({ status: "held" });
});

// Guarantees that no job, run any number of times, moves money or states twice.
test("every job runs twice without a second effect", async () => {
  await using p = await paymentWorld({
    PEAQOS_DISPUTE_AFTER_SECONDS: "1",
    PEAQOS_CONFIRM_AFTER_SECONDS: "1",
  });
  const paid = await p.paid();
  const failed = await intentOf(p);
  await p.prove(failed.order, p.proof(failed.payment, paid.hash));
  const disputed = await p.paid();
  await p.force(disputed.order, "delivered");
  await p.act(disputed.order, "dispute", { reason: "none came" });
  const delivered = await p.paid();
  await p.force(delivered.order, "delivered");
  await p.sql("update market_orders set confirm_by = now() where id = $1", [delivered.order.id]);
  await p.sql(
    `insert into jobs (id, kind, machine_id, payload, run_at, created_at)
     values ('job_1', '${confirmJob}', null, jsonb_build_object('orderId', $1::text), now(), now())`,
    [delivered.order.id],
  );
  await until(
    () => p.payment(delivered.order),
    ({ status }) => status === "release_pending",
  );
  await until(
    () => p.payment(disputed.order),
    ({ status }) => status === "refunded",
  );
  const before = await snapshot(p);
  await runAgain(p);
  expect(await snapshot(p)).toEqual(before);
  for (const { difference } of await conservation(p.database)) expect(difference).toBe("0");
});

test("two replicas shown the same transaction settle it once", async () => {
  await using p = await paymentWorld();
  const other = await p.world.market.replica();
  const { order, payment } = await intentOf(p);
  const second = await intentOf(p);
  const hash = await p.world.pay(p.agent, payment);
  const send = (to: typeof order, of: typeof payment, on: typeof other) =>
    p.world.call("POST", `/market/orders/${to.id}/payment-proof`, {
      token: p.agent.token,
      body: p.proof(of, hash),
      on,
    });
  const answers = await Promise.all([
    send(order, payment, other),
    send(order, payment, p.world.market.service),
    send(second.order, second.payment, other),
    send(second.order, second.payment, p.world.market.service),
  ]);
  const held = answers.filter(({ body }) => body.item?.status === "held");
  expect(new Set(held.map(({ body }) => body.item.orderId)).size).toBeLessThanOrEqual(1);
  await until(
    () => p.sql("select from payment_proofs where state = 'unknown'"),
    (rows) => rows.length === 0,
  );
  expect(await p.sql("select from payment_transfers")).toHaveLength(1);
  expect(await p.sql("select from market_payments where status = 'held'")).toHaveLength(1);
});

test("where the head was not known, a transfer's own time decides whether it is older than the order", async () => {
  const chain = await testChain();
  const node = await faultyRpc(chain.url);
  const settings = { PEAQOS_PAYMENT_RPC_URLS: JSON.stringify({ [`eip155:${chain.chainId}`]: node.url }) };
  try {
    await using p = await paymentWorld(settings, chain);
    // Decimals are known before the node goes away.
    await p.paid();
    const old = await p.transfer(p.agent.account, chain.deployment.usdc, p.world.seller, 50_000n);
    await chain.increaseTime(2);
    node.set("*", faults.error(-32000, "away"));
    p.world.market.clock.add(6_000);
    const order = await until(
      () => p.order("svc_usdc"),
      async ({ id }) =>
        (await p.sql("select from market_payments where order_id = $1 and from_block is null", [id]))
          .length === 1,
    );
    p.world.market.clock.add(-6_000);
    node.clear();
    const payment = await p.payment(order);
    const tooOld = await p.prove(order, p.proof(payment, old));
    expect(tooOld.body.error).toMatchObject({ code: "VALIDATION_ERROR", details: { reason: "too_old" } });
    await chain.increaseTime(60);
    const hash = await p.world.pay(p.agent, payment);
    expect((await p.prove(order, p.proof(payment, hash))).body.item).toMatchObject({
      status: "held",
    });
  } finally {
    await node.stop();
    await chain.stop();
  }
});
