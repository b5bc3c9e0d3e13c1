import { z } from "zod";
import { defineOperation, type HttpMethod, type Operation, type ResponseSpec } from "../operation.ts";
import { type MarketErrorCode, marketErrorSchema, marketErrors } from "./errors.ts";
import { idSchema } from "./values.ts";

/** How a row of the market's operation table is written: the answers' wrapping and the common errors follow from it. */

/** Every path below stands under this. `GET /health` is served at the host's root as well. */
export const marketBasePath = "/api/v1";

/** What a success looks like: `{ item }`, `{ items, nextCursor? }`, an object of its own, or nothing (204). */
export type Envelope = "item" | "list" | "bare" | "empty";

/** How a caller shows who it is: the platform's key, the agent's pairing token, either of them, or not at all. */
export type MarketAuth = "platform" | "pairing" | "either" | "none";

export type MarketRow = {
  readonly id: string;
  readonly method: HttpMethod;
  readonly path: string;
  readonly auth: MarketAuth;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly envelope: Envelope;
  /** Statuses of success; default 200, or 204 without a body. */
  readonly statuses?: readonly number[];
  /** The item, one row of the list, or the bare body. Absent for `empty`. */
  readonly answer?: z.ZodType;
  /** Errors beyond those every operation of its kind has. */
  readonly errors?: readonly MarketErrorCode[];
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  /** Bound by the published clients; the others are ours. */
  readonly published?: boolean;
  /** A request with a body that changes nothing: it takes no `Idempotency-Key`. */
  readonly readsOnly?: boolean;
};

/** A row with everything that follows from it. */
export type MarketOperation = Operation & {
  readonly caller: MarketAuth;
  readonly envelope: Envelope;
  readonly answer?: z.ZodType;
  readonly errors: readonly MarketErrorCode[];
  readonly published: boolean;
};

/** The field as the row has it, or nothing. */
type Field<T, K extends string> = K extends keyof T ? { readonly [Name in K]: T[K] } : unknown;

type FilledRow<T extends MarketRow> = Omit<
  MarketOperation,
  "id" | "caller" | "envelope" | "params" | "query" | "body" | "answer"
> & {
  readonly id: T["id"];
  readonly caller: T["auth"];
  readonly envelope: T["envelope"];
} & Field<T, "params"> &
  Field<T, "query"> &
  Field<T, "body"> &
  Field<T, "answer">;

const everywhere: readonly MarketErrorCode[] = [
  "VALIDATION_ERROR",
  "RATE_LIMITED",
  "INTERNAL_ERROR",
  "SERVICE_UNAVAILABLE",
];
const byKey = ["AUTH_REQUIRED", "AUTH_INVALID", "FORBIDDEN"] as const;
const byToken = ["AGENT_AUTH_INVALID", "AGENT_AUTH_EXPIRED", "AGENT_PAIRING_INACTIVE"] as const;
const byAuth: Readonly<Record<MarketAuth, readonly MarketErrorCode[]>> = {
  platform: byKey,
  // Where pairing tokens are not enforced, a missing one needs the platform's key instead.
  pairing: [...byKey, "AGENT_AUTH_REQUIRED", ...byToken],
  either: [...byKey, ...byToken],
  none: [],
};
/** Every write honours `Idempotency-Key`: the same key with another request is a CONFLICT. */
const onWrites: readonly MarketErrorCode[] = ["CONFLICT"];
const onBodies: readonly MarketErrorCode[] = ["PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"];

const schemes = {
  platform: "apiKey",
  pairing: "pairing",
  either: "apiKeyOrPairing",
  none: "none",
} as const;

/** Fills a row of the table. @throws Error when path and params differ. */
export function marketOperation<const T extends MarketRow>(row: T): FilledRow<T> {
  const write = row.method !== "GET" && row.readsOnly !== true;
  const errors = [
    ...new Set([
      ...everywhere,
      ...byAuth[row.auth],
      ...(write ? onWrites : []),
      ...(row.method === "GET" ? [] : onBodies),
      ...(row.errors ?? []),
    ]),
  ];
  const statuses = row.statuses ?? [row.envelope === "empty" ? 204 : 200];
  const schema = wrapped(row);
  const success = statuses.map((status): [number, ResponseSpec] => [
    status,
    schema === undefined ? { description: "done" } : { description: row.summary, schema },
  ]);
  const { statuses: _, readsOnly: __, published, auth, ...fields } = row;
  return {
    ...defineOperation({
      ...fields,
      auth: schemes[auth],
      idempotent: write,
      responses: { ...errorResponses(errors), ...Object.fromEntries(success) },
      errors,
    } as Operation),
    id: row.id,
    caller: auth,
    envelope: row.envelope,
    answer: row.answer,
    errors,
    published: published ?? false,
  } as unknown as FilledRow<T>;
}

function wrapped(row: MarketRow): z.ZodType | undefined {
  if (row.answer === undefined) return undefined;
  if (row.envelope === "item") return z.object({ item: row.answer });
  if (row.envelope === "list")
    return z.object({
      items: z.array(row.answer),
      nextCursor: z.string().min(1).optional().describe("absent on the last page"),
    });
  return row.answer;
}

/** One entry per status, naming the codes that come with it. */
function errorResponses(codes: readonly MarketErrorCode[]): Record<number, ResponseSpec> {
  const byStatus = Map.groupBy(codes, (code) => marketErrors[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      { description: list.join(", "), schema: marketErrorSchema },
    ]),
  );
}

/** Path parameters by name, each an id that needs no encoding. */
export function ids<const N extends string>(
  ...names: readonly N[]
): z.ZodObject<{ [K in N]: typeof idSchema }> {
  return z.object(Object.fromEntries(names.map((name) => [name, idSchema])) as { [K in N]: typeof idSchema });
}
