import { compareAmounts } from "@peaqos/protocol/market";
import { points, pricePoints } from "./points.ts";
import { unitOf } from "./price.ts";
import { freeUnit, type ServiceIndex, unknownUnit } from "./service-index.ts";
import type { PolicyRules, Task } from "./types.ts";

/** What may be spent and what one would like to spend, against the prices of the index. Comparisons are exact. */

/** How many of a unit's prices, from the lowest up, are within an amount. Exact. */
function pricesWithin(prices: readonly string[], amount: string | number): number {
  let [low, high] = [0, prices.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareAmounts(prices[middle]!, amount) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Limit = { readonly amount: string | number; readonly unit: string };
/** Per unit: prices with a rank below it are within every limit; `null` where nothing limits. */
export type Limits = { readonly ranks: Uint32Array | null; readonly comparable: boolean[] };

export function limitsOf(index: ServiceIndex, task: Task, policies: readonly PolicyRules[]): Limits {
  const limits: Limit[] = [];
  const { budget } = task;
  if (budget !== null && budget.max !== null)
    limits.push({ amount: budget.max, unit: unitOf(budget.currency) });
  for (const { budgetCap } of policies)
    if (budgetCap) limits.push({ amount: budgetCap.amount, unit: unitOf(budgetCap.currency) });
  if (limits.length === 0) return { ranks: null, comparable: [] };
  const comparable = index.units.map(
    ({ name }, unit) => unit <= unknownUnit || limits.every((limit) => limit.unit === name),
  );
  const ranks = Uint32Array.from(index.units, ({ prices }, unit) => {
    // Only a fixed price can be above a limit; an unknown one is the order's business.
    if (unit === unknownUnit) return 1;
    if (!comparable[unit]) return 0;
    return Math.min(...limits.map((limit) => pricesWithin(prices, limit.amount)));
  });
  return { ranks, comparable };
}

/** The wish of the budget, in the index's words; null where there is none. */
export function wishOf(index: ServiceIndex, { budget }: Task) {
  if (budget === null || budget.amount === null) return null;
  const name = unitOf(budget.currency);
  const unit = index.units.findIndex((each, i) => i > unknownUnit && each.name === name);
  const within = unit < 0 ? 0 : pricesWithin(index.units[unit]!.prices, budget.amount);
  return { unit, within, value: Number(budget.amount), allowsFree: compareAmounts(budget.amount, 0) >= 0 };
}

/** Points of a service's price against the wish. */
export function pricePointsOf(
  index: ServiceIndex,
  ordinal: number,
  wish: NonNullable<ReturnType<typeof wishOf>>,
): number {
  const unit = index.unitOf[ordinal]!;
  if (unit === freeUnit) return wish.allowsFree ? points.price : 0;
  if (unit !== wish.unit || index.priceRank[ordinal]! >= wish.within) return 0;
  return pricePoints(index.priceValue[ordinal]! / wish.value);
}
