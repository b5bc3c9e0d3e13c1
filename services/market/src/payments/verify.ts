import { toBaseUnits } from "@peaqos/protocol/market";
import type { JobHandler, JobOutcome } from "../jobs/jobs.ts";
import type { Job } from "../jobs/store.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Orders } from "../orders/orders.ts";
import type { Steps } from "../steps/steps.ts";
import type { PaymentChain } from "./chain/chains.ts";
import type { TransactionFact } from "./chain/facts.ts";
import { type ExpectedTransfer, judge, type Verdict } from "./chain/judge.ts";
import { lookUp } from "./chain/look-up.ts";
import {
  hasOpenProof,
  noteProofs,
  type ProofName,
  type ProofPurpose,
  type ProofRow,
  readProof,
} from "./proofs.ts";
import { railFor } from "./rails/registry.ts";
import { recordRepayment } from "./repay.ts";
import { type FoundTransfer, settlePayment } from "./settle.ts";
import { type PaymentRow, paymentById, paymentOf, setPayment } from "./store.ts";
import type { Tokens } from "./tokens.ts";
import { transferOf } from "./transfers.ts";

/**
 * The job that asks the chain about a proof until the chain has decided: the same code answers the first request, goes
 * on after a crash and reconciles what was unknown for days. It may run any number of times.
 */

export const verifyJob = "payment.verify";

/** What the job of a first proof would read: see NewJob. */
export type Known = { readonly payment: PaymentRow };

export type VerifyDeps = {
  readonly steps: Steps;
  readonly chains: ReadonlyMap<string, PaymentChain>;
  readonly tokens: Pick<Tokens, "find">;
  orders(): Pick<Orders, "releaseSpend">;
};

const longestPause = 3_600_000;
/** Blocks come: what is in one or known to the node is looked at again soon. */
const longestPauseWhileSeen = 3_000;

/** The longer nothing happens the rarer it is asked for: half of the proof's age. */
export function pauseAfter(age: number, isSeen: boolean): number {
  return Math.min(Math.max(age / 2, 50), isSeen ? longestPauseWhileSeen : longestPause);
}

const nameOf = ({ payload }: Job): ProofName => ({
  paymentId: String(payload.paymentId),
  purpose: String(payload.purpose) as ProofPurpose,
  hash: String(payload.hash),
});

/** Placed before the token was known, and shown without an intent that had asked about it. */
const lacksUnits = (payment: PaymentRow) =>
  payment.raw_amount === null &&
  payment.amount !== null &&
  payment.token_address !== null &&
  railFor(payment.rail.type).proof === "transfer";

/** What the proof has to show; a repayment goes the other way, after the payment. */
function expectedOf(
  payment: PaymentRow,
  purpose: ProofPurpose,
  paidIn: bigint | null,
): ExpectedTransfer | null {
  const { token_address: token, payer_address: payer, payee_address: payee, raw_amount: amount } = payment;
  if (token === null || payer === null || payee === null || amount === null) return null;
  const sinceTime = Math.floor(payment.created_at.getTime() / 1000);
  if (purpose === "payment")
    return { token, payer, payee, amount, sinceBlock: payment.from_block, sinceTime };
  return { token, payer: payee, payee: payer, amount, sinceBlock: paidIn, sinceTime };
}

const settledResult = { state: "settled", code: null, reason: null, message: null } as const;

/** The proof as its step has just written it. */
const firstProof = (job: Job, name: ProofName, payment: PaymentRow, now: Date): ProofRow => ({
  payment_id: name.paymentId,
  purpose: name.purpose,
  transaction_hash: name.hash,
  chain: payment.chain!,
  machine_id: payment.machine_id,
  state: "unknown",
  code: null,
  reason: null,
  message: null,
  sender: null,
  nonce: null,
  job_id: job.id,
  checks: 0,
  created_at: now,
});

export function createVerify(market: Market, deps: VerifyDeps): JobHandler {
  const { database, clock } = market;

  /** @throws RpcUnavailable, RpcCallError when the token cannot be asked; Error for an amount below its smallest unit. */
  async function withUnits(payment: PaymentRow, chain: PaymentChain): Promise<PaymentRow> {
    const decimals = await deps.tokens.find(chain.id, payment.token_address!);
    return market.system(async (tx) => {
      const current = await paymentOf(tx.client, payment.order_id, true);
      if (current === null || !lacksUnits(current)) return current ?? payment;
      const raw = toBaseUnits(current.amount!, decimals);
      // A transfer of nothing must never pay.
      if (raw === 0n) throw new Error(`${current.amount} is less than the token's smallest unit`);
      const metadata = { ...current.rail.metadata, rawAmount: String(raw), tokenDecimals: decimals };
      return setPayment(tx, current.id, {
        raw_amount: raw,
        token_decimals: decimals,
        rail: { ...current.rail, metadata },
      });
    });
  }

  /** Notes what is not decided; the payment says so too. */
  async function leaveOpen(
    name: ProofName,
    proof: ProofRow,
    verdict: Verdict & { state: "unknown" },
    fact: TransactionFact,
  ) {
    const by = fact.kind === "unmined" || fact.kind === "unconfirmed" ? fact.by : null;
    await noteProofs(database.pool, [{ ...name, ...verdict, by }], clock.now());
    const age = Math.max(0, clock.now().getTime() - proof.created_at.getTime());
    const isSeen = by !== null && verdict.reason !== "overtaken";
    return { again: new Date(clock.now().getTime() + pauseAfter(age, isSeen)) };
  }

  /** The transfer is there: the payment is held and its order ready, in one step. */
  async function settle(name: ProofName, orderId: string, found: FoundTransfer): Promise<JobOutcome> {
    const settled = await deps.steps.system(orderId, async (step) => {
      const refusal = await settlePayment(step, found);
      if (refusal === null) step.noteProof({ ...name, ...settledResult });
      else {
        step.noteProof({ ...name, ...refusal, state: "failed" });
        const { payment } = step;
        // The payment's outcome is failed once no other proof of it is open. What the step has in hand was counted
        // while another proof's failure may have held the payment's row.
        if (payment?.status === "intent_created" && !(await hasOpenProof(step.client, payment.id, name.hash)))
          step.setPayment({ outcome: "failed" });
      }
      return { refusal, payment: step.payment };
    });
    const { refusal = null, payment = null } = settled ?? {};
    return {
      done: { state: refusal === null ? "settled" : "failed" },
      ...(refusal === null && payment !== null ? { known: { payment } satisfies Known } : {}),
    };
  }

  /** The chain has decided: what follows is one transaction. */
  async function decide(
    tx: WriteTx,
    name: ProofName,
    payment: PaymentRow,
    verdict: Exclude<Verdict, { state: "unknown" }>,
    found: Omit<FoundTransfer, "transfers">,
  ): Promise<JobOutcome> {
    // The payment's row before the proof's, as everywhere.
    if (verdict.state === "failed") await paymentOf(tx.client, payment.order_id, true);
    const refusal =
      verdict.state === "failed"
        ? verdict
        : await recordRepayment(
            tx,
            payment.order_id,
            { ...found, transfers: verdict.transfers },
            deps.orders(),
          );
    const result = refusal === null ? settledResult : { ...refusal, state: "failed" as const };
    await noteProofs(tx.client, [{ ...name, ...result }], tx.now);
    if (refusal !== null && name.purpose === "payment") await tellFailure(tx, payment);
    return { done: { state: refusal === null ? "settled" : "failed" } };
  }

  /** The payment's outcome is failed once no other proof of it is open. */
  async function tellFailure(tx: WriteTx, payment: PaymentRow): Promise<void> {
    const current = await paymentOf(tx.client, payment.order_id);
    if (current?.status === "intent_created" && !(await hasOpenProof(tx.client, payment.id)))
      await setPayment(tx, payment.id, { outcome: "failed" });
  }

  async function load(job: Job, name: ProofName) {
    const begun = job.known as Known | undefined;
    if (begun === undefined)
      return Promise.all([readProof(database.pool, name), paymentById(database.pool, name.paymentId)]);
    const { payment } = begun;
    return [firstProof(job, name, payment, clock.now()), payment] as const;
  }

  return async (job) => {
    const name = nameOf(job);
    const [proof, known] = await load(job, name);
    if (proof === null || known === null) return { done: { state: "gone" } };
    // Shown again meanwhile: the younger job goes on.
    if (proof.job_id !== job.id) return { done: { state: "superseded" } };
    if (proof.state !== "unknown") return { done: { state: proof.state } };
    const chain = deps.chains.get(proof.chain);
    let payment = known;
    if (chain !== undefined && lacksUnits(payment))
      try {
        payment = await withUnits(payment, chain);
      } catch (error) {
        const message = `the payment's token cannot be asked: ${error instanceof Error ? error.message : error}`;
        const verdict = {
          state: "unknown",
          code: "PAYMENT_RPC_ERROR",
          reason: "rpc_error",
          message,
        } as const;
        return leaveOpen(name, proof, verdict, { kind: "trouble", message });
      }
    const paidIn =
      name.purpose === "repayment" ? await transferOf(database.pool, payment.id, "payment") : null;
    const expected = expectedOf(payment, name.purpose, paidIn?.block_number ?? null);
    if (chain === undefined || expected === null) {
      const message = `no node is configured for ${proof.chain}`;
      return leaveOpen(
        name,
        proof,
        { state: "unknown", code: "PAYMENT_RPC_ERROR", reason: "rpc_error", message },
        { kind: "trouble", message },
      );
    }
    const since =
      name.purpose === "repayment"
        ? paidIn && { number: paidIn.block_number, hash: paidIn.block_hash }
        : payment.from_block !== null && payment.from_block_hash !== null
          ? { number: payment.from_block, hash: payment.from_block_hash }
          : null;
    const by =
      proof.sender !== null && proof.nonce !== null ? { sender: proof.sender, nonce: proof.nonce } : null;
    const fact = await lookUp(chain, name.hash, { since, by });
    let verdict = judge(fact, expected, name.hash);
    // One node may lag behind another: a transaction counts as overtaken only when two looks say so.
    if (verdict.state === "unknown" && verdict.reason === "overtaken" && proof.reason === "overtaken")
      verdict = { ...verdict, state: "failed", code: "PAYMENT_TX_FAILED" };
    if (verdict.state === "unknown") return leaveOpen(name, proof, verdict, fact);
    const block =
      fact.kind === "mined" ? { number: fact.blockNumber, hash: fact.blockHash } : { number: 0n, hash: "" };
    if (verdict.state === "found" && name.purpose === "payment") {
      const { transfers } = verdict;
      return settle(name, payment.order_id, { chain: proof.chain, hash: name.hash, block, transfers });
    }
    return market.system((tx) =>
      decide(tx, name, payment, verdict, { chain: proof.chain, hash: name.hash, block }),
    );
  };
}
