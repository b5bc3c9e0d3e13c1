import { testUsdcAbi } from "@peaqos/abi";
import type { CatalogueServiceInput } from "@peaqos/protocol/market";
import type { TestChain } from "@peaqos/testkit";
import pg from "pg";
import type { Address, Hex } from "viem";
import {
  type MarketWorld,
  marketWorld,
  succeeded,
  type WorldAgent,
  type WorldAnswer,
} from "../../../test/world.ts";

/** A world with services to pay for, and short ways through a purchase, for the tests of payments and disputes. */

export type PaymentWorld = AsyncDisposable & {
  readonly world: MarketWorld;
  readonly agent: WorldAgent;
  readonly database: pg.Pool;
  order(serviceId: string, options?: { agent?: WorldAgent; body?: object }): Promise<Order>;
  /** A call of the order's agent. */
  act(
    order: Order,
    step: string,
    body?: unknown,
    options?: { token?: string; key?: string },
  ): Promise<WorldAnswer>;
  /** Shows a proof; again, as the answer advises, while a busy machine has not looked at it yet. */
  prove(order: Order, body: object, options?: { key?: string }): Promise<WorldAnswer>;
  payment(order: Order): Promise<Payment>;
  /** The order as it is now. */
  read(order: Order): Promise<Order>;
  /** The proof that the published client sends for this transaction. */
  proof(payment: Payment, transactionHash: string, changes?: object): object;
  /** An order paid for real, its payment held. */
  paid(serviceId?: string): Promise<{ order: Order; payment: Payment; hash: Hex }>;
  /** Puts an order into a state that other domains lead to. */
  force(order: Order, status: string): Promise<void>;
  transfer(
    from: WorldAgent["account"],
    token: Address,
    to: Address,
    units: bigint,
    functionName?: "transfer" | "approve",
  ): Promise<Hex>;
  sql<T extends object>(text: string, values?: unknown[]): Promise<T[]>;
};

// biome-ignore lint/suspicious/noExplicitAny: tests read fields of many shapes
export type Order = any;
// biome-ignore lint/suspicious/noExplicitAny: tests read fields of many shapes
export type Payment = any;

export async function paymentWorld(
  settings: Readonly<Record<string, string>> = {},
  chain?: TestChain,
): Promise<PaymentWorld> {
  const world = await marketWorld({
    settings: { PEAQOS_PAYMENT_WAIT_MS: "400", PEAQOS_PAYMENT_POLL_MS: "20", ...settings },
    ...(chain === undefined ? {} : { chain }),
  });
  const { deployment } = world.chain;
  const rail = (fields: object): CatalogueServiceInput["payment"] => ({
    defaultRail: "wallet",
    required: true,
    supportedRails: ["wallet", "wdk-usdt-transfer"],
    chain: world.chainName,
    token: "USDC",
    tokenAddress: deployment.usdc,
    payeeAddress: world.seller,
    ...fields,
  });
  const price = { mode: "fixed", amount: 0.05, currency: "USD" } as const;
  await world.putService({ id: "svc_usdc", pricing: price, payment: rail({}) });
  await world.putService({
    id: "svc_usdt",
    pricing: { ...price, amount: 0.25 },
    payment: rail({ defaultRail: "wdk-usdt-transfer", token: "USDT", tokenAddress: deployment.usdt }),
  });
  await world.putService({
    id: "svc_recorded",
    pricing: price,
    payment: rail({ defaultRail: "offchain-record", supportedRails: ["offchain-record", "external"] }),
  });
  await world.putService({
    id: "svc_external",
    pricing: price,
    payment: rail({ defaultRail: "external", supportedRails: ["external"] }),
  });
  await world.putService({ id: "svc_free" });
  await world.putService({
    id: "svc_open",
    pricing: { mode: "provider-defined" },
    payment: rail({}),
  });
  await world.putService({
    id: "svc_elsewhere",
    pricing: price,
    payment: rail({ chain: "eip155:424242" }),
  });
  const machine = await world.machine("buyer");
  const agent = await world.agent(machine);
  const database = new pg.Pool({ connectionString: world.market.databaseUrl, max: 4 });
  database.on("error", () => undefined);
  const tokens = new Map<string, string>();

  const made: PaymentWorld = {
    world,
    agent,
    database,
    async order(serviceId, { agent: buyer = agent, body = {} } = {}) {
      const answer = succeeded(
        await world.call("POST", "/market/orders", {
          token: buyer.token,
          body: { machineId: buyer.machine.id, agentPairingId: buyer.pairingId, serviceId, ...body },
        }),
      );
      tokens.set(answer.body.item.id, buyer.token);
      return answer.body.item;
    },
    act: (order, step, body, { token = tokens.get(order.id), key } = {}) =>
      world.call("POST", `/market/orders/${order.id}/${step}`, { token, key, body }),
    async prove(order, body, options = {}) {
      for (;;) {
        const answer = await made.act(order, "payment-proof", body, options);
        if (answer.body?.error?.details?.reason !== "not_checked") return answer;
      }
    },
    payment: async (order) =>
      succeeded(await world.call("GET", `/market/orders/${order.id}/payment`)).body.item,
    read: async (order) => succeeded(await world.call("GET", `/market/orders/${order.id}`)).body.item,
    proof: (payment, transactionHash, changes = {}) => ({
      verificationMode: "recorded",
      chain: payment.rail.chain,
      token: payment.rail.token,
      tokenAddress: payment.rail.tokenAddress,
      payerAddress: payment.rail.payerAddress,
      payeeAddress: payment.rail.payeeAddress,
      amount: String(payment.amount),
      rawAmount: payment.rail.metadata?.rawAmount,
      tokenDecimals: payment.rail.metadata?.tokenDecimals,
      transactionHash,
      ...changes,
    }),
    async paid(serviceId = "svc_usdc") {
      const order = await made.order(serviceId);
      const intent = succeeded(await made.act(order, "payment-intent", {})).body.item;
      const hash = await world.pay(agent, intent);
      const payment = succeeded(await made.prove(order, made.proof(intent, hash))).body.item;
      return { order, payment, hash };
    },
    async force(order, status) {
      await database.query(
        `update market_orders set status = $2::text,
           confirm_by = case when $2::text in ('delivered', 'handoff') then now() + interval '1 day' else confirm_by end
         where id = $1`,
        [order.id, status],
      );
    },
    async transfer(from, token, to, units, functionName = "transfer") {
      const hash = await world.chain.wallet(from).writeContract({
        address: token,
        abi: testUsdcAbi,
        functionName,
        args: [to, units],
      });
      await world.chain.publicClient.waitForTransactionReceipt({ hash });
      return hash;
    },
    sql: async (text, values = []) => (await database.query(text, values)).rows as never,
    async [Symbol.asyncDispose]() {
      await database.end();
      await world[Symbol.asyncDispose]();
    },
  };
  return made;
}

/** Asks until the answer is as wished; the test's own time-out ends it. */
export async function until<T>(
  question: () => Promise<T>,
  wished: (answer: T) => boolean | Promise<boolean>,
): Promise<T> {
  for (;;) {
    const answer = await question();
    if (await wished(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
