import type { PoolClient } from "pg";
import { isAgentAddress } from "../pairings/store.ts";
import type { Step } from "../steps/step.ts";
import type { BlockName, TransferLog } from "./chain/facts.ts";
import type { Refusal } from "./chain/judge.ts";
import type { MarketPayment, PaymentRow } from "./store.ts";

/** The chain has shown the transfer: the payment becomes held and its order ready, or the transfer is not theirs. */

export type FoundTransfer = {
  readonly chain: string;
  readonly hash: string;
  readonly block: BlockName;
  readonly transfers: readonly TransferLog[];
};

const refused = (reason: string, message: string): Refusal => ({ code: "VALIDATION_ERROR", reason, message });

/**
 * Whether the payer is the payment's agent's to pay with: its own address, or one that this agent has named and that is
 * nobody else's. Without this, whoever watches the chain could show another's transfer first.
 */
async function isOwnPayer(client: PoolClient, payment: PaymentRow): Promise<boolean> {
  if (payment.payer_address === payment.agent_address) return true;
  const { payer_address: payer } = payment;
  if (payer === null || (await isAgentAddress(client, payer))) return false;
  const { rows } = await client.query<{ own: boolean }>(
    "select exists (select from payment_payers where address = $1 and agent_address = $2) as own",
    [payer, payment.agent_address],
  );
  return rows[0]?.own === true;
}

/** @returns why the transfer does not count, or null: the payment is held. */
export async function settlePayment(step: Step, found: FoundTransfer): Promise<Refusal | null> {
  const { order, payment } = step;
  if (payment === null) return refused("order_closed", `order ${order.id} has no payment`);
  if (payment.status !== "intent_created")
    return payment.transaction_hash === found.hash
      ? null
      : refused("already_paid", `order ${order.id} was paid by transaction ${payment.transaction_hash}`);
  if (order.status !== "created" && order.status !== "payment_pending")
    return refused("order_closed", `order ${order.id} is ${order.status} and takes no payment`);
  if (!(await isOwnPayer(step.client, payment)))
    return refused("payer_taken", `transfers from ${payment.rail.payerAddress} belong to another agent`);
  const claimed = await step.claimTransfer({ ...found, paymentId: payment.id, purpose: "payment" });
  if (claimed === null)
    return refused("proof_reused", `the transfer in transaction ${found.hash} has paid another order`);
  step.movePayment(
    "proofAccepted",
    {
      outcome: "settled",
      transaction_hash: found.hash,
      held_at: step.now,
      proof: proofOf(payment, found, step.now, claimed),
      // Found on the chain, whatever wallet sent it.
      rail: {
        ...payment.rail,
        type: payment.rail.type === "wallet" ? "wdk-usdt-transfer" : payment.rail.type,
      },
    },
    { transactionHash: found.hash, block: String(found.block.number) },
  );
  step.moveOrder("paymentHeld", {}, { transactionHash: found.hash });
  return null;
}

/** What later published clients read of a proof; `metadata` holds where the transfer stands. */
export function proofOf(
  payment: PaymentRow,
  found: { readonly hash: string; readonly block?: BlockName },
  verifiedAt: Date | null,
  transfer: TransferLog | null,
): MarketPayment["proof"] {
  return {
    chain: payment.chain,
    token: payment.rail.token,
    transactionHash: found.hash,
    payerAddress: payment.rail.payerAddress,
    verifiedAt: verifiedAt?.toISOString() ?? null,
    verificationMode: "rpc",
    metadata:
      transfer === null || found.block === undefined
        ? null
        : {
            network: payment.chain,
            blockNumber: String(found.block.number),
            blockHash: found.block.hash,
            logPosition: transfer.position,
          },
  };
}
