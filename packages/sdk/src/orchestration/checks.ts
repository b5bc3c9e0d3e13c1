import { LIST_QUERY_MAX_LIMIT } from "./constants.ts";
import { OrchestrationValidationError } from "./errors.ts";

/** Checks before anything is sent. Everything else is left to the server. */

/** Text that is not blank. It is sent as it is, not trimmed. @throws OrchestrationValidationError. */
export function assertNonEmptyString(field: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || value.trim() === "")
    throw new OrchestrationValidationError(field, "must be a text that is not blank");
}

/** Several fields at once: `{ machineId, pairingId }`. @throws OrchestrationValidationError naming the first. */
export function assertFilled(fields: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(fields)) assertNonEmptyString(field, value);
}

/** A token that fits into a header. @throws OrchestrationValidationError (`pairingToken`). */
export function assertPairingToken(value: unknown): asserts value is string {
  assertNonEmptyString("pairingToken", value);
  if (!/^[\x20-\x7e]+$/.test(value))
    throw new OrchestrationValidationError("pairingToken", "must be one line of printable ASCII characters");
}

/** An http or https URL with a host; white space around it passes. @throws OrchestrationValidationError. */
export function assertParseableHttpUrl(field: string, value: unknown): asserts value is string {
  if (typeof value === "string")
    try {
      const url = new URL(value.trim());
      if (/^https?:$/.test(url.protocol) && url.hostname !== "") return;
    } catch {
      // Not a URL: the same answer as for a wrong one.
    }
  throw new OrchestrationValidationError(field, "valid URL");
}

/** Rows of a page: 1 to 500, or nothing. @throws OrchestrationValidationError (`limit`). */
export function validateListLimit(limit: number | null | undefined): void {
  if (limit === undefined || limit === null) return;
  if (!Number.isInteger(limit) || limit < 1 || limit > LIST_QUERY_MAX_LIMIT)
    throw new OrchestrationValidationError(
      "limit",
      `must be a whole number from 1 to ${LIST_QUERY_MAX_LIMIT}`,
    );
}

/** Query of a list: what is set, as text. An empty cursor is none. @throws OrchestrationValidationError (`limit`). */
export function paginationQueryParams(
  options: Readonly<Record<string, unknown>> = {},
): Record<string, string> {
  validateListLimit(options.limit as number | undefined);
  return Object.fromEntries(
    Object.entries(options)
      .filter(
        ([name, value]) => value !== undefined && value !== null && !(name === "cursor" && value === ""),
      )
      .map(([name, value]) => [name, String(value)]),
  );
}
