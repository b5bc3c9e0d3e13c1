import { addAmounts, compareAmounts, decimalOf, textOf } from "@peaqos/protocol/market";
import { unitOf } from "../search/price.ts";

/** Sums of money as orders compare them: exact decimal text in a unit. */

export type Money = {
  /** Exact decimal text without needless zeros. */
  readonly amount: string;
  /** As the price, the quote or the buyer wrote it: USDC. */
  readonly currency: string;
  /** What it is compared in: USD for USD, USDC and USDT. */
  readonly unit: string;
};

export function money(amount: string | number, currency: string | null | undefined): Money {
  return { amount: textOf(decimalOf(amount)), currency: currency ?? "USD", unit: unitOf(currency) };
}

/** `a - b`, exact. */
export function minus(a: string, b: string): string {
  const { digits, scale } = decimalOf(b);
  return addAmounts(a, textOf({ digits: -digits, scale }));
}

/** Whether `spent + amount` stays within the limit; the limit itself is within. */
export function fits(spent: string, amount: string, limit: string | number): boolean {
  return compareAmounts(addAmounts(spent, amount), limit) <= 0;
}

/** What is left of a limit, never below zero. */
export function remaining(limit: string | number, spent: string): string {
  const left = minus(textOf(decimalOf(limit)), spent);
  return left.startsWith("-") ? "0" : left;
}

/** The UTC day, YYYY-MM-DD. */
export function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}

/** When the day's allowance begins anew. */
export function resetOf(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + 86_400_000).toISOString();
}
