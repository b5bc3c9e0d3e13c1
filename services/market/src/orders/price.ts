import { compareAmounts } from "@peaqos/protocol/market";
import type { MarketService } from "../catalogue/catalogue.ts";
import type { DelegationPolicy } from "../pairings/pairings.ts";
import type { Policy } from "../policies/policies.ts";
import { priceOf, unitOf } from "../search/price.ts";
import type { StoredQuote } from "../search/search.ts";
import { type Check, pass, refuse } from "./checks.ts";
import type { OrderBody } from "./draft.ts";
import { type Money, money } from "./money.ts";

/**
 * What an order costs: the quote's amount, else the service's fixed price, else what the buyer names as
 * `budget.amount`. Where nobody names a price, an order passes only while nothing limits what is spent.
 */
export function agreedPrice(
  body: OrderBody,
  service: MarketService,
  quote: StoredQuote | null,
  delegation: DelegationPolicy,
  policies: readonly Policy[],
): { checks: Check[]; price: Money | null | undefined } {
  const { budget } = body;
  const fixed = quote === null ? fixedPrice(service) : quotedPrice(quote);
  const named =
    budget?.amount === undefined
      ? null
      : money(budget.amount, budget.currency ?? service.pricing?.currency ?? delegation.currency);
  const price = fixed ?? named;
  if (price === null) {
    const limited =
      delegation.perTransactionLimit !== null ||
      delegation.dailySpendLimit !== null ||
      policies.some((policy) => policy.budgetCap !== null);
    return limited || budget?.max !== undefined
      ? {
          price: undefined,
          checks: [
            refuse(
              "price",
              "VALIDATION_ERROR",
              `budget.amount: the provider of ${service.id} sets the price, and what may be spent is limited; name the most you will pay`,
              { field: "budget.amount", reason: "price_unknown" },
            ),
          ],
        }
      : { price: null, checks: [pass("price", "the provider sets the price and nothing limits it")] };
  }
  const checks = [
    pass("price", `costs ${price.amount} ${price.currency}`, {
      amount: price.amount,
      currency: price.currency,
    }),
  ];
  const foreign = unitChecks(price, body, delegation, policies);
  checks.push(...foreign);
  if (foreign.length > 0) return { price: undefined, checks };
  for (const name of ["max", "amount"] as const) {
    const limit = budget?.[name];
    if (limit === undefined) continue;
    const within = compareAmounts(price.amount, limit) <= 0;
    const currency = budget?.currency ?? price.currency;
    checks.push(
      within
        ? pass("budget", `${price.amount} ${price.currency} is within budget.${name} ${limit} ${currency}`)
        : refuse(
            "budget",
            "VALIDATION_ERROR",
            `budget.${name}: ${price.amount} ${price.currency} is more than ${limit} ${currency}`,
            {
              field: `budget.${name}`,
              reason: "above_budget",
              amount: price.amount,
              limit,
              currency: price.currency,
            },
          ),
    );
  }
  return { price, checks };
}

function fixedPrice(service: MarketService): Money | null {
  const price = priceOf(service);
  return price === null ? null : money(price.amount, service.pricing?.currency);
}

function quotedPrice({ amount, currency }: StoredQuote): Money | null {
  return amount === null ? null : money(amount, currency);
}

/** A price above zero is compared only with limits in the same unit: nobody here changes money. */
function unitChecks(
  price: Money,
  { budget }: OrderBody,
  delegation: DelegationPolicy,
  policies: readonly Policy[],
): Check[] {
  if (price.amount === "0") return [];
  const limits: { name: string; currency: string | null | undefined }[] = [];
  // A budget without a currency is in the price's.
  if (budget?.currency !== undefined && (budget.max !== undefined || budget.amount !== undefined))
    limits.push({ name: "budget.currency", currency: budget.currency });
  if (delegation.perTransactionLimit !== null || delegation.dailySpendLimit !== null)
    limits.push({ name: "the delegation policy", currency: delegation.currency });
  for (const { name, budgetCap } of policies)
    if (budgetCap !== null) limits.push({ name: `the policy ${name}`, currency: budgetCap.currency });
  return limits
    .filter(({ currency }) => unitOf(currency) !== price.unit)
    .map(({ name, currency }) =>
      refuse(
        "currency",
        "VALIDATION_ERROR",
        `${name}: is in ${currency ?? "USD"}, the price in ${price.currency}; only USD, USDC and USDT count as one unit`,
        {
          reason: "currency_mismatch",
          field: name === "budget.currency" ? name : "serviceId",
          limitCurrency: currency ?? "USD",
          currency: price.currency,
        },
      ),
    );
}
