import { faultyRpc, testChain } from "@peaqos/testkit";
import { type PaymentWorld, paymentWorld } from "./payment-world.ts";

/** A world whose payments are verified on a node that can be told to fail and to lie. */
export type FaultyNodeWorld = AsyncDisposable & {
  readonly p: PaymentWorld;
  readonly node: Awaited<ReturnType<typeof faultyRpc>>;
  /** An order with its payment, not paid yet. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read many fields
  intent(serviceId?: string): Promise<{ order: any; payment: any }>;
};

export async function faultyNodeWorld(): Promise<FaultyNodeWorld> {
  const chain = await testChain();
  const node = await faultyRpc(chain.url);
  const p = await paymentWorld(
    { PEAQOS_PAYMENT_RPC_URLS: JSON.stringify({ [`eip155:${chain.chainId}`]: node.url }) },
    chain,
  );
  return {
    p,
    node,
    async intent(serviceId = "svc_usdc") {
      const order = await p.order(serviceId);
      return { order, payment: (await p.act(order, "payment-intent", {})).body.item };
    },
    async [Symbol.asyncDispose]() {
      await p[Symbol.asyncDispose]();
      await node.stop();
      await chain.stop();
    },
  };
}

/** A hash that no transaction has. */
export const nobody = `0x${"ab".repeat(32)}`;

export const errorOf = (answer: {
  status: number;
  body: { error?: { code: string; details?: { reason?: string } } };
}) => [answer.status, answer.body.error?.code, answer.body.error?.details?.reason] as const;
