/**
 * An answer that is not a success, thrown from anywhere below a handler. The service's `ErrorFormat` decides how
 * its body looks on the wire.
 */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  /** Stable name of the error in the service's table. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Figures for the client, in the formats that have room for them. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    options: {
      headers?: Record<string, string>;
      details?: Record<string, unknown>;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
    this.details = options.details;
  }
}

/** One thing in a request that does not fit its schema. */
export type RequestIssue = {
  readonly in: "path" | "query" | "body" | "headers";
  readonly path: readonly (string | number)[];
  /** Name of the rule, as zod calls it: `too_big`, `invalid_type`. */
  readonly rule: string;
  readonly message: string;
};

/** What every layer below the handlers can meet: the kit asks the service for the words. */
export type KitErrorCode =
  | "routeNotFound"
  | "methodNotAllowed"
  | "payloadTooLarge"
  | "unsupportedMediaType"
  | "invalidJson"
  | "tooManyRequests"
  | "databaseUnavailable"
  | "internal";

export type FormattedError = { readonly status: number; readonly body: unknown };

/** How one service writes its errors. Every error of every layer passes here. */
export type ErrorFormat = {
  /** A request that does not fit the operation's schemas. */
  invalid(issues: readonly RequestIssue[], requestId: string): FormattedError;
  /** Everything else. */
  failed(error: HttpError, requestId: string): FormattedError;
  /** The service's own wording of an error the kit raised; `figures` holds limits and the like. */
  describe(code: KitErrorCode, figures: Readonly<Record<string, string | number>>): HttpError;
};
