import { faults } from "@peaqos/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { errorOf, type FaultyNodeWorld, faultyNodeWorld, nobody } from "./test/faulty-node.ts";
import { until } from "./test/payment-world.ts";

let faulty: FaultyNodeWorld;
let p: FaultyNodeWorld["p"];
let node: FaultyNodeWorld["node"];
let intent: FaultyNodeWorld["intent"];
beforeAll(async () => {
  faulty = await faultyNodeWorld();
  ({ p, node, intent } = faulty);
});
afterEach(() => node.clear());
afterAll(() => faulty[Symbol.asyncDispose]());

test("a payment found on the chain is held, its order ready, and a wallet's rail gets its full name", async () => {
  const { order, payment } = await intent();
  const hash = await p.world.pay(p.agent, payment);
  const answer = await p.prove(order, p.proof(payment, hash));
  expect(answer).toMatchObject({
    status: 200,
    body: {
      item: {
        id: payment.id,
        status: "held",
        outcome: "settled",
        rail: { type: "wdk-usdt-transfer" },
        proof: {
          transactionHash: hash,
          verificationMode: "rpc",
          payerAddress: p.agent.address,
          chain: p.world.chainName,
          token: "USDC",
          verifiedAt: expect.any(String),
        },
      },
    },
  });
  expect(await p.read(order)).toMatchObject({ status: "ready" });
});

test("amounts are compared by value, addresses and hashes in any case", async () => {
  const { order, payment } = await intent();
  const hash = await p.world.pay(p.agent, payment);
  const proof = p.proof(payment, `0x${hash.slice(2).toUpperCase()}`, {
    amount: "0.0500",
    payerAddress: p.agent.address.toLowerCase(),
    payeeAddress: p.world.seller.toLowerCase(),
    token: "usdc",
    verificationMode: "rpc",
  });
  expect((await p.prove(order, proof)).body.item).toMatchObject({ status: "held" });
});

test("the same proof again returns the same payment, another one for a paid order is a conflict", async () => {
  const { order, payment, hash } = await p.paid();
  const again = await p.prove(order, p.proof(payment, hash));
  expect(again).toMatchObject({ status: 200, body: { item: { id: payment.id, status: "held" } } });
  const other = await p.world.pay(p.agent, payment);
  expect(errorOf(await p.prove(order, p.proof(payment, other)))).toEqual([409, "CONFLICT", "already_paid"]);
});

test("one Idempotency-Key, one verification: the repeated request gets the payment as it is", async () => {
  const { order, payment } = await intent();
  const hash = await p.world.pay(p.agent, payment);
  const send = () => p.prove(order, p.proof(payment, hash), { key: "proof-1" });
  const answers = await Promise.all([send(), send(), send()]);
  for (const answer of answers)
    expect(answer).toMatchObject({ status: 200, body: { item: { status: "held" } } });
  expect(await p.sql("select * from payment_transfers where payment_id = $1", [payment.id])).toHaveLength(1);
});

describe("what a proof says is compared with the payment before any chain is asked", () => {
  test.each([
    ["wrong_chain", { chain: "eip155:1" }],
    ["wrong_token", { token: "USDT" }],
    ["wrong_token", { tokenAddress: "0x52908400098527886E0F7030069857D2E4169EE7" }],
    ["wrong_payer", { payerAddress: "0x52908400098527886E0F7030069857D2E4169EE7" }],
    ["wrong_payee", { payeeAddress: "0x52908400098527886E0F7030069857D2E4169EE7" }],
    ["wrong_amount", { amount: "0.049999" }],
    ["wrong_amount", { rawAmount: "49999" }],
    ["wrong_amount", { tokenDecimals: 18 }],
    ["transaction_hash_missing", { transactionHash: undefined, transactionSignature: "5VERv8NM" }],
  ])("%s: %j", async (reason, changes) => {
    const { order, payment } = await intent();
    const asked = node.requests.length;
    expect(errorOf(await p.prove(order, p.proof(payment, nobody, changes)))).toEqual([
      400,
      "VALIDATION_ERROR",
      reason,
    ]);
    expect(node.requests.slice(asked).filter(({ method }) => method === "eth_getTransactionReceipt")).toEqual(
      [],
    );
    expect(await p.payment(order)).toMatchObject({ status: "intent_created", outcome: null });
  });
});

describe("what the chain tells", () => {
  test("a transaction nobody has mined: PAYMENT_NOT_MINED, the proof is kept and its outcome unknown", async () => {
    const { order, payment } = await intent();
    const answer = await p.prove(order, p.proof(payment, nobody));
    expect(errorOf(answer)).toEqual([409, "PAYMENT_NOT_MINED", "not_mined"]);
    expect(await p.payment(order)).toMatchObject({
      status: "intent_created",
      outcome: "unknown",
      proof: { transactionHash: nobody, verifiedAt: null },
    });
    expect(await p.read(order)).toMatchObject({ status: "payment_pending" });
    // An honest slip: the right transaction still counts.
    const hash = await p.world.pay(p.agent, payment);
    expect((await p.prove(order, p.proof(payment, hash))).body.item).toMatchObject({
      status: "held",
    });
  });

  test("an order with an open proof cannot be cancelled: its reservation stays", async () => {
    const { order, payment } = await intent();
    await p.prove(order, p.proof(payment, nobody));
    expect(errorOf(await p.act(order, "cancel", {}))).toEqual([409, "CONFLICT", "payment_unknown"]);
  });

  test("a failed transaction: PAYMENT_TX_FAILED", async () => {
    const { order, payment } = await intent();
    const { chain } = p.world;
    const hash = await chain.wallet(p.agent.account).sendTransaction({
      to: payment.rail.tokenAddress,
      data: `0xa9059cbb${p.world.seller.slice(2).padStart(64, "0")}${"f".repeat(64)}`,
      gas: 100_000n,
    });
    await chain.mine();
    expect(errorOf(await p.prove(order, p.proof(payment, hash)))).toEqual([
      402,
      "PAYMENT_TX_FAILED",
      "tx_failed",
    ]);
    expect(await p.payment(order)).toMatchObject({ status: "intent_created", outcome: "failed" });
  });

  test.each([
    ["wrong_token", "usdt", "seller", 50_000n, "transfer"],
    ["wrong_payee", "usdc", "stranger", 50_000n, "transfer"],
    ["wrong_amount", "usdc", "seller", 49_999n, "transfer"],
    ["wrong_amount", "usdc", "seller", 50_001n, "transfer"],
    ["no_transfer", "usdc", "seller", 50_000n, "approve"],
  ] as const)("%s: PAYMENT_TRANSFER_NOT_FOUND", async (reason, token, to, units, call) => {
    const { order, payment } = await intent();
    const target = to === "seller" ? p.world.seller : "0x52908400098527886E0F7030069857D2E4169EE7";
    const hash = await p.transfer(p.agent.account, p.world.chain.deployment[token], target, units, call);
    expect(errorOf(await p.prove(order, p.proof(payment, hash)))).toEqual([
      400,
      "PAYMENT_TRANSFER_NOT_FOUND",
      reason,
    ]);
  });

  test("a transfer from before the order never counts", async () => {
    const hash = await p.transfer(p.agent.account, p.world.chain.deployment.usdc, p.world.seller, 50_000n);
    const head = await p.world.chain.publicClient.getBlockNumber();
    // The market knows the head a moment later.
    const { order, payment } = await until(
      () => intent(),
      async ({ payment: { id } }) => {
        const [row] = await p.sql<{ block: string }>(
          "select from_block::text as block from market_payments where id = $1",
          [id],
        );
        return BigInt(row!.block) >= head;
      },
    );
    expect(errorOf(await p.prove(order, p.proof(payment, hash)))).toEqual([
      400,
      "VALIDATION_ERROR",
      "too_old",
    ]);
  });

  test("a transfer that has paid one order never pays another", async () => {
    const second = await intent();
    const { hash } = await p.paid();
    expect(errorOf(await p.prove(second.order, p.proof(second.payment, hash)))).toEqual([
      400,
      "VALIDATION_ERROR",
      "proof_reused",
    ]);
  });

  test("a chain without a node: PAYMENT_RPC_REQUIRED", async () => {
    const { order, payment } = await intent("svc_elsewhere");
    const proof = p.proof(payment, nobody, { rawAmount: undefined, tokenDecimals: undefined });
    expect(errorOf(await p.prove(order, proof))).toEqual([400, "PAYMENT_RPC_REQUIRED", "rpc_required"]);
  });

  test("a node that fails: PAYMENT_RPC_ERROR, unknown, and settled by itself when it answers again", async () => {
    const { order, payment } = await intent();
    const hash = await p.world.pay(p.agent, payment);
    node.set("eth_getTransactionReceipt", faults.error(-32000, "busy"));
    expect(errorOf(await p.prove(order, p.proof(payment, hash)))).toEqual([
      502,
      "PAYMENT_RPC_ERROR",
      "rpc_error",
    ]);
    expect(await p.payment(order)).toMatchObject({ status: "intent_created", outcome: "unknown" });
    node.clear();
    await until(
      () => p.payment(order),
      ({ status }) => status === "held",
    );
    expect(await p.read(order)).toMatchObject({ status: "ready" });
  });
});

test("rails that take the buyer's word keep it with a mark that nothing was matched", async () => {
  for (const [serviceId, proof] of [
    ["svc_recorded", { transactionHash: nobody }],
    [
      "svc_external",
      {
        chain: "solana:mainnet",
        transactionHash: undefined,
        transactionSignature: "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnb",
      },
    ],
  ] as const) {
    const { order, payment } = await intent(serviceId);
    const held = await p.prove(
      order,
      p.proof(payment, nobody, { rawAmount: undefined, tokenDecimals: undefined, ...proof }),
    );
    expect(held.body.item).toMatchObject({
      status: "held",
      outcome: null,
      proof: { verificationMode: "recorded", verifiedAt: null },
      notes: [expect.stringContaining("matched this payment with nothing")],
    });
    expect(await p.read(order)).toMatchObject({ status: "ready" });
  }
});

test("x402 is not offered, an order without payment takes no proof, a closed order neither", async () => {
  const { order, payment } = await intent();
  expect(errorOf(await p.prove(order, { payment: { paymentSignature: "abc" } }))).toEqual([
    400,
    "VALIDATION_ERROR",
    "rail_not_offered",
  ]);
  const free = await p.order("svc_free");
  expect(errorOf(await p.prove(free, p.proof(payment, nobody)))).toEqual([
    400,
    "VALIDATION_ERROR",
    "payment_not_required",
  ]);
  const closed = await intent();
  await p.act(closed.order, "cancel", {});
  expect(errorOf(await p.prove(closed.order, p.proof(closed.payment, nobody)))[1]).toBe("ORDER_CLOSED");
  expect(errorOf(await p.act(closed.order, "payment-intent", {}))[1]).toBe("ORDER_CLOSED");
});

test("a payment shown too many transactions takes no further one", async () => {
  const { order, payment } = await intent();
  await p.sql(
    `insert into payment_proofs (payment_id, purpose, transaction_hash, chain, machine_id, state, created_at, updated_at)
     select $1, 'payment', '0x' || lpad(n::text, 64, '0'), $2, 'mach_x', 'failed', now(), now()
     from generate_series(1, 100) as n`,
    [payment.id, p.world.chainName],
  );
  expect(errorOf(await p.prove(order, p.proof(payment, nobody)))).toEqual([
    400,
    "VALIDATION_ERROR",
    "too_many_proofs",
  ]);
});
