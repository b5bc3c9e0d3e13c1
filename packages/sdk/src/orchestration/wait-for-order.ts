import { apiOf, type OrchestrationContext } from "./api.ts";
import { assertFilled } from "./checks.ts";
import { OrchestrationError, OrchestrationValidationError, PurchaseError } from "./errors.ts";
import { getMarketOrder } from "./orders.ts";
import type { MarketOrder } from "./types.ts";

/** Settings of `waitForOrder`. */
export type WaitForOrderOptions = {
  /**
   * Statuses that end the waiting, or a test of the order. Default: delivered, handoff, confirmed, disputed, cancelled,
   * failed.
   */
  readonly until?: readonly string[] | ((order: MarketOrder) => boolean);
  /** Longest wait, in milliseconds. Default 120,000. */
  readonly timeoutMs?: number;
  /** Pause between two looks, in milliseconds. Default 1,000. */
  readonly pollMs?: number;
  /** Ends the waiting; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
};

const ended = ["delivered", "handoff", "confirmed", "disputed", "cancelled", "failed"];

/**
 * Looks at an order again and again until it is in one of the wanted states. Looks at least once; faults that may pass
 * (no connection, 429, 503) count as "not yet". Needs the platform's key.
 *
 * @returns the order in that state.
 * @throws PurchaseError `TIMEOUT` with the order's id and last status; OrchestrationValidationError (`orderId`,
 * `timeoutMs`, `pollMs`); OrchestrationApiError (NOT_FOUND); the signal's reason.
 * @example
 * ```ts
 * import { waitForOrder } from "@peaqos/peaq-os-sdk/orchestration";
 * const order = await waitForOrder(client, "mord_0123456789ab", { until: ["created", "ready"], timeoutMs: 30_000 });
 * ```
 */
export async function waitForOrder(
  client: OrchestrationContext,
  orderId: string,
  options: WaitForOrderOptions = {},
): Promise<MarketOrder> {
  assertFilled({ orderId });
  const { until = ended, timeoutMs = 120_000, pollMs = 1_000, signal } = options;
  for (const [field, value] of Object.entries({ timeoutMs, pollMs }))
    if (!Number.isFinite(value) || value < 0)
      throw new OrchestrationValidationError(field, "must be a number of milliseconds, 0 or more");
  const done =
    typeof until === "function" ? until : (order: MarketOrder) => until.includes(order.status as string);
  const api = apiOf(client);
  const deadline = api.now() + timeoutMs;
  const request = signal === undefined ? {} : { signal };
  let last: MarketOrder | undefined;
  let fault: unknown;
  for (;;) {
    try {
      last = (await getMarketOrder(client, orderId, request)).item;
      fault = undefined;
      if (done(last)) return last;
    } catch (error) {
      if (!(error instanceof OrchestrationError) || !error.retryable) throw error;
      fault = error;
    }
    if (api.now() + pollMs >= deadline) break;
    await api.wait(pollMs, signal);
  }
  const seen = last === undefined ? "it could not be read" : `it is ${last.status}`;
  throw new PurchaseError(`Order ${orderId} did not come so far within ${timeoutMs / 1000} s: ${seen}.`, {
    code: "TIMEOUT",
    orderId,
    retryable: true,
    cause: fault,
    hint: "Wait longer, or read the order to see what it waits for.",
  });
}
