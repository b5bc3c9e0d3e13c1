import { z } from "zod";

/**
 * Errors of the rating API. Its published body is `{ "detail": text }`; a request that does not fit the schema is
 * answered with the list form. The texts marked published are literal.
 */

export type RatingErrorSpec = { readonly status: number; readonly detail: string };

/** Name to status and text. `{…}` stands for a figure of the request. */
export const ratingErrors = {
  invalidJson: { status: 400, detail: "Request body is not JSON" },
  /** published */ emptyDid: { status: 400, detail: "Empty DID" },
  /** published */ invalidAddress: { status: 400, detail: "Invalid Ethereum address format" },
  /** published */ machineNotRegistered: { status: 404, detail: "Machine not registered" },
  /** published */ tokenNotFound: { status: 404, detail: "Token not found" },
  /** published */ machineNotFound: { status: 404, detail: "Machine not found" },
  /** published */ machineWalletNotFound: { status: 404, detail: "Machine wallet not found" },
  routeNotFound: { status: 404, detail: "Not Found" },
  methodNotAllowed: { status: 405, detail: "Method Not Allowed" },
  payloadTooLarge: { status: 413, detail: "Payload Too Large" },
  unsupportedMediaType: { status: 415, detail: "Unsupported Media Type" },
  tooManyRequests: {
    status: 429,
    detail: "Too many requests: {limit} a minute are allowed, try again in {seconds} s",
  },
  internal: { status: 500, detail: "Internal Server Error" },
  /** published */ notInitialised: { status: 503, detail: "Service not initialised" },
  /** published */ chainUnavailable: { status: 503, detail: "Chain unavailable" },
  databaseUnavailable: { status: 503, detail: "Database unavailable" },
} as const satisfies Record<string, RatingErrorSpec>;

export type RatingErrorName = keyof typeof ratingErrors;

/** Every error but a refused request. */
export const detailSchema = z.object({ detail: z.string().min(1) }).meta({ id: "Detail" });

/** 422: one entry for each thing that does not fit. */
export const validationProblemSchema = z
  .object({
    detail: z
      .array(
        z.object({
          type: z.string().describe("the rule, for example too_big"),
          loc: z.array(z.union([z.string(), z.int()])).describe("where: path, query or body, then the field"),
          msg: z.string(),
        }),
      )
      .min(1),
  })
  .meta({ id: "ValidationProblem" });
export type ValidationProblem = z.infer<typeof validationProblemSchema>;
