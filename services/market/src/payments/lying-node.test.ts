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

/** Guarantees that no contradiction of a node ever becomes a payment. */
describe("a node that lies", () => {
  const lies: [string, string, (result: never) => unknown][] = [
    ["another chain", "eth_chainId", () => "0x1"],
    [
      "a receipt of another transaction",
      "eth_getTransactionReceipt",
      (r: object) => ({ ...r, transactionHash: nobody }),
    ],
    [
      "a receipt of a block that is not on the chain",
      "eth_getTransactionReceipt",
      (r: object) => ({ ...r, blockHash: nobody }),
    ],
    ["a receipt without logs", "eth_getTransactionReceipt", (r: object) => ({ ...r, logs: null })],
    ["a receipt without status", "eth_getTransactionReceipt", (r: object) => ({ ...r, status: undefined })],
    [
      "a log of another transaction",
      "eth_getTransactionReceipt",
      (r: { logs: object[] }) => ({ ...r, logs: r.logs.map((log) => ({ ...log, transactionHash: nobody })) }),
    ],
    ["a block without the transaction", "eth_getBlockByNumber", (r: object) => ({ ...r, transactions: [] })],
    ["no block", "eth_getBlockByNumber", () => null],
  ] as never;
  test.each(lies)("%s", async (_name, method, lie) => {
    const { order, payment } = await intent();
    const hash = await p.world.pay(p.agent, payment);
    node.set(method, faults.change(lie as never));
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
  });
});

test("a transaction whose nonce another one has used will never pay: failed, and the payment can be proved anew", async () => {
  const { chain } = p.world;
  const { order, payment } = await intent();
  await chain.admin("evm_setAutomine", [false]);
  try {
    const wallet = chain.wallet(p.agent.account);
    const nonce = await chain.publicClient.getTransactionCount({ address: p.agent.address });
    const data =
      `0xa9059cbb${p.world.seller.slice(2).padStart(64, "0")}${(50_000).toString(16).padStart(64, "0")}` as const;
    const lost = await wallet.sendTransaction({
      to: payment.rail.tokenAddress,
      data,
      nonce,
      gas: 100_000n,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 10n ** 9n,
    });
    expect(errorOf(await p.prove(order, p.proof(payment, lost)))[1]).toBe("PAYMENT_NOT_MINED");
    await wallet.sendTransaction({
      to: p.world.seller,
      nonce,
      gas: 100_000n,
      maxFeePerGas: 10n ** 11n,
      maxPriorityFeePerGas: 10n ** 10n,
    });
    await chain.mine(2);
    await until(
      () => p.payment(order),
      ({ outcome }) => outcome === "failed",
    );
    expect(errorOf(await p.prove(order, p.proof(payment, lost)))[1]).toBe("PAYMENT_TX_FAILED");
  } finally {
    await chain.admin("evm_setAutomine", [true]);
  }
  const hash = await p.world.pay(p.agent, payment);
  expect((await p.prove(order, p.proof(payment, hash))).body.item).toMatchObject({
    status: "held",
  });
});
