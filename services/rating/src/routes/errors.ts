import { type RatingErrorName, ratingErrors, type ValidationProblem } from "@peaqos/protocol";
import { type ErrorFormat, HttpError, type KitErrorCode } from "@peaqos/service-kit";

/** Errors of the rating API in its published form: `{ "detail": text }`, or the list form for a refused request. */

const fill = (text: string, figures: Readonly<Record<string, string | number>>) =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(figures[name] ?? whole));

/** An error of the API's table. */
export function ratingError(
  name: RatingErrorName,
  figures: Readonly<Record<string, string | number>> = {},
): HttpError {
  const { status, detail } = ratingErrors[name];
  return new HttpError(status, name, fill(detail, figures));
}

/** A request whose parameters fit their schemas one by one, but not each other or the data. */
export class InvalidParameter extends HttpError {
  readonly problem: ValidationProblem;

  constructor(parameter: string, rule: string, message: string) {
    super(422, "invalidParameter", message);
    this.problem = { detail: [{ type: rule, loc: ["query", parameter], msg: message }] };
  }
}

const names: Readonly<Record<KitErrorCode, RatingErrorName>> = {
  routeNotFound: "routeNotFound",
  methodNotAllowed: "methodNotAllowed",
  payloadTooLarge: "payloadTooLarge",
  unsupportedMediaType: "unsupportedMediaType",
  invalidJson: "invalidJson",
  tooManyRequests: "tooManyRequests",
  databaseUnavailable: "databaseUnavailable",
  internal: "internal",
};

export const ratingErrorFormat: ErrorFormat = {
  invalid: (issues) => ({
    status: 422,
    body: {
      detail: issues.map((issue) => ({
        type: issue.rule,
        loc: [issue.in, ...issue.path],
        msg: issue.message,
      })),
    } satisfies ValidationProblem,
  }),
  failed: (error) => ({
    status: error.status,
    body: error instanceof InvalidParameter ? error.problem : { detail: error.message },
  }),
  describe: (code, figures) => ratingError(names[code], figures),
};
