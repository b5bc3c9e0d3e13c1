/** An answer that is not a result: nothing was delivered for this key. */
export class SellerError extends Error {
  readonly status: number;
  readonly code: string;

  /**
   * @param status 400 to 599: 4xx when the caller can do something about it; 503 when the same request may succeed later
   * or its outcome is open: the market asks again with the same key.
   * @param code lower case with underscores; stays the same when the message changes.
   * @param message what happened, with which value, by which rule, what to do next. The buyer reads it.
   */
  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SellerError";
    this.status = status;
    this.code = code;
  }
}

export type ErrorBody = { error: { code: string; message: string } };

type Failure = {
  statusCode?: number;
  code?: string;
  validation?: readonly { instancePath: string; message?: string; params?: Record<string, unknown> }[];
};

/** Status and body of whatever a request met. Mistakes of the seller stay without detail: the log has them. */
export function answerOf(error: unknown, inputLimit: number): { status: number; body: ErrorBody } {
  const of = (status: number, code: string, message: string) => ({
    status,
    body: { error: { code, message } },
  });
  if (error instanceof SellerError) return of(error.status, error.code, error.message);
  const { statusCode, code, validation } = error as Failure;
  if (validation !== undefined)
    return of(422, "invalid_input", `The input breaks the contract: ${problems(validation)}.`);
  if (statusCode === 413)
    return of(413, "input_too_large", `The input is larger than ${inputLimit} bytes. Send less.`);
  if (statusCode === 415)
    return of(415, "unsupported_media_type", "The input must come as content-type: application/json.");
  if (statusCode === 400 && code !== "FST_ERR_BAD_URL")
    return of(400, "invalid_json", "The body is not valid JSON. Send the input as one JSON object.");
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return of(statusCode, "bad_request", "The request cannot be read.");
  return of(500, "internal_error", "The seller failed. Nothing was delivered; try again with the same key.");
}

/** Schema violations in words: where, and which rule. */
export function problems(found: NonNullable<Failure["validation"]>): string {
  return found
    .slice(0, 5)
    .map(({ instancePath, message, params }) => {
      const extra = params?.additionalProperty;
      const where = instancePath === "" ? "it" : instancePath.slice(1).replaceAll("/", ".");
      return `${where} ${message ?? "is wrong"}${extra === undefined ? "" : ` (${String(extra).slice(0, 100)})`}`;
    })
    .join("; ");
}
