import { testChain } from "@peaqos/testkit";
import { encodeFunctionData, type Hex, keccak256 } from "viem";
import { expect, test } from "vitest";
import { conservation } from "./conservation.ts";
import { type Order, type Payment, paymentWorld, until } from "./test/payment-world.ts";

/** A small generator, so that a failing run is repeated by its seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const rounds = Number(process.env.PEAQOS_REORG_RUNS ?? 12);
const transferAbi = [
  {
    type: "function",
    name: "transfer",
    stateMutability: "nonpayable",
    inputs: [
      { name: "to", type: "address" },
      { name: "amount", type: "uint256" },
    ],
    outputs: [],
  },
] as const;

type Case = { readonly order: Order; readonly payment: Payment; readonly raw: Hex; readonly hash: Hex };

// Guarantees that whatever the chain takes back and brings again, a payment is held exactly while its transfer stands.
test(`${rounds} rounds of payments and reorganisations: held is what the chain holds`, {
  timeout: 120_000 + rounds * 20_000,
}, async () => {
  const seed = Number(process.env.PEAQOS_REORG_SEED ?? 20_261_122);
  const random = randomOf(seed);
  const chain = await testChain();
  try {
    await using p = await paymentWorld({ PEAQOS_PAYMENT_WAIT_MS: "100" }, chain);
    const floor = await chain.publicClient.getBlockNumber();
    const cases: Case[] = [];
    const isMined = async ({ hash }: Case) =>
      (await chain.publicClient.getTransactionReceipt({ hash }).catch(() => null)) !== null;

    /** Signed with the nonce that is next on the chain now: after a rollback two may have the same. */
    async function buy(): Promise<void> {
      const order = await p.order("svc_usdc");
      const payment = (await p.act(order, "payment-intent", {})).body.item;
      const raw = await p.agent.account.signTransaction({
        to: payment.rail.tokenAddress,
        data: encodeFunctionData({
          abi: transferAbi,
          functionName: "transfer",
          args: [p.world.seller, 50_000n],
        }),
        nonce: await chain.publicClient.getTransactionCount({ address: p.agent.address }),
        // Never the same transaction twice, whatever its nonce.
        gas: 120_000n + BigInt(cases.length),
        maxFeePerGas: 10n ** 12n,
        maxPriorityFeePerGas: 10n ** 9n,
        chainId: chain.chainId,
        type: "eip1559",
      });
      const one = { order, payment, raw, hash: keccak256(raw) };
      cases.push(one);
      await chain.publicClient.sendRawTransaction({ serializedTransaction: raw });
      if (random(4) > 0) await p.prove(order, p.proof(payment, one.hash));
    }

    /** What the pool still has is mined again: some of it, in its order. */
    async function resend(): Promise<void> {
      for (const { raw } of cases)
        if (random(2) === 0)
          await chain.publicClient.sendRawTransaction({ serializedTransaction: raw }).catch(() => undefined);
    }

    for (let round = 0; round < rounds; round++) {
      const steps = 1 + random(4);
      for (let step = 0; step < steps; step++) await buy();
      const height = (await chain.publicClient.getBlockNumber()) - floor;
      const depth = Math.min(random(7), Number(height));
      if (depth > 0) await chain.admin("anvil_rollback", [depth]);
      if (random(2) === 0) await resend();
      await chain.mine(depth + 1);
    }
    // The published client shows its proof again where it was told to.
    for (const one of cases) await p.prove(one.order, p.proof(one.payment, one.hash));
    const stateOf = async (one: Case) => {
      const payment = await p.payment(one.order);
      return { order: one.order.id, held: payment.status === "held", mined: await isMined(one) };
    };
    for (const one of cases)
      await until(
        () => stateOf(one),
        ({ held, mined }) => held === mined,
      );
    const rows = await p.sql<{ held: number; counted: number; wrong: number }>(
      `select count(*) filter (where p.status = 'held')::int as held,
         (select count(*)::int from payment_transfers) as counted,
         count(*) filter (where (p.status = 'held') <> (o.status = 'ready'))::int as wrong
       from market_payments p join market_orders o on o.id = p.order_id`,
    );
    expect(rows[0]!.counted, `seed ${seed}`).toBe(rows[0]!.held);
    expect(rows[0]!.wrong, `seed ${seed}`).toBe(0);
    for (const { difference } of await conservation(p.database)) expect(difference, `seed ${seed}`).toBe("0");
  } finally {
    await chain.stop();
  }
});
