import { addAmounts, compareAmounts, toWireAmount } from "@peaqos/protocol/market";
import type { DelegationPolicy } from "../pairings/pairings.ts";
import type { Policy } from "../policies/policies.ts";
import { type Check, pass, refuse } from "./checks.ts";
import { fits, type Money, remaining, resetOf } from "./money.ts";

/** What may be spent: for one order, by the pairing in a day, by the machine in a day. Every limit is inclusive. */

/** What the day's rows say, as exact decimal text. */
export type Spent = { readonly pairing: string; readonly machine: string };

const zero: Money = { amount: "0", currency: "USD", unit: "USD" };

export function limitChecks(
  price: Money | null,
  delegation: DelegationPolicy,
  policies: readonly Policy[],
  spent: Spent,
  day: string,
): Check[] {
  const asked = price ?? zero;
  const checks: Check[] = [];
  const { perTransactionLimit, dailySpendLimit } = delegation;
  const currency = delegation.currency ?? "USD";
  if (perTransactionLimit !== null) {
    const within = compareAmounts(asked.amount, perTransactionLimit) <= 0;
    const details = { limit: perTransactionLimit, amount: toWireAmount(asked.amount), currency };
    const text = `${asked.amount} ${asked.currency}`;
    checks.push(
      within
        ? pass(
            "perTransactionLimit",
            `${text} is within ${perTransactionLimit} ${currency} for one order`,
            details,
          )
        : refuse(
            "perTransactionLimit",
            "AGENT_SPEND_LIMIT_EXCEEDED",
            `${text} is more than the limit of ${perTransactionLimit} ${currency} for one order`,
            details,
          ),
    );
  }
  if (dailySpendLimit !== null)
    checks.push(
      daily("dailySpendLimit", "the pairing", asked, dailySpendLimit, currency, spent.pairing, day, {}),
    );
  for (const { id, name, budgetCap } of policies)
    if (budgetCap !== null)
      checks.push(
        daily(
          "budgetCap",
          `the policy ${name} of the machine`,
          asked,
          budgetCap.amount,
          budgetCap.currency,
          spent.machine,
          day,
          { policyId: id },
        ),
      );
  return checks;
}

function daily(
  rule: string,
  whose: string,
  asked: Money,
  limit: number,
  currency: string,
  spent: string,
  day: string,
  more: Record<string, unknown>,
): Check {
  const left = remaining(limit, spent);
  const resetsAt = resetOf(day);
  const details = {
    ...more,
    limit,
    spentToday: toWireAmount(spent),
    remainingToday: toWireAmount(left),
    amount: toWireAmount(asked.amount),
    currency,
    day,
    resetsAt,
  };
  const text = `${asked.amount} ${asked.currency}`;
  const state = `${left} ${currency} left of ${limit} ${currency} that ${whose} may spend on ${day} (UTC)`;
  // An order that costs nothing takes nothing from what is left, even where a lowered limit is behind.
  return asked.amount === "0" || fits(spent, asked.amount, limit)
    ? pass(rule, `${text} is within the ${state}`, details)
    : refuse(
        rule,
        "AGENT_DAILY_LIMIT_EXCEEDED",
        `${text} is more than the ${state}: ${spent} ${currency} are spent or reserved; it begins anew at ${resetsAt}`,
        details,
      );
}

/** The sums after an order of this price. */
export function afterwards(spent: Spent, price: Money | null): Spent {
  if (price === null || price.amount === "0") return spent;
  return {
    pairing: addAmounts(spent.pairing, price.amount),
    machine: addAmounts(spent.machine, price.amount),
  };
}
