import type { paymentProofBody } from "@peaqos/protocol/market";
import type { z } from "zod";
import { fail } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";
import { wrongState } from "../orders/store.ts";
import type { AgentStep } from "../steps/step.ts";
import type { PaymentChain } from "./chain/chains.ts";
import { compareWithIntent, type TransferProof } from "./compare-proof.ts";
import { type NewProof, type ProofPurpose, readProof } from "./proofs.ts";
import { nothingMatched } from "./rails/record.ts";
import { notOffered, railFor } from "./rails/registry.ts";
import { proofOf } from "./settle.ts";
import type { PaymentRow } from "./store.ts";
import { type Known, verifyJob } from "./verify.ts";

/** A proof comes in: what it says is compared, the transaction is noted, a job asks the chain. */

export type ProofBody = z.output<typeof paymentProofBody>;

/** What the request then waits for; no job: the payment stands as it is. */
export type Submitted = { readonly jobId: string | null; readonly hash: string | null };

/** More transactions than any honest payer shows; each is asked for until the chain has decided. */
const maxOpen = 10;
const maxAll = 100;

export async function submitProof(
  step: AgentStep,
  body: ProofBody,
  chains: ReadonlyMap<string, PaymentChain>,
): Promise<Submitted> {
  const { order, payment } = step;
  if (["confirmed", "disputed", "cancelled"].includes(order.status)) throw wrongState(order, "payment-proof");
  if ("payment" in body) notOffered("x402");
  const proof: TransferProof = body;
  if (payment === null || payment.status === "not_required")
    throw fail("VALIDATION_ERROR", `order ${order.id} asks for no payment`, {
      reason: "payment_not_required",
    });
  const hash = proof.transactionHash?.toLowerCase() ?? null;
  if (payment.status !== "intent_created") {
    const shown = hash ?? proof.transactionSignature ?? null;
    if (shown !== null && shown === payment.transaction_hash) return { jobId: null, hash: null };
    throw fail("CONFLICT", `order ${order.id} is paid already: the payment is ${payment.status}`, {
      reason: "already_paid",
      status: payment.status,
      transactionHash: payment.transaction_hash,
    });
  }
  if (railFor(payment.rail.type).proof === "record") {
    record(step, payment, proof);
    return { jobId: null, hash: null };
  }
  compareWithIntent(payment, proof);
  const changed = step.setPayment({
    outcome: "unknown",
    transaction_hash: hash,
    proof: proofOf(payment, { hash: hash! }, null, null),
  });
  const counts = { all: payment.proofs, open: payment.open_proofs };
  const opened = await openVerification(step, changed, "payment", hash!, { chains, counts });
  step.openProof(opened);
  if (order.status === "created") step.moveOrder("intent");
  return { jobId: opened.jobId, hash };
}

/**
 * Leaves the job that asks the chain about the transaction; the caller writes the proof that is returned.
 *
 * @throws HttpError PAYMENT_RPC_REQUIRED where no node is configured; VALIDATION_ERROR `too_many_proofs`.
 */
export async function openVerification(
  tx: WriteTx,
  payment: PaymentRow,
  purpose: ProofPurpose,
  hash: string,
  known: {
    readonly chains: ReadonlyMap<string, PaymentChain>;
    /** How many transactions the payment was shown, and how many of them are still open. */
    readonly counts: { readonly all: number; readonly open: number };
  },
): Promise<NewProof> {
  const { chain } = payment;
  if (chain === null || !known.chains.has(chain))
    throw fail(
      purpose === "payment" ? "PAYMENT_RPC_REQUIRED" : "VALIDATION_ERROR",
      `this deployment has no node for ${chain}`,
      { reason: "rpc_required", chain },
    );
  const name = { paymentId: payment.id, purpose, hash };
  const { all, open } = known.counts;
  if ((open >= maxOpen || all >= maxAll) && (await readProof(tx.client, name)) === null)
    throw fail("VALIDATION_ERROR", `transactionHash: this payment was shown ${all} transactions already`, {
      reason: "too_many_proofs",
      open,
    });
  const jobId = tx.enqueue({
    kind: verifyJob,
    machineId: payment.machine_id,
    payload: name,
    // A repayment's job looks at more than this.
    ...(purpose === "payment" && all === 0 ? { known: { payment } satisfies Known } : {}),
  });
  tx.audit({
    type: purpose === "payment" ? "payment.proof" : "payment.repayment-proof",
    resourceType: "market-payment",
    resourceId: payment.id,
    machineId: payment.machine_id,
    payload: { orderId: payment.order_id, transactionHash: hash },
  });
  return { ...name, chain, machineId: payment.machine_id, jobId };
}

/** A rail whose seller takes the buyer's word: kept, marked, held. */
function record(step: AgentStep, payment: PaymentRow, proof: TransferProof): void {
  const reference = proof.transactionHash?.toLowerCase() ?? proof.transactionSignature ?? null;
  step.movePayment(
    "proofAccepted",
    {
      transaction_hash: reference,
      held_at: step.now,
      notes: payment.notes.includes(nothingMatched) ? payment.notes : [...payment.notes, nothingMatched],
      proof: {
        chain: proof.chain,
        token: proof.token,
        transactionHash: reference,
        payerAddress: proof.payerAddress,
        verifiedAt: null,
        verificationMode: "recorded",
        metadata: proof.metadata ?? null,
      },
    },
    { recorded: true, reference },
  );
  step.moveOrder("paymentHeld", {}, { recorded: true });
}
