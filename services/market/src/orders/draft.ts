import type { createOrderBody } from "@peaqos/protocol/market";
import { HttpError } from "@peaqos/service-kit";
import type { z } from "zod";
import type { MarketService } from "../catalogue/catalogue.ts";
import type { MachineRow } from "../machines/store.ts";
import type { ActivePairing } from "../pairings/pairings.ts";
import type { Payments } from "../payments/payments.ts";
import type { NewPayment, RailRecommendation } from "../payments/record.ts";
import type { Policy } from "../policies/policies.ts";
import type { StoredQuote } from "../search/search.ts";
import { wordOf } from "../search/words.ts";
import { type Check, pass, refuse, refusedBy } from "./checks.ts";
import { inputCheck } from "./input.ts";
import type { Money } from "./money.ts";
import { policyChecks } from "./policy.ts";
import { agreedPrice } from "./price.ts";
import { recommendedRail } from "./rail.ts";

/**
 * An order as far as it can be decided without the day's sums: a pure function of what is known, the same for placing
 * and for the dry run.
 */

export type OrderBody = z.output<typeof createOrderBody>;

export type Facts = {
  readonly now: Date;
  readonly pairing: ActivePairing;
  readonly machine: MachineRow;
  readonly policies: readonly Policy[];
  /** Undefined: not listed. */
  readonly service: MarketService | undefined;
  /** What `body.quoteId` names, if anything. */
  readonly quote: StoredQuote | null;
  /** The payment that comes with an order; refuses what could not be paid. */
  readonly forOrder: Payments["forOrder"];
  /** Ids of the order and its payment; a dry run's are never written. */
  readonly ids: { readonly orderId: string; readonly paymentId: string };
};

export type Draft = {
  readonly service: MarketService;
  readonly operation: string;
  readonly rail: RailRecommendation;
  /** What it costs; null where only the provider knows and nothing limits. */
  readonly price: Money | null;
  /** Null where nothing is to be paid. */
  readonly payment: NewPayment | null;
  readonly quoteId: string | null;
  readonly searchId: string | null;
};

export type Drafted = {
  readonly checks: readonly Check[];
  /** Null when a rule failed without which nothing can be said about the sums. */
  readonly draft: Draft | null;
};

export function draftOrder(body: OrderBody, facts: Facts): Drafted {
  const { service, pairing, machine } = facts;
  const checks: Check[] = [pass("machine", `machine ${machine.id} is active`)];
  if (service === undefined) {
    checks.push(
      refuse("service", "NOT_FOUND", `there is no service ${body.serviceId}`, { serviceId: body.serviceId }),
    );
    return { checks, draft: null };
  }
  checks.push(pass("service", `${service.name} is listed`, { serviceId: service.id }));
  const quoted = quoteCheck(body, facts);
  if (quoted !== null) checks.push(quoted);
  const quote = quoted?.passed === true ? facts.quote : null;
  const operation = operationOf(body, service, quote);
  checks.push(operation.check);
  const input = operation.check.passed ? inputCheck(service, operation.name, body.input) : null;
  if (input !== null) checks.push(input);
  const { check, rail } = recommendedRail(
    service,
    quote?.quote.payment ?? service.payment,
    pairing.agentAddress,
  );
  checks.push(check);
  const owner = { name: "the delegation policy", details: { policy: "delegation" } };
  checks.push(...policyChecks(pairing.policy, owner, service));
  for (const policy of facts.policies)
    checks.push(
      ...policyChecks(
        policy,
        { name: `the policy ${policy.name}`, details: { policyId: policy.id } },
        service,
      ),
    );
  // Without the quote that was named there is no price to compare.
  if (quoted?.passed === false || rail === null) return { checks, draft: null };
  const agreed = agreedPrice(body, service, quote, pairing.policy, facts.policies);
  checks.push(...agreed.checks);
  if (agreed.price === undefined) return { checks, draft: null };
  const paid = paymentOf(facts, rail, agreed.price);
  checks.push(paid.check);
  if (paid.payment === undefined) return { checks, draft: null };
  return {
    checks,
    draft: {
      service,
      operation: operation.name,
      rail,
      price: agreed.price,
      payment: paid.payment,
      quoteId: body.quoteId ?? null,
      searchId: quote?.searchId ?? body.searchId ?? null,
    },
  };
}

/** Null: no quote was named. A quote of another machine or pairing is as good as none. */
function quoteCheck(body: OrderBody, { quote, pairing, now }: Facts): Check | null {
  const id = body.quoteId;
  if (id === undefined) return null;
  const foreign =
    quote !== null &&
    (quote.machineId !== pairing.machineId ||
      (quote.agentPairingId !== null && quote.agentPairingId !== pairing.id));
  if (quote === null || foreign)
    return refuse("quote", "NOT_FOUND", `there is no quote ${id}`, { quoteId: id });
  if (quote.quote.serviceId !== body.serviceId)
    return refuse(
      "quote",
      "VALIDATION_ERROR",
      `quoteId: ${id} is a quote for service ${quote.quote.serviceId}, not ${body.serviceId}`,
      { field: "quoteId", reason: "quote_of_other_service", serviceId: quote.quote.serviceId },
    );
  if (body.searchId !== undefined && body.searchId !== quote.searchId)
    return refuse("quote", "VALIDATION_ERROR", `searchId: quote ${id} belongs to search ${quote.searchId}`, {
      field: "searchId",
      searchId: quote.searchId,
    });
  const expiresAt = quote.expiresAt.toISOString();
  if (quote.expiresAt <= now)
    return refuse("quote", "QUOTE_EXPIRED", `quote ${id} expired at ${expiresAt}`, {
      quoteId: id,
      expiresAt,
      now: now.toISOString(),
    });
  return pass("quote", `quote ${id} holds until ${expiresAt}`, { quoteId: id, expiresAt });
}

/** The operation named, else the quote's, else the first that the service lists. */
function operationOf(
  body: OrderBody,
  service: MarketService,
  quote: StoredQuote | null,
): { name: string; check: Check } {
  const quoted = quote?.quote.operation;
  const wanted = body.operation ?? quoted ?? service.operations[0] ?? "";
  const name = service.operations.find((each) => wordOf(each) === wordOf(wanted));
  const details = { field: "operation", operations: service.operations };
  if (quoted !== undefined && wordOf(wanted) !== wordOf(quoted))
    return {
      name: wanted,
      check: refuse(
        "operation",
        "VALIDATION_ERROR",
        `operation: the quote is for ${quoted}, not ${wanted}`,
        details,
      ),
    };
  if (name === undefined && (service.operations.length > 0 || body.operation !== undefined))
    return {
      name: wanted,
      check: refuse(
        "operation",
        "VALIDATION_ERROR",
        `operation: service ${service.id} does not offer ${wanted}; it offers ${service.operations.join(", ") || "none"}`,
        details,
      ),
    };
  return {
    name: name ?? wanted,
    check: pass("operation", `operation ${name ?? "(none listed)"}`, { operation: name ?? null }),
  };
}

/** The record of the payment, or why nobody could make it. */
function paymentOf(
  { forOrder, ids, pairing, machine, now }: Facts,
  rail: RailRecommendation,
  price: Money | null,
): { check: Check; payment: NewPayment | null | undefined } {
  try {
    const payment = forOrder({
      ...ids,
      tenantId: machine.tenant_id,
      machineId: machine.id,
      rail,
      amount: price?.amount ?? null,
      currency: price?.currency ?? null,
      agentAddress: pairing.agentAddress,
      now,
    });
    const text = payment === null ? "nothing is to be paid" : `to be paid by ${payment.rail.type}`;
    return { check: pass("payment", text, { payeeAddress: payment?.rail.payeeAddress ?? null }), payment };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { check: refusedBy("payment", error), payment: undefined };
  }
}
