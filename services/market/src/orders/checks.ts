import { type MarketErrorCode, marketErrors } from "@peaqos/protocol/market";
import type { HttpError } from "@peaqos/service-kit";
import { fail } from "../kit/errors.ts";

/** One rule's result for one order. A dry run shows them all; an order is refused with the first that failed. */
export type Check = {
  readonly rule: string;
  readonly passed: boolean;
  /** The error an order gets; null when the rule passed. */
  readonly code: MarketErrorCode | null;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | null;
};

export const pass = (rule: string, message: string, details: Check["details"] = null): Check => ({
  rule,
  passed: true,
  code: null,
  message,
  details,
});

export const refuse = (
  rule: string,
  code: MarketErrorCode,
  message: string,
  details: Record<string, unknown>,
): Check => ({ rule, passed: false, code, message, details });

/** The error of the first rule that failed. */
export function refusalOf(checks: readonly Check[]): HttpError | undefined {
  const failed = checks.find((check) => !check.passed);
  return failed === undefined
    ? undefined
    : fail(failed.code!, failed.message, { rule: failed.rule, ...failed.details });
}

/** What another domain refuses, as a check. Its advice is left out: the refusal of the order adds it again. */
export function refusedBy(rule: string, error: HttpError, more: Record<string, unknown> = {}): Check {
  const code = error.code as MarketErrorCode;
  const advice = marketErrors[code].next;
  const message = error.message.endsWith(advice) ? error.message.slice(0, -advice.length) : error.message;
  return refuse(rule, code, message.replace(/[.\s]+$/, ""), { ...more, ...error.details });
}
