import { testUsdtAbi } from "@peaqos/abi";
import { devnetAccounts, viemChain } from "@peaqos/devnet";
import type { PeaqosClient } from "@peaqos/peaq-os-sdk";
import type { MarketPayment } from "@peaqos/peaq-os-sdk/orchestration";
import { type Address, createPublicClient, createWalletClient, type Hex, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Running } from "../devnet.ts";
import type { Screen } from "../screen.ts";
import type { Buyer } from "./agent.ts";
import type { Told } from "./wire.ts";

/** A purchase is disputed, the resolver decides for the buyer, and the seller pays back on the chain. */

export type Disputed = {
  order_id: string;
  resolution: string | null;
  payment: string | null;
  repaid_with: string | null;
};

type Place = { running: Running; scope: string; told: Told };

export async function disputeAndResolve(
  client: PeaqosClient,
  buyer: Buyer,
  orderId: string,
  { running, scope, told }: Place,
  screen: Screen,
): Promise<Disputed> {
  const market = client.orchestration;
  const { item: order } = await market.getMarketOrder(orderId);
  if (order.status !== "disputed")
    await market.disputeMarketOrder(
      orderId,
      { reason: "the wrong file was stored", evidence: { expectedSize: 4096, storedSize: 27 } },
      buyer.pairingToken,
      { idempotencyKey: `${scope}-dispute` },
    );
  screen.line("The operator's resolver decides:");
  const { dispute, payment } = await market.resolveMarketDispute(
    orderId,
    { resolution: "refund", notes: "the seller agrees" },
    { idempotencyKey: `${scope}-resolve` },
  );
  screen.line(
    `${dispute.id} is ${dispute.status}: ${dispute.resolution}; the payment is ${payment?.status}.`,
  );
  screen.line("The market holds no money: the seller owes it until the chain shows the repayment.");
  const { item } = await market.getMarketPayment(orderId);
  const repaid = item?.refund?.transactionHash ?? (item && (await repay(running, item, screen, told)));
  const settled =
    repaid && item?.refund?.transactionHash == null
      ? await market.refundPayment(orderId, { transactionHash: repaid }, buyer.pairingToken, {
          idempotencyKey: `${scope}-repaid`,
        })
      : null;
  const hash = settled?.item.refund?.transactionHash ?? item?.refund?.transactionHash ?? null;
  screen.line(hash === null ? "The repayment is not verified yet." : `Repaid and verified: ${hash}`);
  return {
    order_id: orderId,
    resolution: dispute.resolution,
    payment: payment?.status ?? null,
    repaid_with: hash,
  };
}

/** What the seller does with its own wallet. */
async function repay(
  { file }: Running,
  payment: MarketPayment,
  screen: Screen,
  told: Told,
): Promise<Hex | null> {
  const { tokenAddress, payerAddress, metadata } = payment.rail;
  const rawAmount = metadata?.rawAmount;
  if (tokenAddress == null || payerAddress == null || typeof rawAmount !== "string") return null;
  const chain = viemChain({ chainId: file.chain_id, url: file.urls.rpc });
  const account = privateKeyToAccount(devnetAccounts().seller.privateKey);
  const hash = await createWalletClient({ account, chain, transport: http(file.urls.rpc) }).writeContract({
    address: tokenAddress as Address,
    abi: testUsdtAbi,
    functionName: "transfer",
    args: [payerAddress as Address, BigInt(rawAmount)],
  });
  const client = createPublicClient({ chain, transport: http(file.urls.rpc), pollingInterval: 20 });
  await client.waitForTransactionReceipt({ hash });
  told.transactions.push(hash);
  screen.copy(`tx ${hash} the seller's repayment`);
  return hash;
}
