import {
  createPaymentIntent,
  type MarketPayment,
  type PaymentRequest,
  paymentRequestOf,
  submitPaymentProof,
} from "@peaqos/peaq-os-sdk/orchestration";
import { networkError, usageError } from "../engine/errors.ts";
import { clean } from "../engine/output.ts";
import { txHash } from "../engine/values.ts";
import { openJournal } from "../journal/journal.ts";
import { type OrderRun, patiently, paymentOf, resumeCommand } from "./order-run.ts";
import { type Means, type PayFlags, transfer } from "./pay.ts";
import { money, paymentBlock } from "./text.ts";
import { chainLabel } from "./values.ts";

/** Paying an order: intent, transfer, proof; each safe to repeat. */

/** What was shown and agreed to before the order was placed. */
export type Agreed = { readonly amount: number | null; readonly payee: string | null };

export type PaySteps = { readonly first: number; readonly of: number };

/** Intent, transfer, proof. What is paid by now is left alone. */
export async function payOrder(
  run: OrderRun,
  orderId: string,
  means: Means,
  flags: PayFlags & { readonly yes: boolean; readonly "skip-payment"?: boolean },
  steps: PaySteps,
  agreed?: Agreed,
): Promise<MarketPayment> {
  const { ui, globals, io } = run.context;
  ui.step(steps.first, steps.of, "Preparing payment");
  const payment = await intentOf(run, orderId, means, flags["skip-payment"] === true);
  if (payment.status !== "intent_created") {
    ui.note(`nothing to pay: the payment is ${clean(payment.status)}`);
    return payment;
  }
  if (RECORD_RAILS.includes(payment.rail.type as string))
    return recordPayment(run, orderId, payment, means, { first: steps.first + 1, of: steps.of });
  const earlier = payment.outcome === "unknown" ? payment.proof?.transactionHash : null;
  const request = await paymentRequestOf(payment);
  checkAgreed(orderId, payment, request, agreed);
  ui.line(paymentBlock(payment));
  ui.step(steps.first + 1, steps.of, "Transferring");
  const hash = earlier ?? (await paid(run, means, flags, request, agreed === undefined && !globals.json));
  const journal = openJournal(io.cwd, io.now);
  const row = { step: "order_payment", order_id: orderId, tx_hash: hash, chain: request.chain };
  await journal.append({ ...row, status: "confirmed" });
  ui.note(`transaction ${hash}`);
  ui.step(steps.first + 2, steps.of, "Proving payment");
  const { item } = await patiently(run, () =>
    submitPaymentProof(
      run.client,
      orderId,
      {
        verificationMode: "rpc",
        chain: request.chain,
        token: request.token,
        payerAddress: request.payer ?? (means.kind === "key" ? means.key.address : ""),
        payeeAddress: request.payee,
        amount: request.amount,
        transactionHash: hash,
        tokenAddress: request.tokenAddress,
        tokenDecimals: request.decimals,
        rawAmount: String(request.rawAmount),
      },
      run.token,
      { signal: run.signal },
    ),
  );
  return item;
}

/** Rails on which the seller takes the buyer's word: paid elsewhere, recorded by the market, matched with nothing. */
export const RECORD_RAILS: readonly string[] = ["offchain-record", "external"];

/** Names the transaction that paid on a rail where the market keeps what it is told. */
async function recordPayment(
  run: OrderRun,
  orderId: string,
  payment: MarketPayment,
  means: Means,
  steps: PaySteps,
): Promise<MarketPayment> {
  const { ui } = run.context;
  ui.line(paymentBlock(payment));
  const { rail, amount } = payment;
  if (means.kind !== "hash")
    throw usageError({
      code: "MISSING_OPTION",
      message: `Order ${orderId} is paid by ${clean(rail.type)}: elsewhere, not by this command`,
      value: rail.externalUrl === null ? clean(rail.type) : clean(rail.externalUrl),
      rule: "the market records the transaction that you name",
      next: `pay it, then: ${resumeCommand(run, orderId, " --payment-tx-hash 0x... --payment-chain CHAIN --payment-token TOKEN")}`,
    });
  ui.step(steps.first + 1, steps.of, "Recording payment");
  const { item } = await submitPaymentProof(
    run.client,
    orderId,
    {
      verificationMode: "recorded",
      chain: means.chain,
      token: means.token,
      payerAddress: rail.payerAddress ?? "unknown",
      payeeAddress: rail.payeeAddress ?? rail.walletAddress ?? rail.provider ?? "unknown",
      amount: String(amount ?? 0),
      transactionHash: means.hash,
    },
    run.token,
    { signal: run.signal },
  );
  return item;
}

async function intentOf(run: OrderRun, orderId: string, means: Means, skip: boolean): Promise<MarketPayment> {
  if (skip) {
    const { item } = await paymentOf(run.client, orderId);
    if (item !== null) return item;
    throw networkError({
      code: "NOT_FOUND",
      message: `Order ${orderId} has no payment record`,
      value: orderId,
      rule: "--skip-payment uses the record that is there",
      next: "leave --skip-payment out",
    });
  }
  const rail = means.kind === "key" ? { rail: { payerAddress: means.key.address } } : {};
  const { item } = await patiently(run, () =>
    createPaymentIntent(run.client, orderId, rail, run.token, { signal: run.signal }),
  );
  return item;
}

/** The market must not ask for more, or for somebody else, than what was shown and agreed to. */
function checkAgreed(
  orderId: string,
  payment: MarketPayment,
  request: PaymentRequest,
  agreed: Agreed | undefined,
): void {
  if (agreed === undefined) return;
  const samePayee = agreed.payee === null || agreed.payee.toLowerCase() === request.payee.toLowerCase();
  const sameAmount = agreed.amount === null || Number(payment.amount) <= agreed.amount;
  if (samePayee && sameAmount) return;
  throw networkError({
    code: "PRICE_CHANGED",
    message: "The payment is not the one that was shown before ordering; nothing was signed",
    value: `${money(payment.amount, payment.currency)} to ${request.payee}`,
    rule: `shown were ${agreed.amount ?? "—"} to ${agreed.payee ?? "—"}`,
    next: `peaqos scale order status ${orderId}`,
  });
}

/** The transaction that pays. */
async function paid(
  run: OrderRun,
  means: Means,
  flags: PayFlags & { readonly yes: boolean },
  request: PaymentRequest,
  ask: boolean,
): Promise<string> {
  const { ui, io } = run.context;
  const what = `${request.amount} ${request.token} on ${chainLabel(request.chain)} to ${request.payee}`;
  if (means.kind === "hash") {
    if (means.chain !== request.chain || means.token.toUpperCase() !== request.token.toUpperCase())
      throw usageError({
        code: "WRONG_PAYMENT",
        message: "The named transaction is of another chain or token than the order",
        value: `${means.token} on ${means.chain}`,
        rule: `order ${request.orderId} is paid with ${what}`,
        next: "name the transaction that paid this order",
      });
    return means.hash;
  }
  if (means.kind === "key") {
    if (ask && !flags.yes) await ui.confirm(`Sign the transfer of ${what}?`, "--yes");
    return transfer(io, run.settings, flags, means.key, request);
  }
  ui.line(`Pay ${what} from ${request.payer ?? "your wallet"}.`);
  const answer = await ui.ask(
    "Paste the transaction hash:",
    "--pay, --payment-key-file or --payment-tx-hash",
  );
  const hash = txHash.parse(answer.trim());
  if (hash !== undefined) return hash;
  throw usageError({
    message: "The answer is no transaction hash",
    value: clean(answer.slice(0, 80)),
    rule: `the answer ${txHash.rule}`,
    next: resumeCommand(run, request.orderId),
  });
}
