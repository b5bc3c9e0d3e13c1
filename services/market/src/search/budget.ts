import { type Decimal, decimalOf } from "@peaqos/protocol/market";
import { points, pricePoints } from "./points.ts";
import { unitOf } from "./price.ts";
import { freeUnit, type PriceUnit, type ServiceIndex, unknownUnit } from "./service-index.ts";
import type { PolicyRules, Task } from "./types.ts";

/** What may be spent and what one would like to spend, against the prices of the index. Comparisons are exact. */

/** How many of a unit's prices, from the lowest up, are within an amount. Exact. */
function pricesWithin({ prices, scale }: PriceUnit, { digits, scale: own }: Decimal): number {
  if (digits < 0n) return 0;
  // A whole number is within an amount if and only if it is within the amount's whole part.
  const limit = own <= scale ? digits * 10n ** BigInt(scale - own) : digits / 10n ** BigInt(own - scale);
  let [low, high] = [0, prices.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (prices[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Limit = { readonly amount: Decimal; readonly unit: string };
/** Per unit: prices with a rank below it are within every limit; `null` where nothing limits. */
export type Limits = { readonly ranks: Uint32Array | null; readonly comparable: boolean[] };

export function limitsOf(index: ServiceIndex, task: Task, policies: readonly PolicyRules[]): Limits {
  const limits: Limit[] = [];
  const { budget } = task;
  if (budget !== null && budget.max !== null)
    limits.push({ amount: decimalOf(budget.max), unit: unitOf(budget.currency) });
  for (const { budgetCap } of policies)
    if (budgetCap) limits.push({ amount: decimalOf(budgetCap.amount), unit: unitOf(budgetCap.currency) });
  if (limits.length === 0) return { ranks: null, comparable: [] };
  const comparable = index.units.map(
    ({ name }, unit) => unit <= unknownUnit || limits.every((limit) => limit.unit === name),
  );
  const ranks = Uint32Array.from(index.units, (priced, unit) => {
    // Only a fixed price can be above a limit; an unknown one is the order's business.
    if (unit === unknownUnit) return 1;
    if (!comparable[unit]) return 0;
    return Math.min(...limits.map((limit) => pricesWithin(priced, limit.amount)));
  });
  return { ranks, comparable };
}

/** What the buyer would like to spend, in the index's words. */
export type Wish = {
  readonly unit: number;
  /** Prices of the unit with a rank below it are within the wish. */
  readonly within: number;
  readonly value: number;
  /** Points of what costs nothing. */
  readonly free: number;
};

/** Null where nothing is wished for. */
export function wishOf(index: ServiceIndex, { budget }: Task): Wish | null {
  if (budget === null || budget.amount === null) return null;
  const amount = decimalOf(budget.amount);
  const name = unitOf(budget.currency);
  const unit = index.units.findIndex((each, i) => i > unknownUnit && each.name === name);
  return {
    unit,
    within: unit < 0 ? 0 : pricesWithin(index.units[unit]!, amount),
    value: Number(budget.amount),
    free: amount.digits < 0n ? 0 : points.price,
  };
}

/** Points of a service's price against the wish. */
export function pricePointsOf(index: ServiceIndex, ordinal: number, wish: Wish): number {
  const unit = index.unitOf[ordinal]!;
  if (unit === freeUnit) return wish.free;
  if (unit !== wish.unit || index.priceRank[ordinal]! >= wish.within) return 0;
  return pricePoints(index.priceValue[ordinal]! / wish.value);
}
