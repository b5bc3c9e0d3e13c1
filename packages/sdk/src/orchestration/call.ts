import type { MarketAnswer, MarketOperation, MarketOperationId } from "@peaqos/protocol/market";
import { apiOf, type OrchestrationContext } from "./api.ts";
import { assertPairingToken, paginationQueryParams } from "./checks.ts";
import { assertExecuteResponse, assertItemResponse, assertListResponse, shapeError } from "./envelopes.ts";
import { OrchestrationApiError } from "./errors.ts";
import { sanitizeBody } from "./redact.ts";
import { type RequestOptions, send } from "./transport.ts";
import { buildOrchestrationUrl, fillPath } from "./url.ts";

/** Sends through the operation table and checks the answer by the table's own schema. */

/** Read-only at any depth. */
export type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** One result. */
export type ItemResponse<T> = { readonly item: T };

/** One page. `nextCursor` is left out when there is no next page. */
export type ListResponse<T> = { readonly items: readonly T[]; readonly nextCursor?: string };

/** Which page of a list. */
export type ListQuery = {
  /** Rows, 1 to 500; default 100. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before, as it came; omit on the first page. */
  readonly cursor?: string | undefined;
};

/** What an operation's success holds: the item, one row, or the bare body. */
export type AnswerOf<Id extends MarketOperationId> = DeepReadonly<MarketAnswer<Id>>;

/** What goes into a call besides the operation. */
export type CallInput = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  /** Absent: no body is sent. Keys go as they are. */
  readonly body?: unknown;
  readonly pairingToken?: string;
};

type Received = {
  readonly operation: MarketOperation;
  readonly data: unknown;
  readonly read: (value: unknown, at: string) => unknown;
};

async function receive(
  client: OrchestrationContext,
  id: MarketOperationId,
  input: CallInput,
  options: RequestOptions | undefined,
): Promise<Received> {
  const api = apiOf(client);
  const query = paginationQueryParams(input.query);
  // Loaded at the first call: programs that never use the market do not pay for its schemas.
  const { marketErrors, marketOperations, readerOf } = await import("@peaqos/protocol/market");
  const operation = marketOperations[id] as unknown as MarketOperation;
  const byToken =
    operation.auth === "pairing" ||
    (operation.auth === "apiKeyOrPairing" && input.pairingToken !== undefined);
  if (byToken) assertPairingToken(input.pairingToken);
  const url = buildOrchestrationUrl(api.baseUrl, fillPath(operation.path, input.params ?? {}), query);
  const data = await send(
    api,
    {
      method: operation.method,
      url,
      auth: byToken
        ? { kind: "pairing", token: input.pairingToken as string }
        : { kind: operation.auth === "none" ? "none" : "platform" },
      idempotent: operation.idempotent,
      retryable: (code, status) =>
        Object.hasOwn(marketErrors, code)
          ? marketErrors[code as keyof typeof marketErrors].retryable
          : status === 429 || status === 503,
      ...(input.body !== undefined && { body: input.body }),
    },
    options,
  );
  const read = (value: unknown, at: string): unknown => {
    const result = readerOf(operation.answer!).safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    const path = [at, ...(issue?.path ?? [])].filter((part) => part !== "").map(String);
    throw shapeError(`${path.join(".") || "the body"}: ${issue?.message ?? "unexpected"}`);
  };
  return { operation, data, read };
}

/** A call that answers `{ item }`. */
export async function callItem<Id extends MarketOperationId>(
  client: OrchestrationContext,
  id: Id,
  input: CallInput,
  options?: RequestOptions,
): Promise<ItemResponse<AnswerOf<Id>>> {
  const { data, read } = await receive(client, id, input, options);
  assertItemResponse(data);
  return { item: read(data.item, "item") as AnswerOf<Id> };
}

/** A call that answers `{ items, nextCursor? }`. An empty cursor means the end. */
export async function callList<Id extends MarketOperationId>(
  client: OrchestrationContext,
  id: Id,
  input: CallInput,
  options?: RequestOptions,
): Promise<ListResponse<AnswerOf<Id>>> {
  const { data, read } = await receive(client, id, input, options);
  assertListResponse(data);
  const items = data.items.map((item, index) => read(item, `items.${index}`) as AnswerOf<Id>);
  const { nextCursor } = data;
  return typeof nextCursor === "string" && nextCursor !== "" ? { items, nextCursor } : { items };
}

/** A call that answers an object of its own. */
export async function callBare<Id extends MarketOperationId>(
  client: OrchestrationContext,
  id: Id,
  input: CallInput,
  options?: RequestOptions,
): Promise<AnswerOf<Id>> {
  const { data, read } = await receive(client, id, input, options);
  if (id === "executeMarketOrder") assertExecuteResponse(data);
  return read(data, "") as AnswerOf<Id>;
}

/** A call without a result: 204, or any JSON, which is ignored. */
export async function callEmpty(
  client: OrchestrationContext,
  id: MarketOperationId,
  input: CallInput,
  options?: RequestOptions,
): Promise<void> {
  await receive(client, id, input, options);
}

/** Details of a failed call may repeat secrets of its body: they are redacted. */
export async function withRedactedDetails<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof OrchestrationApiError)) throw error;
    throw new OrchestrationApiError(error.message, {
      code: error.code,
      statusCode: error.statusCode,
      details: sanitizeBody(error.details),
      retryable: error.retryable,
      ...(error.requestId !== undefined && { requestId: error.requestId }),
    });
  }
}

/** All rows of a list, page by page. Ends at a missing, null or empty cursor. */
export async function* allPages<T, Q extends ListQuery>(
  page: (query: Q) => Promise<ListResponse<T>>,
  options: Omit<Q, "cursor">,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await page({ ...options, cursor } as Q);
    yield* items;
    // A server that repeats a cursor would be asked for ever.
    if (nextCursor !== undefined && nextCursor === cursor)
      throw shapeError("nextCursor is the cursor of the page it came with");
    cursor = nextCursor;
  } while (cursor !== undefined);
}
