import type { ClientContext } from "@peaqos/peaq-os-sdk";
import {
  type ExecuteMarketOrderResponse,
  executeMarketOrder,
  getMarketOrder,
  getMarketPayment,
  type MarketOrder,
  type MarketPayment,
} from "@peaqos/peaq-os-sdk/orchestration";
import type { Settings } from "../config/settings.ts";
import { CliError, usageError } from "../engine/errors.ts";
import { clean } from "../engine/output.ts";
import { nextOfMarket, report } from "../engine/report.ts";
import type { HandlerContext } from "../engine/types.ts";

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
    const unpaidInput = parts.code === "WRONG_INPUT";
    const command = resumeCommand(
      run,
      orderId,
      badInput ? " --input FILE" : unpaidInput ? ` --input FILE${how}` : how,
    );
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
export async function patiently<T>(run: OrderRun, task: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += PAUSE_MS) {
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
      if ((!waits && !running) || run.signal.aborted || waited >= PATIENCE_MS) throw error;
      if (waited === 0) run.context.ui.note(`waiting: ${clean((error as Error).message)}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** The order, or null for an agent whose key may not read it: then every step finds out for itself where it stands. */
export async function readOrder(run: OrderRun, orderId: string): Promise<MarketOrder | null> {
  try {
    return (await getMarketOrder(run.client, orderId, { signal: run.signal })).item;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== "AUTH_REQUIRED" && code !== "AUTH_INVALID" && code !== "FORBIDDEN") throw error;
    run.context.ui.note(
      "the platform key of PEAQOS_ORCH_API_KEY may not read the order: going on step by step",
    );
    return null;
  }
}

export const isFree = (order: Pick<MarketOrder, "payment">): boolean =>
  order.payment.defaultRail === "not-required" && order.payment.required !== true;

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
