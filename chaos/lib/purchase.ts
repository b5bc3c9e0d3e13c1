import {
  confirmMarketOrder,
  createMarketOrder,
  createPaymentIntent,
  executeMarketOrder,
  type OrchestrationContext,
  OrchestrationNetworkError,
  submitPaymentProof,
} from "@peaqos/peaq-os-sdk/orchestration";
import { encodeFunctionData, type Hex, keccak256 } from "viem";
import type { MarketWorld, WorldAgent } from "../../services/market/test/world.ts";

/** One purchase with the stock SDK: every step is repeated with its own Idempotency-Key until its reply arrives. */

export const rails = ["not-required", "wallet", "wdk-usdt-transfer", "offchain-record", "external"] as const;
export type RailName = (typeof rails)[number];
export const serviceOf = (rail: RailName) => `svc_chaos_${rail}`;

export type Buyer = {
  readonly client: OrchestrationContext;
  readonly agent: WorldAgent;
  /** Sends token transfers one after the other; a lost reply of the node is followed by the same transaction again. */
  pay(token: Hex, to: Hex, units: bigint): Promise<Hex>;
};

const transferAbi = [
  {
    type: "function",
    name: "transfer",
    stateMutability: "nonpayable",
    inputs: [
      { name: "to", type: "address" },
      { name: "amount", type: "uint256" },
    ],
    outputs: [{ type: "bool" }],
  },
] as const;

export async function createPayer(
  { chain }: MarketWorld,
  agent: WorldAgent,
  random: () => number,
): Promise<Buyer["pay"]> {
  let nonce = await chain.publicClient.getTransactionCount({ address: agent.address });
  let last: Promise<unknown> = Promise.resolve();
  const send = async (token: Hex, to: Hex, units: bigint): Promise<Hex> => {
    const raw = await agent.account.signTransaction({
      to: token,
      data: encodeFunctionData({ abi: transferAbi, functionName: "transfer", args: [to, units] }),
      nonce: nonce++,
      gas: 120_000n,
      maxFeePerGas: 10n ** 12n,
      maxPriorityFeePerGas: 10n ** 9n,
      chainId: chain.chainId,
      type: "eip1559",
    });
    await chain.publicClient.sendRawTransaction({ serializedTransaction: raw });
    // The node's reply was lost: what was signed is sent again and changes nothing.
    if (random() < 0.2)
      await chain.publicClient.sendRawTransaction({ serializedTransaction: raw }).catch(() => undefined);
    const hash = keccak256(raw);
    await chain.publicClient.waitForTransactionReceipt({ hash });
    return hash;
  };
  return (token, to, units) => {
    const sent = last.then(() => send(token, to, units));
    last = sent.catch(() => undefined);
    return sent;
  };
}

/** Until a reply comes: the SDK's own retries, and the caller's who starts again with the same key. */
async function step<T>(key: string, call: (request: { idempotencyKey: string }) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call({ idempotencyKey: key });
    } catch (error) {
      if (!(error instanceof OrchestrationNetworkError)) throw error;
    }
  }
}

/** @returns the order's id. */
export async function purchase(buyer: Buyer, rail: RailName, name: string): Promise<string> {
  const { client, agent } = buyer;
  const { token } = agent;
  const { item: order } = await step(`${name}-order`, (request) =>
    createMarketOrder(
      client,
      {
        machineId: agent.machine.id,
        agentPairingId: agent.pairingId,
        serviceId: serviceOf(rail),
        input: { text: name },
      },
      token,
      request,
    ),
  );
  if (rail !== "not-required") {
    const { item: payment } = await step(`${name}-intent`, (request) =>
      createPaymentIntent(client, order.id, {}, token, request),
    );
    const { rail: to } = payment;
    const isTransfer = rail === "wallet" || rail === "wdk-usdt-transfer";
    const units = BigInt(String(to.metadata?.rawAmount ?? 0));
    const transactionHash = isTransfer
      ? await buyer.pay(to.tokenAddress as Hex, to.payeeAddress as Hex, units)
      : keccak256(Buffer.from(name));
    await step(`${name}-proof`, (request) =>
      submitPaymentProof(
        client,
        order.id,
        {
          verificationMode: "recorded",
          chain: to.chain ?? "",
          token: to.token ?? "",
          payerAddress: to.payerAddress ?? "",
          payeeAddress: to.payeeAddress ?? "",
          amount: String(payment.amount),
          transactionHash,
        },
        token,
        request,
      ),
    );
  }
  await step(`${name}-execute`, (request) => executeMarketOrder(client, order.id, {}, token, request));
  await step(`${name}-confirm`, (request) => confirmMarketOrder(client, order.id, token, request));
  return order.id;
}
