import type { ClientContext } from "@peaqos/peaq-os-sdk";
import {
  createPaymentIntent,
  type ExecuteMarketOrderResponse,
  executeMarketOrder,
  getMarketOrder,
  getMarketPayment,
  type MarketOrder,
  type MarketPayment,
  type PaymentRequest,
  paymentRequestOf,
  submitPaymentProof,
} from "@peaqos/peaq-os-sdk/orchestration";
import type { Settings } from "../config/settings.ts";
import { CliError, networkError, usageError } from "../engine/errors.ts";
import { clean } from "../engine/output.ts";
import { nextOfMarket, report } from "../engine/report.ts";
import type { HandlerContext } from "../engine/types.ts";
import { txHash } from "../engine/values.ts";
import { openJournal } from "../journal/journal.ts";
import { type Means, type PayFlags, transfer } from "./pay.ts";
import { money, paymentBlock } from "./text.ts";
import { chainLabel } from "./values.ts";

/** The steps of an order, each safe to repeat, and what a user gets to know when one of them fails. */

export type OrderRun = {
  readonly context: Pick<HandlerContext, "io" | "ui" | "globals">;
  readonly settings: Settings;
  readonly client: ClientContext;
  readonly token: string;
  readonly tokenFile: string;
  /** Ended by Ctrl-C. */
  readonly signal: AbortSignal;
};

/** What was shown and agreed to before the order was placed. */
export type Agreed = { readonly amount: number | null; readonly payee: string | null };

/** Longest time that passing faults are tried again, and the pause between. */
const PATIENCE_MS = 120_000;
const PAUSE_MS = 1_000;

/** Runs with a signal that the first Ctrl-C ends. */
export async function interruptible<T>(
  { io }: Pick<HandlerContext, "io">,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const release = io.onInterrupt(() =>
    stop.abort(
      usageError({
        code: "INTERRUPTED",
        message: "Stopped by you",
        rule: "what is sent stays sent, what is not sent is not sent later",
      }),
    ),
  );
  try {
    return await task(stop.signal);
  } finally {
    release();
  }
}

/** Rejects when the signal ends. */
function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** The command that goes on with an order. */
export function resumeCommand(run: Pick<OrderRun, "tokenFile">, orderId: string, how = ""): string {
  return `peaqos scale order resume ${orderId} --pairing-token-file ${run.tokenFile}${how}`;
}

/** Runs what follows after an order exists: a failure names the order, where it stands, and the command that goes on. */
export async function guarded<T>(
  run: OrderRun,
  orderId: string,
  how: string,
  task: () => Promise<T>,
): Promise<T> {
  try {
    // Also where a transaction is waited for, which nothing can call back.
    return await Promise.race([task(), ended(run.signal)]);
  } catch (error) {
    const parts = report(error);
    const fresh = await stateOf(run, orderId);
    const paid = fresh?.payment === "held";
    const payment = paid
      ? " and paid: nothing has to be paid again"
      : fresh?.payment
        ? `, its payment ${fresh.payment}`
        : "";
    const stands = fresh === undefined ? "" : ` It is ${fresh.status}${payment}.`;
    const advice = nextOfMarket(parts.code);
    // A wrong input is corrected on the way: the order, and what is paid, stay.
    const badInput = parts.code === "VALIDATION_ERROR" && fresh?.status === "ready";
    const command = resumeCommand(run, orderId, badInput ? " --input FILE" : how);
    throw new CliError({
      kind: parts.kind,
      code: parts.code,
      message: `Order ${orderId}: ${parts.message.replace(/[.\s]+$/, "")}.${stands}`.replace(/\.$/, ""),
      value: parts.value,
      rule: parts.rule,
      next: advice === undefined || parts.code === "NETWORK_ERROR" ? command : `${command}   (${advice})`,
      details: {
        ...parts.details,
        order_id: orderId,
        order_status: fresh?.status ?? null,
        payment_status: fresh?.payment ?? null,
        resume: command,
      },
      cause: error,
    });
  }
}

async function stateOf(
  { client }: OrderRun,
  orderId: string,
): Promise<{ status: string; payment: string | null } | undefined> {
  const options = { timeoutMs: 5_000 };
  try {
    const [{ item: order }, { item: payment }] = await Promise.all([
      getMarketOrder(client, orderId, options),
      paymentOf(client, orderId, options),
    ]);
    return { status: clean(order.status), payment: payment === null ? null : clean(payment.status) };
  } catch {
    return undefined;
  }
}

/** An order's payment; none at all is no failure. */
export async function paymentOf(
  client: ClientContext,
  orderId: string,
  options: { readonly timeoutMs?: number } = {},
): Promise<{ readonly item: MarketPayment | null }> {
  try {
    return (await getMarketPayment(client, orderId, options)) as { item: MarketPayment | null };
  } catch (error) {
    if ((error as { code?: string }).code === "NOT_FOUND") return { item: null };
    throw error;
  }
}

/** Tries again what may pass: no connection, a node that is away, a transaction that waits for its block. */
async function patiently<T>(run: OrderRun, task: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let told = false; ; ) {
    try {
      return await task();
    } catch (error) {
      const { retryable, code, details } = error as {
        retryable?: boolean;
        code?: string;
        details?: { reason?: unknown };
      };
      const running = code === "CONFLICT" && String(details?.reason).endsWith("_in_progress");
      const waits = retryable === true && code !== "NETWORK_ERROR" && code !== "TIMEOUT";
      if ((!waits && !running) || run.signal.aborted || Date.now() + PAUSE_MS > deadline) throw error;
      if (!told) run.context.ui.note(`waiting: ${clean((error as Error).message)}`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

export const isFree = (order: Pick<MarketOrder, "payment">): boolean =>
  order.payment.defaultRail === "not-required" && order.payment.required !== true;

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

/** Executes; the same order gives the same result, never a second execution. */
export async function executeOrder(
  run: OrderRun,
  orderId: string,
  retryCount: number | undefined,
  input?: Record<string, unknown>,
): Promise<ExecuteMarketOrderResponse> {
  const body = input === undefined ? {} : { input };
  return patiently(run, () =>
    executeMarketOrder(run.client, orderId, body, run.token, {
      signal: run.signal,
      ...(retryCount !== undefined &&
        input === undefined && { idempotencyKey: `execute:${orderId}:${retryCount}` }),
    }),
  );
}
