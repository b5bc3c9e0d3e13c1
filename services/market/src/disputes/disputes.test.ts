import { testUsdcAbi } from "@peaqos/abi";
import type { Address } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conservation } from "../payments/conservation.ts";
import {
  type Order,
  type Payment,
  type PaymentWorld,
  paymentWorld,
  until,
} from "../payments/test/payment-world.ts";

let p: PaymentWorld;
beforeAll(async () => {
  p = await paymentWorld({ PEAQOS_CONFIRM_AFTER_SECONDS: "3600", PEAQOS_DISPUTE_AFTER_SECONDS: "7200" });
});
afterAll(async () => {
  // Guarantees that whatever these tests did, the sums agree.
  for (const sums of await conservation(p.database)) expect(sums.difference).toBe("0");
  await p[Symbol.asyncDispose]();
});

const errorOf = (answer: {
  status: number;
  body: { error?: { code: string; details?: { reason?: string } } };
}) => [answer.status, answer.body.error?.code, answer.body.error?.details?.reason] as const;

const resolve = (order: Order, body: object) =>
  p.world.call("POST", `/market/orders/${order.id}/dispute/resolve`, { body });

async function delivered() {
  const { order, payment, hash } = await p.paid();
  await p.force(order, "delivered");
  return { order, payment, hash };
}

async function disputed() {
  const made = await delivered();
  const answer = await p.act(made.order, "dispute", {
    reason: " not what was sold ",
    evidence: { temperature: 21 },
  });
  expect(answer.status).toBe(200);
  return { ...made, answer };
}

const spendHeld = async (order: Order) =>
  (await p.sql<{ spend_held: boolean }>("select spend_held from market_orders where id = $1", [order.id]))[0]!
    .spend_held;

/** The seller pays back. */
async function repay(payment: Payment, units = BigInt(payment.rail.metadata.rawAmount)) {
  const { chain } = p.world;
  const seller = await chain.account("seller");
  const hash = await chain.wallet(seller).writeContract({
    address: payment.rail.tokenAddress as Address,
    abi: testUsdcAbi,
    functionName: "transfer",
    args: [payment.rail.payerAddress as Address, units],
  });
  await chain.publicClient.waitForTransactionReceipt({ hash });
  return hash;
}

describe("confirm", () => {
  test.each(["delivered", "handoff"])(
    "a %s order is confirmed without a body, its payment is to be released",
    async (status) => {
      const { order } = await p.paid();
      await p.force(order, status);
      const answer = await p.act(order, "confirm", undefined);
      expect(answer).toMatchObject({
        status: 200,
        body: {
          order: { id: order.id, status: "confirmed", confirmedAt: expect.any(String) },
          payment: { status: "release_pending" },
        },
      });
      expect(errorOf(await p.act(order, "confirm", {}))[1]).toBe("ORDER_CLOSED");
      expect(errorOf(await p.act(order, "dispute", { reason: "late" }))[1]).toBe("ORDER_CLOSED");
    },
  );

  test("not before delivery", async () => {
    const { order } = await p.paid();
    expect(errorOf(await p.act(order, "confirm"))).toEqual([409, "ORDER_NOT_DELIVERED", undefined]);
  });

  test("an order without payment has none in the answer", async () => {
    const order = await p.order("svc_free");
    await p.force(order, "delivered");
    expect((await p.act(order, "confirm")).body).toMatchObject({
      order: { status: "confirmed" },
      payment: null,
    });
  });

  test("nobody confirms: the deadline of the order does", async () => {
    const { order } = await delivered();
    await p.sql("update market_orders set confirm_by = now() + interval '1 hour' where id = $1", [order.id]);
    await p.sql(
      `insert into jobs (id, kind, machine_id, payload, run_at, created_at)
       values ('job_confirm_' || $1, 'order.confirm', null, jsonb_build_object('orderId', $1::text), now(), now())`,
      [order.id],
    );
    // Too early: the job comes again at the deadline.
    await until(
      () =>
        p.sql<{ run_at: Date }>(
          "select run_at from jobs where id = 'job_confirm_' || $1 and attempts = 1 and locked_until is null",
          [order.id],
        ),
      (rows) => rows.length === 1,
    );
    expect(await p.read(order)).toMatchObject({ status: "delivered" });
    p.world.market.clock.add(3_700_000);
    await until(
      () => p.read(order),
      ({ status }) => status === "confirmed",
    );
    expect(await p.payment(order)).toMatchObject({ status: "release_pending" });
    p.world.market.clock.add(-3_700_000);
  });
});

describe("release and refund", () => {
  test("a confirmed payment is released once; again returns it", async () => {
    const { order } = await delivered();
    expect(errorOf(await p.act(order, "payment/release"))).toEqual([
      400,
      "VALIDATION_ERROR",
      "payment_state",
    ]);
    await p.act(order, "confirm");
    const released = await p.act(order, "payment/release", { notes: "thank you" });
    expect(released.body.item).toMatchObject({
      status: "released",
      release: { notes: "thank you", transactionHash: null },
    });
    expect((await p.act(order, "payment/release")).body.item).toEqual(released.body.item);
    expect(errorOf(await p.act(order, "payment/refund"))).toEqual([400, "VALIDATION_ERROR", "payment_state"]);
  });

  // Guarantees that an agent cannot win back its daily limit by calling paid money refunded.
  test("a refund is owed, and its spend counts, until the seller's repayment is found on the chain", async () => {
    const { order, payment } = await p.paid();
    const refund = await p.act(order, "payment/refund", { reason: "changed my mind" });
    expect(refund.body.item).toMatchObject({
      status: "refunded",
      refund: { transactionHash: null, reason: "changed my mind" },
    });
    expect(await p.read(order)).toMatchObject({ status: "cancelled" });
    expect(await spendHeld(order)).toBe(true);
    const dust = await repay(payment, 1n);
    expect(errorOf(await p.act(order, "payment/refund", { transactionHash: dust }))).toEqual([
      400,
      "VALIDATION_ERROR",
      "wrong_amount",
    ]);
    const hash = await repay(payment);
    const repaid = await p.act(order, "payment/refund", { transactionHash: hash });
    expect(repaid.body.item).toMatchObject({ status: "refunded", refund: { transactionHash: hash } });
    expect(await spendHeld(order)).toBe(false);
    expect(
      (await p.act(order, "payment/refund", { transactionHash: hash })).body.item.refund.transactionHash,
    ).toBe(hash);
    expect(errorOf(await p.act(order, "payment/refund", { transactionHash: dust }))).toEqual([
      409,
      "CONFLICT",
      "already_repaid",
    ]);
  });

  test("one repayment settles one refund; the payment itself is none", async () => {
    const [first, second] = [await p.paid(), await p.paid()];
    await p.act(first.order, "payment/refund");
    await p.act(second.order, "payment/refund");
    const hash = await repay(first.payment);
    expect(
      (await p.act(first.order, "payment/refund", { transactionHash: hash })).body.item.refund
        .transactionHash,
    ).toBe(hash);
    expect(errorOf(await p.act(second.order, "payment/refund", { transactionHash: hash }))).toEqual([
      400,
      "VALIDATION_ERROR",
      "proof_reused",
    ]);
    expect(errorOf(await p.act(second.order, "payment/refund", { transactionHash: second.hash }))[1]).toBe(
      "VALIDATION_ERROR",
    );
    expect(await p.payment(second.order)).toMatchObject({ refund: { transactionHash: null } });
  });

  test("a repayment that is not mined yet stays open, and is found when it is", async () => {
    const { order } = await p.paid();
    await p.act(order, "payment/refund");
    const open = await p.act(order, "payment/refund", { transactionHash: `0x${"cd".repeat(32)}` });
    expect(open).toMatchObject({
      status: 200,
      body: { item: { status: "refunded", refund: { transactionHash: null } } },
    });
  });

  test("what nobody can look up is refused", async () => {
    const order = await p.order("svc_recorded");
    const payment = await p.payment(order);
    expect(errorOf(await p.act(order, "payment/refund"))).toEqual([400, "VALIDATION_ERROR", "payment_state"]);
    await p.prove(
      order,
      p.proof(payment, `0x${"1".repeat(64)}`, { rawAmount: undefined, tokenDecimals: undefined }),
    );
    expect(errorOf(await p.act(order, "payment/refund", { transactionHash: `0x${"2".repeat(64)}` }))).toEqual(
      [400, "VALIDATION_ERROR", "repayment_not_verifiable"],
    );
    expect(await p.payment(order)).toMatchObject({ status: "held" });
    expect((await p.act(order, "payment/refund")).body.item.status).toBe("refunded");
  });

  test("not while the order is executed, not without a payment", async () => {
    const { order } = await p.paid();
    await p.force(order, "executing");
    expect(errorOf(await p.act(order, "payment/refund"))).toEqual([409, "CONFLICT", "execution_in_progress"]);
    const free = await p.order("svc_free");
    for (const step of ["payment/refund", "payment/release"])
      expect(errorOf(await p.act(free, step))).toEqual([400, "VALIDATION_ERROR", "payment_state"]);
  });

  test("a refunded order is closed", async () => {
    const { order } = await delivered();
    await p.act(order, "payment/refund");
    expect(errorOf(await p.act(order, "confirm"))[1]).toBe("ORDER_CLOSED");
    expect(errorOf(await p.act(order, "dispute", { reason: "late" }))[1]).toBe("ORDER_CLOSED");
  });
});

describe("dispute", () => {
  test("freezes the payment and says until when it will be resolved", async () => {
    const { order, answer } = await disputed();
    expect(answer.body).toMatchObject({
      order: { id: order.id, status: "disputed" },
      payment: { status: "frozen" },
      dispute: {
        id: expect.stringMatching(/^mdisp_[0-9a-f]{12}$/),
        status: "open",
        reason: "not what was sold",
        evidence: { temperature: 21 },
        agentPairingId: p.agent.pairingId,
        resolution: null,
      },
    });
    const left = Date.parse(answer.body.dispute.resolveBy) - Date.parse(answer.body.dispute.createdAt);
    expect(left).toBe(7_200_000);
    expect(errorOf(await p.act(order, "dispute", { reason: "again" }))[1]).toBe("ORDER_CLOSED");
    expect(errorOf(await p.act(order, "confirm"))[1]).toBe("ORDER_CLOSED");
    expect(errorOf(await p.act(order, "payment/refund"))).toEqual([400, "VALIDATION_ERROR", "dispute_open"]);
    expect(errorOf(await p.act(order, "payment/release"))).toEqual([
      400,
      "VALIDATION_ERROR",
      "payment_state",
    ]);
  });

  test("evidence is bounded", async () => {
    const { order } = await delivered();
    const evidence = { log: "x".repeat(70_000) };
    expect(errorOf(await p.act(order, "dispute", { reason: "r", evidence }))).toEqual([
      400,
      "VALIDATION_ERROR",
      "evidence_too_large",
    ]);
    expect(await p.read(order)).toMatchObject({ status: "delivered" });
  });

  test("there is nothing to dispute before payment", async () => {
    const order = await p.order("svc_usdc");
    expect(errorOf(await p.act(order, "dispute", { reason: "r" }))).toEqual([409, "CONFLICT", "order_state"]);
  });

  test.each([
    ["release", "released", { release: { notes: "looked at it" } }],
    ["refund", "refunded", { refund: { transactionHash: null, reason: "looked at it" } }],
    ["dismiss", "release_pending", {}],
  ] as const)(
    "resolved by %s: the payment is %s, the order stays disputed",
    async (resolution, status, fields) => {
      const { order } = await disputed();
      const answer = await resolve(order, { resolution, notes: "looked at it" });
      expect(answer).toMatchObject({
        status: 200,
        body: {
          order: { status: "disputed" },
          payment: { status, ...fields },
          dispute: { status: "resolved", resolution },
        },
      });
      expect((await resolve(order, { resolution })).status).toBe(200);
      const other = resolution === "release" ? "refund" : "release";
      expect(errorOf(await resolve(order, { resolution: other }))).toEqual([
        409,
        "CONFLICT",
        "dispute_resolved",
      ]);
    },
  );

  test("a refund is resolved with the seller's repayment in hand", async () => {
    const { order, payment } = await disputed();
    const hash = await repay(payment);
    const answer = await resolve(order, { resolution: "refund", transactionHash: hash });
    expect(answer.body.payment).toMatchObject({ status: "refunded", refund: { transactionHash: hash } });
    expect(await spendHeld(order)).toBe(false);
    expect(
      errorOf(await resolve((await disputed()).order, { resolution: "release", transactionHash: hash })),
    ).toEqual([400, "VALIDATION_ERROR", "payment_state"]);
  });

  test("an order without a dispute has none to resolve; only a resolver's key may", async () => {
    const { order } = await delivered();
    expect(errorOf(await resolve(order, { resolution: "refund" }))[1]).toBe("NOT_FOUND");
    expect(errorOf(await resolve({ id: "mord_none" }, { resolution: "refund" }))[1]).toBe("NOT_FOUND");
  });

  test("nobody resolves: the default outcome does, so that no dispute stays open", async () => {
    const { order } = await disputed();
    p.world.market.clock.add(7_300_000);
    await until(
      () => p.payment(order),
      ({ status }) => status === "refunded",
    );
    await until(
      () => p.sql("select from market_disputes where status = 'open'"),
      (rows) => rows.length === 0,
    );
    p.world.market.clock.add(-7_300_000);
  });
});
