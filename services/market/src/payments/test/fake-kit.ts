import { batchAbi, testUsdcAbi } from "@peaqos/abi";
import { encodeFunctionData, type Hex } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import type { WorldAgent } from "../../../test/world.ts";
import { emitting, type FakeLog, logEmitterCode, transferLog } from "./log-emitter.ts";
import type { Order, Payment, PaymentWorld } from "./payment-world.ts";

/** What the makers of fake proofs work with: orders, a thief's and a stranger's accounts, real transactions. */

export type Placed = { readonly order: Order; readonly payment: Payment; readonly agent: WorldAgent };

/** Proofs that are sent together; exactly `allowed` of them are honest. */
export type Group = {
  readonly attempts: readonly { readonly placed: Placed; readonly body: object }[];
  readonly allowed: number;
};

export type Kit = {
  readonly p: PaymentWorld;
  readonly usdc: Hex;
  readonly usdt: Hex;
  /** A contract that writes logs, which is no token of anybody. */
  readonly imitation: Hex;
  /** The same as the token of the service `svc_odd`: what a token may write. */
  readonly oddToken: Hex;
  /** Has tokens, pays others. */
  readonly third: PrivateKeyAccount;
  readonly units: bigint;
  place(serviceId: string, count: number, agent?: WorldAgent): Promise<Placed[]>;
  send(from: PrivateKeyAccount, to: Hex | null, data: Hex, value?: bigint): Promise<Hex>;
  transfer(from: PrivateKeyAccount, token: Hex, to: Hex, units: bigint): Promise<Hex>;
  /** `from` sends a transaction in which `contract` writes these logs. */
  write(from: PrivateKeyAccount, contract: Hex, logs: readonly FakeLog[]): Promise<Hex>;
  readonly emitting: typeof emitting;
  /** Several calls in one transaction; with `some`, those that fail leave the others. */
  batch(from: PrivateKeyAccount, calls: readonly { to: Hex; data: Hex }[]): Promise<Hex>;
  /** The honest payment of an order. */
  pay(placed: Placed): Promise<Hex>;
};

export const oddToken: Hex = `0x${"0dd".padStart(40, "7")}`;
const imitation: Hex = `0x${"1417a7e".padStart(40, "6")}`;

export const transferData = (to: Hex, units: bigint): Hex =>
  encodeFunctionData({ abi: testUsdcAbi, functionName: "transfer", args: [to, units] });

export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await work(items[index]!, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}

export async function createKit(p: PaymentWorld): Promise<Kit> {
  const { world } = p;
  const { chain } = world;
  const { usdc, usdt, batchPrecompile } = chain.deployment;
  for (const address of [imitation, oddToken]) await chain.admin("anvil_setCode", [address, logEmitterCode]);
  await world.putService({
    id: "svc_odd",
    pricing: { mode: "fixed", amount: 0.05, currency: "USD" },
    payment: {
      defaultRail: "wallet",
      chain: world.chainName,
      token: "USDC",
      tokenAddress: oddToken,
      payeeAddress: world.seller,
    },
  });
  const third = await chain.account("third party");
  await world.fund(third.address, 1_000_000);
  await world.fund(p.agent.address, 1_000_000);
  const nonces = new Map<string, Promise<number>>();

  /** Nonces are counted here: transactions go out side by side. */
  async function send(from: PrivateKeyAccount, to: Hex | null, data: Hex, value = 0n): Promise<Hex> {
    const known = nonces.get(from.address);
    const turn = (known ?? Promise.resolve(-1)).then(async (last) =>
      last < 0 ? chain.publicClient.getTransactionCount({ address: from.address }) : last + 1,
    );
    nonces.set(from.address, turn);
    const hash = await chain.wallet(from).sendTransaction({
      ...(to === null ? {} : { to }),
      data,
      value,
      nonce: await turn,
      gas: 400_000n,
      maxFeePerGas: 10n ** 12n,
      maxPriorityFeePerGas: 10n ** 9n,
      type: "eip1559",
    });
    await chain.publicClient.waitForTransactionReceipt({ hash });
    return hash;
  }

  const transfer: Kit["transfer"] = (from, token, to, units) => send(from, token, transferData(to, units));
  const write: Kit["write"] = (from, contract, logs) => send(from, contract, emitting(logs));

  return {
    p,
    usdc,
    usdt,
    imitation,
    oddToken,
    third,
    units: 50_000n,
    place: (serviceId, count, agent = p.agent) =>
      inParallel(Array.from({ length: count }), 16, async () => {
        const order = await p.order(serviceId, { agent });
        const intent = await p.act(order, "payment-intent", {});
        if (intent.status !== 200) throw new Error(JSON.stringify(intent.body));
        return { order, payment: intent.body.item, agent };
      }),
    send,
    transfer,
    write,
    emitting,
    batch: (from, calls) =>
      send(
        from,
        batchPrecompile,
        encodeFunctionData({
          abi: batchAbi,
          functionName: "batchSome",
          args: [calls.map(({ to }) => to), [], calls.map(({ data }) => data), []],
        }),
      ),
    async pay({ payment, agent }) {
      const units = BigInt(payment.rail.metadata.rawAmount);
      const token = payment.rail.tokenAddress as Hex;
      const payee = payment.rail.payeeAddress as Hex;
      if (token.toLowerCase() !== oddToken) return transfer(agent.account, token, payee, units);
      return write(agent.account, oddToken, [transferLog(agent.address, payee, units)]);
    },
  };
}

export const invalid = (...reasons: string[]) => reasons.map((reason) => `VALIDATION_ERROR/${reason}`);
export const notFound = (...reasons: string[]) =>
  reasons.map((reason) => `PAYMENT_TRANSFER_NOT_FOUND/${reason}`);
export const stranger: Hex = "0x52908400098527886e0f7030069857d2e4169ee7";
export const payeeOf = ({ payment }: Placed) => payment.rail.payeeAddress as Hex;

export const proofOf = (kit: Kit, placed: Placed, hash: string, changes: object = {}) => ({
  placed,
  body: kit.p.proof(placed.payment, hash, changes),
});
export const none = (kit: Kit, placed: Placed, hash: string, changes: object = {}): Group => ({
  attempts: [proofOf(kit, placed, hash, changes)],
  allowed: 0,
});
