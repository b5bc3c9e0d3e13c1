import type { Disputes } from "../disputes/disputes.ts";
import type { JobHandler, JobOutcome } from "../jobs/jobs.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import { moveOrder, readOrder } from "../orders/store.ts";
import type { PaymentChain } from "./chain/chains.ts";
import { lookUp } from "./chain/look-up.ts";
import { openProofs, type ProofPurpose } from "./proofs.ts";
import { proofOf } from "./settle.ts";
import { movePayment, type PaymentRow, paymentById, paymentOf, setPayment } from "./store.ts";
import { freeTransfer, markVanished, moveTransfer, type TransferRow, transferOf } from "./transfers.ts";
import { pauseAfter, verifyJob } from "./verify.ts";

/**
 * The block of a counted transfer is gone. Where the transaction stands elsewhere on the chain by now, the transfer
 * moves there. Otherwise an order that was not delivered is unpaid again (its spend stays reserved, the proof is asked
 * for again); after delivery the payment is frozen and the system opens a dispute.
 */

export const reversalJob = "payment.reversed";

export type ReversalDeps = {
  readonly chains: ReadonlyMap<string, PaymentChain>;
  disputes(): Pick<Disputes, "openBySystem">;
};

const soon = (now: Date) => ({ again: new Date(now.getTime() + 500) });

/** States in which the payment can no longer go back to unpaid. */
const undelivered = new Set(["ready", "failed"]);

export function createReversal(market: Market, deps: ReversalDeps): JobHandler {
  const { database, clock } = market;

  /** The same transfer in another block, confirmed as it has to be. */
  async function findAgain(chain: PaymentChain, row: TransferRow) {
    const fact = await lookUp(chain, row.transaction_hash, { since: null, by: null });
    if (fact.kind === "trouble") return { kind: "trouble" as const };
    if (fact.kind !== "mined") return { kind: "gone" as const };
    const same = fact.transfers.some(
      (transfer) =>
        transfer.position === row.position &&
        transfer.token === row.token_address &&
        transfer.amount === row.amount,
    );
    return same
      ? { kind: "found" as const, block: { number: fact.blockNumber, hash: fact.blockHash } }
      : { kind: "gone" as const };
  }

  async function reverse(tx: WriteTx, orderId: string, row: TransferRow): Promise<JobOutcome> {
    const order = await readOrder(tx.client, orderId, true);
    const current = await paymentOf(tx.client, orderId, true);
    const transfer = await transferOf(tx.client, row.payment_id, row.purpose, true);
    const isStale = transfer === null || transfer.block_hash !== row.block_hash;
    if (order === null || current === null || isStale) return { done: { state: "moved" } };
    if (row.purpose === "repayment") return owedAgain(tx, current, transfer);
    // An execution under way ends first: delivered or not decides.
    if (order.status === "executing") return soon(tx.now);
    if (current.status === "held" && undelivered.has(order.status)) {
      await unpaidAgain(tx, current, transfer);
      return { done: { state: "unpaid" } };
    }
    await markVanished(tx.client, transfer, tx.now);
    tx.audit({
      type: "payment.vanished",
      resourceType: "market-payment",
      resourceId: current.id,
      machineId: current.machine_id,
      payload: {
        orderId: order.id,
        status: current.status,
        transactionHash: row.transaction_hash,
        blockHash: row.block_hash,
      },
    });
    if (current.status === "held" || current.status === "release_pending")
      await deps.disputes().openBySystem(tx, order.id, "the payment was taken away by a reorganisation", {
        chain: row.chain,
        transactionHash: row.transaction_hash,
        blockNumber: String(row.block_number),
        blockHash: row.block_hash,
      });
    return soon(tx.now);
  }

  /** held -> intent_created, ready or failed -> payment_pending; the transaction is asked for again. */
  async function unpaidAgain(tx: WriteTx, payment: PaymentRow, row: TransferRow): Promise<void> {
    await freeTransfer(tx.client, row);
    await movePayment(
      tx,
      payment,
      "reversed",
      {
        outcome: "unknown",
        held_at: null,
        proof: proofOf(payment, { hash: row.transaction_hash }, null, null),
      },
      { transactionHash: row.transaction_hash, blockHash: row.block_hash },
    );
    await moveOrder(
      tx,
      payment.order_id,
      "paymentReversed",
      {},
      { transactionHash: row.transaction_hash, blockHash: row.block_hash },
    );
    await askAgain(tx, payment, row, "payment");
  }

  /** The seller's repayment is gone: the refund is owed as before. */
  async function owedAgain(tx: WriteTx, payment: PaymentRow, row: TransferRow): Promise<JobOutcome> {
    await freeTransfer(tx.client, row);
    if (payment.refund !== null)
      await setPayment(tx, payment.id, { refund: { ...payment.refund, transactionHash: null } });
    tx.audit({
      type: "payment.owed",
      resourceType: "market-payment",
      resourceId: payment.id,
      machineId: payment.machine_id,
      payload: {
        orderId: payment.order_id,
        transactionHash: row.transaction_hash,
        blockHash: row.block_hash,
      },
    });
    await askAgain(tx, payment, row, "repayment");
    return { done: { state: "owed" } };
  }

  async function askAgain(
    tx: WriteTx,
    payment: PaymentRow,
    row: TransferRow,
    purpose: ProofPurpose,
  ): Promise<void> {
    const name = { paymentId: payment.id, purpose, hash: row.transaction_hash };
    const jobId = tx.enqueue({ kind: verifyJob, machineId: payment.machine_id, payload: name });
    const proof = { ...name, chain: row.chain, machineId: payment.machine_id, jobId };
    await openProofs(tx.client, [proof], tx.now);
  }

  return async ({ payload }) => {
    const purpose = String(payload.purpose) as ProofPurpose;
    const row = await transferOf(database.pool, String(payload.paymentId), purpose);
    if (row === null || row.block_hash !== payload.blockHash) return { done: { state: "moved" } };
    const chain = deps.chains.get(row.chain);
    if (chain === undefined) return soon(clock.now());
    const again = await findAgain(chain, row);
    if (again.kind === "trouble") return soon(clock.now());
    if (again.kind === "found") {
      await moveTransfer(database.pool, row, again.block);
      return { done: { state: "moved" } };
    }
    // Noticed before: it may still turn up in a later block.
    if (row.vanished_at !== null) {
      const age = Math.max(0, clock.now().getTime() - row.vanished_at.getTime());
      return { again: new Date(clock.now().getTime() + pauseAfter(age, false)) };
    }
    const payment = await paymentById(database.pool, row.payment_id);
    if (payment === null) return { done: { state: "moved" } };
    return market.system((tx) => reverse(tx, payment.order_id, row));
  };
}
