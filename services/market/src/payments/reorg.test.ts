import { testChain } from "@peaqos/testkit";
import type { Hex } from "viem";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { conservation } from "./conservation.ts";
import { type PaymentWorld, paymentWorld, until } from "./test/payment-world.ts";

/** Real reorganisations on a real chain: blocks are taken back, and other ones mined. */

let p: PaymentWorld;
beforeAll(async () => {
  p = await paymentWorld({}, await testChain());
});
afterAll(async () => {
  await p[Symbol.asyncDispose]();
  await p.world.chain.stop();
});
// The blocks taken back must be the payment's alone.
beforeEach(() => p.world.chain.mine(1));

const rollback = async (hash: Hex) => {
  const { chain } = p.world;
  const { blockNumber } = await chain.publicClient.getTransactionReceipt({ hash });
  const head = await chain.publicClient.getBlockNumber();
  await chain.admin("anvil_rollback", [Number(head - blockNumber) + 1]);
};

/** The raw transaction once more, as a node does that still has it in its pool. */
async function resend(raw: Hex): Promise<void> {
  await p.world.chain.publicClient.sendRawTransaction({ serializedTransaction: raw });
}

async function rawOf(units = 50_000n): Promise<Hex> {
  const { chain, seller } = p.world;
  const wallet = chain.wallet(p.agent.account);
  const data = `0xa9059cbb${seller.slice(2).padStart(64, "0")}${units.toString(16).padStart(64, "0")}` as Hex;
  const request = await wallet.prepareTransactionRequest({ to: chain.deployment.usdc, data });
  return wallet.signTransaction(request as never);
}

async function paid() {
  const order = await p.order("svc_usdc");
  const intent = (await p.act(order, "payment-intent", {})).body.item;
  const raw = await rawOf();
  const hash = await p.world.chain.publicClient.sendRawTransaction({ serializedTransaction: raw });
  await p.world.chain.publicClient.waitForTransactionReceipt({ hash });
  const payment = (await p.prove(order, p.proof(intent, hash))).body.item;
  expect(payment.status).toBe("held");
  return { order, payment, raw, hash };
}

const balanced = async () => {
  for (const sums of await conservation(p.database)) expect(sums).toMatchObject({ difference: "0" });
};

// Guarantees that an order is never delivered for money that is gone, and never loses what it had reserved.
test("a payment that is reorganised away before delivery takes its order back to unpaid; mined again, it is paid again", async () => {
  const { order, payment, raw, hash } = await paid();
  await rollback(hash);
  await p.world.chain.mine(3);
  await until(
    () => p.read(order),
    ({ status }) => status === "payment_pending",
  );
  expect(await p.payment(order)).toMatchObject({
    status: "intent_created",
    outcome: "unknown",
    proof: { transactionHash: hash, verifiedAt: null },
  });
  const [spend] = await p.sql("select spend_held from market_orders where id = $1", [order.id]);
  expect(spend).toEqual({ spend_held: true });
  expect(await p.sql("select from payment_transfers where payment_id = $1", [payment.id])).toEqual([]);
  await balanced();
  const refused = await p.act(order, "execute", {});
  expect(refused.body.error.code).toBe("PAYMENT_REQUIRED");
  await resend(raw);
  await until(
    () => p.payment(order),
    ({ status }) => status === "held",
  );
  expect(await p.read(order)).toMatchObject({ status: "ready" });
  await balanced();
});

test("a payment that only moves to another block stays held", async () => {
  const { order, payment, raw, hash } = await paid();
  const [before] = await p.sql<{ block_hash: string }>(
    "select block_hash from payment_transfers where payment_id = $1",
    [payment.id],
  );
  const { chain } = p.world;
  await chain.admin("evm_setAutomine", [false]);
  await rollback(hash);
  await resend(raw);
  await chain.increaseTime(7);
  await chain.admin("evm_setAutomine", [true]);
  await chain.mine(2);
  await until(
    () =>
      p.sql<{ block_hash: string }>("select block_hash from payment_transfers where payment_id = $1", [
        payment.id,
      ]),
    (rows) => rows.length === 1 && rows[0]!.block_hash !== before!.block_hash,
  );
  await until(
    () => p.payment(order),
    ({ status }) => status === "held",
  );
  await balanced();
});

test("after delivery the payment is frozen and the system opens a dispute", async () => {
  const { order, hash } = await paid();
  await p.force(order, "delivered");
  await rollback(hash);
  await p.world.chain.mine(3);
  await until(
    () => p.read(order),
    ({ status }) => status === "disputed",
  );
  expect(await p.payment(order)).toMatchObject({ status: "frozen" });
  const [dispute] = await p.sql(
    "select status, agent_pairing_id, reason, evidence from market_disputes where order_id = $1",
    [order.id],
  );
  expect(dispute).toMatchObject({
    status: "open",
    agent_pairing_id: null,
    reason: "the payment was taken away by a reorganisation",
    evidence: { transactionHash: hash },
  });
  await balanced();
});

test("a confirmed order stays confirmed; the frozen payment and the dispute tell", async () => {
  const { order, payment, raw, hash } = await paid();
  await p.force(order, "delivered");
  expect((await p.act(order, "confirm")).status).toBe(200);
  await rollback(hash);
  await p.world.chain.mine(3);
  await until(
    () => p.payment(order),
    ({ status }) => status === "frozen",
  );
  expect(await p.read(order)).toMatchObject({ status: "confirmed" });
  expect((await conservation(p.database))[0]).toMatchObject({ difference: "0" });
  // What turns up again counts again.
  await resend(raw);
  await p.world.chain.mine(1);
  await until(
    () => p.sql("select from payment_transfers where payment_id = $1 and vanished_at is null", [payment.id]),
    (rows) => rows.length === 1,
  );
  const resolved = await p.world.call("POST", `/market/orders/${order.id}/dispute/resolve`, {
    body: { resolution: "dismiss" },
  });
  expect(resolved.body).toMatchObject({
    order: { status: "confirmed" },
    payment: { status: "release_pending" },
  });
  await balanced();
});

test("an execution under way ends before its payment is judged", async () => {
  const { order, payment, hash } = await paid();
  await p.force(order, "executing");
  await rollback(hash);
  await p.world.chain.mine(3);
  await until(
    () =>
      p.sql(
        "select from jobs where kind = 'payment.reversed' and payload->>'paymentId' = $1 and attempts > 1",
        [payment.id],
      ),
    (rows) => rows.length > 0,
  );
  expect(await p.payment(order)).toMatchObject({ status: "held" });
  await p.force(order, "delivered");
  await until(
    () => p.payment(order),
    ({ status }) => status === "frozen",
  );
  await balanced();
});

// Guarantees that a transaction which a reorganisation moved within its block still counts once.
test("a transfer moved to another place of its block cannot pay a second order", async () => {
  const { order, payment, raw, hash } = await paid();
  const second = await p.order("svc_usdc");
  const intent = (await p.act(second, "payment-intent", {})).body.item;
  const { chain } = p.world;
  await chain.admin("evm_setAutomine", [false]);
  await rollback(hash);
  // Another transaction before it: the log gets another number within the block.
  const first = await chain.wallet(chain.adminAccount).writeContract({
    address: chain.deployment.usdc,
    abi: [
      {
        type: "function",
        name: "mint",
        stateMutability: "nonpayable",
        inputs: [
          { name: "to", type: "address" },
          { name: "amount", type: "uint256" },
        ],
        outputs: [],
      },
    ],
    functionName: "mint",
    args: [p.agent.address, 1n],
    maxPriorityFeePerGas: 10n ** 11n,
    maxFeePerGas: 10n ** 12n,
    gas: 200_000n,
  });
  await resend(raw);
  await chain.mine(1);
  await chain.admin("evm_setAutomine", [true]);
  await chain.mine(2);
  const [a, b] = await Promise.all(
    [first, hash].map((each) => chain.publicClient.getTransactionReceipt({ hash: each })),
  );
  expect(b!.blockHash).toBe(a!.blockHash);
  expect(b!.logs[0]!.logIndex).toBe(1);
  await until(
    () =>
      p.sql<{ block_hash: string }>("select block_hash from payment_transfers where payment_id = $1", [
        payment.id,
      ]),
    (rows) => rows[0]?.block_hash === b!.blockHash,
  );
  const stolen = await p.prove(second, p.proof(intent, hash));
  expect(stolen.body.error).toMatchObject({
    code: "VALIDATION_ERROR",
    details: { reason: "proof_reused" },
  });
  expect(await p.payment(order)).toMatchObject({ status: "held" });
  await balanced();
});
