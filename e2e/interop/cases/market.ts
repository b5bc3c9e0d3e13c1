import assert from "node:assert/strict";
import { type MarketErrorCode, marketErrors } from "@peaqos/protocol/market";
import type { Context } from "../case.ts";
import { assertParsed, plain } from "../fields.ts";
import type { Person } from "../market-side.ts";
import { type PublishedSdk, PublishedSdkError } from "../published-sdk.ts";

/** One HTTP exchange of the published client, as a hook on its own session saw it. */
export type Exchange = {
  method: string;
  path: string;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes
  sent: any;
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes
  answer: any;
};

// biome-ignore lint/suspicious/noExplicitAny: the answers are a foreign program's; each case checks what it needs.
type Any = any;

/** An instance of one of the package's types, as an argument. */
export const of = (type: string, fields: Record<string, unknown> = {}) => ({ $type: type, ...fields });

const isList = (value: Any) => Array.isArray(value);

/** Everything that is parsed out of an answer is compared with it; an iterator's rows with all its pages. */
function compare(value: Any, exchanges: Exchange[], opaque: readonly string[]): void {
  if (value === null) return;
  if (isList(value)) {
    const rows = exchanges.flatMap(({ answer }) => answer.items);
    assertParsed(value, rows, "items", opaque);
  } else assertParsed(value, exchanges.at(-1)?.answer, "", opaque);
}

/** The market namespace of a published SDK. `driver` has a client of that name connected. */
export function marketOf(driver: PublishedSdk, client: string, opaque: readonly string[] = []) {
  let last: Exchange[] = [];
  const through = async (how: "call" | "function", method: string, args: unknown[], named: object) => {
    const { value, exchanges } = await driver.call(how, { client, method, args, named });
    last = exchanges;
    compare(value, exchanges, opaque);
    return plain(value);
  };
  return {
    /** What the last successful call exchanged. */
    exchanges: () => last,
    /** @returns what the client parsed, with Python's names; compared with the wire on the way. */
    call: (method: string, args: unknown[] = [], named: object = {}): Promise<Any> =>
      through("call", method, args, named),
    /** The functional form. */
    function: (method: string, args: unknown[] = [], named: object = {}): Promise<Any> =>
      through("function", method, args, named),
    /** The call is refused by the server with this code, its status by our table, and a text. @returns the error. */
    async refused(
      code: MarketErrorCode,
      method: string,
      args: unknown[] = [],
      named: object = {},
    ): Promise<PublishedSdkError> {
      const error = await driver.call("call", { client, method, args, named }).then(
        () => assert.fail(`${method} was not refused with ${code}`),
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof PublishedSdkError, String(error));
      assert.equal(error.type, "OrchestrationApiError", error.message);
      assert.equal(error.code, code, error.message);
      assert.equal(error.status, marketErrors[code].status, error.message);
      assert.ok(error.message.length > code.length + 20, error.message);
      return error;
    },
    /** Refused by the client itself: nothing is sent. */
    async invalid(field: string, method: string, args: unknown[] = [], named: object = {}): Promise<void> {
      await assert.rejects(driver.call("call", { client, method, args, named }), (error) => {
        assert.ok(error instanceof PublishedSdkError, String(error));
        assert.deepEqual([error.type, error.field], ["OrchestrationValidationError", field]);
        return true;
      });
    },
  };
}

export type MarketCalls = ReturnType<typeof marketOf>;

/** The platform's client of the market lane, and clients with another URL or key under their own names. */
export function market(context: Context) {
  const { stack, market: driver } = context;
  const config = (url: string, apiKey?: string) => ({
    ...stack.clientConfig(stack.developer.privateKey),
    orchestration_url: url,
    ...(apiKey === undefined ? {} : { api_key: apiKey }),
  });
  return {
    ...marketOf(driver, "market"),
    connect: () =>
      driver.call("connect", {
        name: "market",
        config: config(stack.market.url, stack.market.apiKey),
      }),
    /** Another client: of a replica, or with another key (null: none). */
    async other(
      name: string,
      url: string = stack.market.url,
      apiKey: string | null = stack.market.apiKey,
    ): Promise<MarketCalls> {
      await driver.call("connect", { name, config: config(url, apiKey ?? undefined) });
      return marketOf(driver, name);
    },
  };
}

export const sign = (who: Pick<Person, "account">, message: string) => who.account.signMessage({ message });

/** What the market groups leave behind for those after them. */
export type MarketMade = {
  machineId?: string;
  agent?: Person;
  pairingId?: string;
  token?: string;
  orderId?: string;
  searchId?: string;
};
