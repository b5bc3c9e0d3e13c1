import { apiOf, type OrchestrationContext } from "./api.ts";
import { isFree, pay } from "./buy-pay.ts";
import { type BuyParams, type Purchase, Run } from "./buy-run.ts";
import { assertFilled, assertPairingToken } from "./checks.ts";
import { OrchestrationApiError, OrchestrationValidationError, PurchaseError } from "./errors.ts";
import { alone, memoryJournal } from "./journal.ts";
import { searchMarket } from "./market.ts";
import {
  checkMarketOrder,
  confirmMarketOrder,
  createMarketOrder,
  executeMarketOrder,
  getMarketOrder,
} from "./orders.ts";
import { assertWithin } from "./payment-request.ts";
import type { CreateMarketOrderRequest, MarketOrder, MarketQuote, MarketSearch } from "./types.ts";

/**
 * Buys a service in one call: searches (or takes `serviceId`), orders, pays, proves the payment, has the service
 * executed and, with `confirm`, confirms it.
 *
 * Nothing is signed before the exact price was held against `maxSpend`, nor before the market has held `input` against
 * the operation's contract. Every step goes under an `Idempotency-Key` of
 * its own that follows from `idempotencyKey`: after a failure or a crash, call again with the same key (it is in the
 * error) and the same journal; what was done is found, and an order is never paid twice.
 *
 * @returns the order, its payment and the outcome. A provider's failure is an answer too: `outcome.status` is `failed`,
 * the order `failed`; retry or dispute it.
 * @throws PurchaseError with step, order id, transaction and key; its `code` is that of the failure below.
 * OrchestrationValidationError for wrong arguments; then nothing was sent.
 * @example
 * ```ts
 * import { buy } from "@peaqos/peaq-os-sdk/orchestration";
 * const { order, outcome } = await buy(client, {
 *   machineId: "mach_61f043950cf1",
 *   agentPairingId: "pair_67c50f8fdd3c",
 *   pairingToken,
 *   search: { serviceType: "oracle.price-feed" },
 *   input: { base_symbol: "EUR" },
 *   maxSpend: { amount: "0.50", currency: "USD" },
 *   pay: async ({ payee, tokenAddress, rawAmount }) => wallet.transfer(tokenAddress, payee, rawAmount),
 *   onStep: ({ message }) => console.log(message),
 * });
 * console.log(order.status, outcome?.result);
 * ```
 */
export async function buy(client: OrchestrationContext, params: BuyParams): Promise<Purchase> {
  const { decimalOf } = await import("@peaqos/protocol/market");
  assertFilled({ machineId: params?.machineId, agentPairingId: params.agentPairingId });
  assertPairingToken(params.pairingToken);
  if ((params.search === undefined) === (params.serviceId === undefined))
    throw new OrchestrationValidationError("search", "either search or serviceId has to be given");
  assertFilled({ "maxSpend.currency": params.maxSpend?.currency });
  try {
    decimalOf(params.maxSpend.amount);
  } catch {
    throw new OrchestrationValidationError("maxSpend.amount", "must be a decimal such as 1.50");
  }
  if (params.idempotencyKey !== undefined && !/^[\x21-\x7e]{1,100}$/.test(params.idempotencyKey))
    throw new OrchestrationValidationError("idempotencyKey", "must be 1 to 100 printable ASCII characters");
  const key = params.idempotencyKey ?? apiOf(client).newKey();
  const journal = params.journal ?? params.pay?.journal ?? memoryJournal();
  return alone(journal, `purchase:${key}`, () => purchase(new Run(client, params, key, journal)));
}

async function purchase(run: Run): Promise<Purchase> {
  const { machineId, agentPairingId, serviceId, operation, search, input } = run.params;
  const { stringifyJson } = await import("@peaqos/protocol");
  const asked = stringifyJson({ machineId, agentPairingId, serviceId, operation, search, input });
  await run.at("search", () => run.open(asked));
  let found: { search: MarketSearch; quote: MarketQuote } | null = null;
  let order: MarketOrder;
  if (run.record.orderId !== undefined && run.api.apiKey() !== undefined) {
    order = await run.at("order", () => readOrder(run));
  } else {
    [found, order] = await findAndOrder(run);
  }
  const { payment, transactionHash } = await pay(run, order);
  const executed = await run.at("execute", async () => {
    run.tell("execute", "started", "the service is executed");
    const answer = await run.persist((request) =>
      executeMarketOrder(run.client, run.orderId, {}, run.params.pairingToken, request("execute")),
    );
    run.tell("execute", "done", `the order is ${answer.order.status}`);
    return answer;
  });
  const { execution } = executed;
  const outcome = execution.statusCode === 200 ? execution.outcome : null;
  const result = {
    idempotencyKey: run.key,
    search: found?.search ?? null,
    quote: found?.quote ?? null,
    order: executed.order,
    payment,
    transactionHash,
    execution,
    outcome,
  };
  const confirmable = ["delivered", "handoff"].includes(executed.order.status as string);
  if (run.params.confirm !== true || !confirmable) return result;
  const confirmation = await run.at("confirm", () =>
    run.persist((request) =>
      confirmMarketOrder(run.client, run.orderId, run.params.pairingToken, request("confirm")),
    ),
  );
  run.tell("confirm", "done", `the order is ${confirmation.order.status}`);
  return { ...result, order: confirmation.order, payment: confirmation.payment ?? payment };
}

async function readOrder(run: Run): Promise<MarketOrder> {
  const { item } = await run.persist((request) => getMarketOrder(run.client, run.orderId, request()));
  run.tell("order", "skipped", `order ${item.id} exists and is ${item.status}`);
  return item;
}

/** Attempts at a quote that does not expire under our hands. */
const attempts = 3;

async function findAndOrder(
  run: Run,
): Promise<[{ search: MarketSearch; quote: MarketQuote } | null, MarketOrder]> {
  for (;;) {
    const found = run.params.search === undefined ? null : await run.at("search", () => find(run));
    try {
      return [found, await run.at("order", () => place(run, found))];
    } catch (error) {
      const expired = error instanceof PurchaseError && error.code === "QUOTE_EXPIRED";
      if (!expired || run.record.searches >= attempts) throw error;
      await run.remember({ searches: run.record.searches + 1 });
    }
  }
}

async function find(run: Run): Promise<{ search: MarketSearch; quote: MarketQuote }> {
  const { machineId, agentPairingId, search: wishes, maxSpend, operation, choose } = run.params;
  run.tell("search", "started", "the market is searched");
  const body = {
    machineId,
    agentPairingId,
    ...(operation !== undefined && { operation }),
    ...wishes,
  };
  const { item: search } = await run.persist((request) =>
    searchMarket(run.client, body, run.params.pairingToken, request(`search:${run.record.searches}`)),
  );
  if (search.quotes.length === 0)
    throw new PurchaseError(`Search ${search.id} found no service.`, {
      code: "NO_MATCH",
      hint: "Ask for fewer capabilities, another region or a larger budget.",
    });
  const quote = choose === undefined ? await affordable(search, maxSpend) : choose(search.quotes);
  if (quote === undefined)
    throw new PurchaseError(`None of the ${search.quotes.length} quotes of search ${search.id} was chosen.`, {
      code: "NO_MATCH",
    });
  await assertQuote(quote, maxSpend);
  run.tell("search", "done", `${search.quotes.length} quotes, ${quote.serviceId} is taken`);
  return { search, quote };
}

async function assertQuote(quote: MarketQuote, maxSpend: BuyParams["maxSpend"]): Promise<void> {
  if (isFree(quote.payment)) return;
  const { amount, currency } = quote.pricing;
  await assertWithin(maxSpend, amount, currency, `service ${quote.serviceId}`);
}

/** The best quote within the limit; without one, the reason why the best is not. */
async function affordable(search: MarketSearch, maxSpend: BuyParams["maxSpend"]): Promise<MarketQuote> {
  let first: unknown;
  for (const quote of search.quotes) {
    try {
      await assertQuote(quote, maxSpend);
      return quote;
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

async function place(
  run: Run,
  found: { search: MarketSearch; quote: MarketQuote } | null,
): Promise<MarketOrder> {
  const { params } = run;
  const { decimalOf, textOf } = await import("@peaqos/protocol/market");
  const { maxSpend } = params;
  const operation = found?.quote.operation ?? params.operation;
  const body: CreateMarketOrderRequest = {
    machineId: params.machineId,
    agentPairingId: params.agentPairingId,
    serviceId: found?.quote.serviceId ?? (params.serviceId as string),
    ...(found !== null && { searchId: found.search.id, quoteId: found.quote.id }),
    ...(operation !== undefined && { operation }),
    // Also when there is none: the market then says before the payment what the operation wants.
    input: params.input ?? {},
    budget: { max: Number(textOf(decimalOf(maxSpend.amount))), currency: maxSpend.currency },
    ...(params.providerCredentials !== undefined && { providerCredentials: params.providerCredentials }),
  };
  if (found === null && run.record.orderId === undefined) await preflight(run, body);
  run.tell("order", "started", `service ${body.serviceId} is ordered`);
  const { item: order } = await run
    .persist((request) => createMarketOrder(run.client, body, params.pairingToken, request("order")))
    .catch((error: unknown) => {
      const { rule } = ((error as { details?: unknown }).details ?? {}) as { rule?: unknown };
      throw error instanceof OrchestrationApiError && rule === "input" ? wrongInput(error) : error;
    });
  run.orderId = order.id;
  await run.remember({ orderId: order.id });
  run.tell("order", "done", `order ${order.id} is placed`);
  return order;
}

/** The price and the rules of an order without a quote, before it exists. Markets that cannot tell are not asked twice. */
async function preflight(run: Run, body: CreateMarketOrderRequest): Promise<void> {
  let check: Awaited<ReturnType<typeof checkMarketOrder>>;
  try {
    check = await run.persist((request) =>
      checkMarketOrder(run.client, body, run.params.pairingToken, request()),
    );
  } catch (error) {
    const unknownRoute = error instanceof OrchestrationApiError && [404, 405].includes(error.statusCode);
    if (unknownRoute) return;
    throw error;
  }
  const broken = check.checks.find(({ passed }) => !passed);
  if (broken?.rule === "input")
    throw wrongInput({
      message: broken.message,
      code: broken.code ?? "VALIDATION_ERROR",
      details: broken.details,
    });
  if (!check.allowed)
    throw new PurchaseError(`The order would be refused: ${broken?.message ?? "no reason was given"}.`, {
      code: broken?.code ?? "ORDER_REFUSED",
      hint: "Nothing was ordered.",
    });
  if (check.rail !== "not-required")
    await assertWithin(run.params.maxSpend, check.amount, check.currency, `service ${body.serviceId}`);
}

/** Input that the provider would refuse: said while nothing is ordered or paid. */
function wrongInput(cause: { message: string; code: string; details?: unknown }): PurchaseError {
  const { example } = (cause.details ?? {}) as { example?: unknown };
  const such = example === undefined ? "" : `, such as ${JSON.stringify(example)}`;
  return new PurchaseError(cause.message, {
    code: cause.code,
    cause,
    hint: `Nothing was ordered or paid. Call buy with the right input${such}, and another idempotencyKey.`,
  });
}
