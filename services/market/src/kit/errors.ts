import { type MarketErrorBody, type MarketErrorCode, marketErrors } from "@peaqos/protocol/market";
import { type ErrorFormat, HttpError, type KitErrorCode } from "@peaqos/service-kit";

/** Errors of the market: `{ error: { code, message, details?, requestId } }` from every layer. */

/**
 * An error of the market's table. `message` says what happened, with which value; the table's advice is appended.
 * Details reach the caller as they are: never a secret.
 *
 * @example
 * throw fail("QUOTE_EXPIRED", `quote ${id} expired at ${expiresAt}`, { quoteId: id, expiresAt });
 */
export function fail(
  code: MarketErrorCode,
  message?: string,
  details?: Record<string, unknown>,
  options: { headers?: Record<string, string>; cause?: unknown } = {},
): HttpError {
  const { status, title, next } = marketErrors[code];
  const text = `${(message ?? title).replace(/[.\s]+$/, "")}. ${next}`;
  return new HttpError(status, code, text, { ...options, ...(details === undefined ? {} : { details }) });
}

/** A field that is well-formed and still cannot be. */
export function invalid(field: string, message: string, details: Record<string, unknown> = {}): HttpError {
  return fail("VALIDATION_ERROR", `${field}: ${message}`, { field, ...details });
}

/** The same answer for what does not exist and for what belongs to somebody else. */
export function notFound(what: string, id: string): HttpError {
  return fail("NOT_FOUND", `there is no ${what} ${id}`);
}

export function isFailure(error: unknown, code: MarketErrorCode): error is HttpError {
  return error instanceof HttpError && error.code === code;
}

const codes: Readonly<Record<KitErrorCode, MarketErrorCode>> = {
  routeNotFound: "NOT_FOUND",
  methodNotAllowed: "METHOD_NOT_ALLOWED",
  payloadTooLarge: "PAYLOAD_TOO_LARGE",
  unsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
  invalidJson: "VALIDATION_ERROR",
  tooManyRequests: "RATE_LIMITED",
  databaseUnavailable: "SERVICE_UNAVAILABLE",
  internal: "INTERNAL_ERROR",
};

const words: Partial<Record<KitErrorCode, (figures: Readonly<Record<string, string | number>>) => string>> = {
  routeNotFound: ({ path }) => `there is nothing at ${path}`,
  methodNotAllowed: ({ method }) => `${method} is not possible here`,
  invalidJson: () => "the body is not JSON",
  tooManyRequests: ({ limit, seconds }) =>
    `more than ${limit} requests in a minute; ${seconds} seconds to go`,
};

const body = (error: HttpError, requestId: string): MarketErrorBody => ({
  error: {
    code: error.code,
    message: error.message,
    ...(error.details === undefined ? {} : { details: error.details }),
    requestId,
  },
});

export const marketErrorFormat: ErrorFormat = {
  invalid(issues, requestId) {
    const list = issues.map((issue) => ({
      in: issue.in,
      field: issue.path.join("."),
      rule: issue.rule,
      message: issue.message,
    }));
    const text = list
      .slice(0, 5)
      .map(({ in: place, field, message }) => `${field === "" ? place : field}: ${message}`)
      .join("; ");
    const error = fail("VALIDATION_ERROR", text, { issues: list.slice(0, 50) });
    return { status: error.status, body: body(error, requestId) };
  },
  failed: (error, requestId) => ({ status: error.status, body: body(error, requestId) }),
  describe: (code, figures) => {
    const seconds = figures.seconds;
    return fail(
      codes[code],
      words[code]?.(figures),
      code === "invalidJson" ? { reason: "invalid_json" } : undefined,
      seconds === undefined ? {} : { headers: { "retry-after": String(seconds) } },
    );
  },
};
