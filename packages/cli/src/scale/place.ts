import { createHash, randomUUID } from "node:crypto";
import {
  type CreateMarketOrderRequest,
  checkMarketOrder,
  createMarketOrder,
  getMarketService,
  type MarketOrder,
  type MarketOrderCheck,
} from "@peaqos/peaq-os-sdk/orchestration";
import { networkError, usageError } from "../engine/errors.ts";
import { toSortedJson } from "../engine/json.ts";
import { clean } from "../engine/output.ts";
import { nextOfMarket } from "../engine/report.ts";
import type { HandlerContext } from "../engine/types.ts";
import { readObject } from "./files.ts";
import type { OrderRun } from "./order-run.ts";
import { ordersJournal } from "./pay.ts";
import { money } from "./text.ts";

/** From the flags of `order` to a placed order. */

export type PlaceFlags = {
  readonly "machine-id": string;
  readonly "agent-pairing-id": string;
  readonly "search-id": string | undefined;
  readonly "quote-id": string | undefined;
  readonly operation: string | undefined;
  readonly "budget-amount": number | undefined;
  readonly "budget-currency": string | undefined;
  readonly input: string | undefined;
  readonly "provider-credentials": string | undefined;
};

export async function orderBody(
  { io }: Pick<HandlerContext, "io">,
  serviceId: string,
  flags: PlaceFlags,
): Promise<CreateMarketOrderRequest> {
  const amount = flags["budget-amount"];
  const currency = flags["budget-currency"];
  if (amount !== undefined && currency === undefined)
    throw usageError({
      code: "MISSING_OPTION",
      message: "--budget-amount needs --budget-currency",
      value: String(amount),
      rule: "an amount means nothing without its currency",
      next: "--budget-currency USD",
      details: { missing: ["budget-currency"] },
    });
  const credentials = flags["provider-credentials"];
  return {
    machineId: flags["machine-id"],
    agentPairingId: flags["agent-pairing-id"],
    serviceId,
    ...(flags["search-id"] !== undefined && { searchId: flags["search-id"] }),
    ...(flags["quote-id"] !== undefined && { quoteId: flags["quote-id"] }),
    ...(flags.operation !== undefined && { operation: flags.operation }),
    ...(flags.input !== undefined && { input: await readObject(io, "--input", flags.input) }),
    ...(currency !== undefined && { budget: { ...(amount !== undefined && { amount }), currency } }),
    ...(credentials !== undefined && {
      providerCredentials: (await readObject(io, "--provider-credentials", credentials)) as never,
    }),
  };
}

/** The body for the market's check of an order that is executed at once: no input is input, too. */
export const withInput = (body: CreateMarketOrderRequest): CreateMarketOrderRequest => ({
  ...body,
  input: body.input ?? {},
});

/** What the market says of the order's input; null where it says nothing. */
export function inputRule(check: MarketOrderCheck) {
  const found = check.checks.find(({ rule }) => rule === "input");
  if (found === undefined) return null;
  const { example } = (found.details ?? {}) as { example?: unknown };
  return { ...found, example: example === undefined ? null : clean(JSON.stringify(example)) };
}

/** What the order would cost and whether it would pass; from the service itself where the market cannot tell. */
export async function priceOf(run: OrderRun, body: CreateMarketOrderRequest): Promise<MarketOrderCheck> {
  try {
    return await checkMarketOrder(run.client, body, run.token, { signal: run.signal });
  } catch (error) {
    const { statusCode, code } = error as { statusCode?: number; code?: string };
    const noSuchRoute = code === "METHOD_NOT_ALLOWED" || code === "BAD_RESPONSE" || statusCode === 404;
    if (!noSuchRoute) throw error;
    const { item } = await getMarketService(run.client, body.serviceId).catch(() => {
      throw error;
    });
    const payment = item.payment;
    return {
      allowed: true,
      amount: item.pricing?.amount ?? null,
      currency: item.pricing?.currency ?? null,
      service: { id: item.id, name: item.name },
      rail: payment?.defaultRail ?? "not-required",
      payeeAddress: payment?.payeeAddress ?? payment?.walletAddress ?? null,
      checks: [],
    };
  }
}

/** An order that would be refused is not placed: the first reason, as the market would give it. */
export function demandAllowed(check: MarketOrderCheck): void {
  if (check.allowed) return;
  const broken = check.checks.find(({ passed }) => !passed);
  if (broken?.rule === "input") demandInput(check, "nothing was ordered");
  const code = broken?.code ?? "ORDER_REFUSED";
  throw networkError({
    code,
    message: `The order would be refused: ${clean(broken?.message ?? "no reason was given")}`,
    value: money(check.amount, check.currency),
    rule: clean(broken?.rule ?? "the market's rules"),
    next: nextOfMarket(code) ?? "`peaqos scale order check` shows every rule",
    details: { checks: check.checks },
  });
}

/**
 * An order whose input the seller would refuse is not paid: what is wrong with it, and an example.
 *
 * @param stands what did not happen, for the message.
 */
function demandInput(check: MarketOrderCheck, stands: string): void {
  const broken = inputRule(check);
  if (broken === null || broken.passed) return;
  const { field, keyword, operation } = (broken.details ?? {}) as Record<string, unknown>;
  throw usageError({
    code: "WRONG_INPUT",
    message: `${clean(broken.message)}; ${stands}`,
    value: clean(String(field ?? "input")),
    rule: `what the operation ${clean(String(operation))} takes${keyword === undefined ? "" : `: ${clean(String(keyword))}`}`,
    next:
      broken.example === null
        ? "write a JSON object into a file and add --input FILE"
        : `for example --input input.json with ${broken.example}`,
    details: { ...broken.details },
  });
}

/** The same for an order that was placed without input, before it is paid. The other rules had their say when it was placed. */
export async function demandInputOf(
  run: OrderRun,
  order: MarketOrder,
  given: Record<string, unknown> | undefined,
): Promise<void> {
  const { machineId, agentPairingId, serviceId, operation } = order;
  const input = Object.fromEntries(
    Object.entries({ ...order.input, ...given }).filter(
      ([key, value]) => value !== null || !Object.hasOwn(order.input, key),
    ),
  );
  demandInput(
    await priceOf(run, { machineId, agentPairingId, serviceId, operation, input }),
    "nothing was paid",
  );
}

/** A draft: the key under which an order is being placed, so that a lost answer does not become a second order. */
type Draft = { readonly key: string; readonly open: boolean; readonly orderId?: string };

/** Places the order under a key that is on the disk before the request leaves. */
export async function placeOrder(
  run: OrderRun,
  body: CreateMarketOrderRequest,
  url: string,
): Promise<MarketOrder> {
  const { io, ui } = run.context;
  const journal = ordersJournal(io);
  const { providerCredentials: _, ...shown } = body;
  const name = `draft:${createHash("sha256")
    .update(toSortedJson({ url, ...shown }))
    .digest("hex")
    .slice(0, 24)}`;
  const found = (await journal.get(name)) as Draft | null;
  const draft: Draft = found?.open === true ? found : { key: randomUUID(), open: true };
  if (found?.open === true)
    ui.warn(
      "an earlier run of this command did not hear whether its order was placed; this is the same order",
    );
  else await journal.set(name, draft);
  try {
    const { item } = await createMarketOrder(run.client, body, run.token, {
      idempotencyKey: draft.key,
      signal: run.signal,
    });
    await journal.set(name, { ...draft, open: false, orderId: item.id });
    return item;
  } catch (error) {
    const { code, name: kind, statusCode } = error as { code?: string; name?: string; statusCode?: number };
    const unanswered =
      kind === "OrchestrationNetworkError" || code === "BAD_RESPONSE" || code === "INTERRUPTED";
    const unknown = unanswered || (statusCode ?? 0) >= 500;
    if (!unknown) await journal.set(name, { ...draft, open: false });
    else ui.line("Whether the order was placed is unknown: the same command, typed again here, finds it.");
    throw error;
  }
}
