import { stringifyJson } from "@peaqos/protocol";
import { HttpError } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import { createBatcher, type Settled } from "../kit/batcher.ts";
import type { AgentCaller, Caller, PlatformCaller } from "../kit/caller.ts";
import { notFound } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import { idempotencyKey, type WriteSource } from "../kit/write.ts";
import { keyWords, type ManyItem, type ManyTx, NeedsOwnTransaction, writeMany } from "../kit/write-many.ts";
import type { Machines } from "../machines/machines.ts";
import type { Entry } from "../orders/entry.ts";
import { type KeptOrder, readOrders } from "../orders/many.ts";
import { recheckAll, type Standing } from "../orders/standing.ts";
import { orderOf } from "../orders/store.ts";
import { checkNamed } from "../pairings/authorise.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { TransferLog } from "../payments/chain/facts.ts";
import { lockPayments } from "../payments/many.ts";
import { claimTransfers, type TransferClaim } from "../payments/transfers.ts";
import { lockRuns } from "../tasks/records.ts";
import { type AgentStep, openStep, type Step, type StepLeft, writeSteps } from "./step.ts";

/**
 * Steps of orders, written together where they arrive together (docs/decisions/steps-in-batches.md). Locked, in this
 * order: orders, payments, runs, pairings with their machines; the audit chains last, by the kit. A step whose order is
 * held by another transaction leaves its batch and waits by itself.
 */
export type Steps = {
  /**
   * A step that the order's agent asks for. Who calls is checked before anything is looked up, and again with the
   * locked rows.
   *
   * @param prepare runs once the caller is let in, outside of the transaction.
   * @returns what `decide` returns, which must be JSON: a repeated `Idempotency-Key` gets it again.
   * @throws HttpError NOT_FOUND, the refusals of authentication, and what `decide` throws.
   */
  request<T, P = undefined>(
    request: AgentOnOrder,
    decide: (step: AgentStep, prepared: P) => T | Promise<T>,
    prepare?: () => Promise<P>,
  ): Promise<T>;
  /** A step of the system; null where there is no such order. `runId` names the run to lock with it. */
  system<T>(orderId: string, decide: (step: Step) => T | Promise<T>, runId?: string): Promise<T | null>;
  /** Reads an order, together with those that others ask for. */
  read(orderId: string): Promise<KeptOrder | null>;
};

export type AgentOnOrder = WriteSource & {
  readonly caller: AgentCaller | PlatformCaller;
  readonly params: { readonly orderId: string };
};

type Item = ManyItem & {
  readonly orderId: string;
  readonly runId?: string | undefined;
  /** Null: the system's. */
  readonly who: { readonly caller: AgentCaller | PlatformCaller; readonly standing: Standing } | null;
  readonly decide: (step: AgentStep) => unknown;
  /** Set where it is tried by itself, until the order is free. */
  waits?: boolean;
  value?: unknown;
};

/** Another transaction holds the order, its payment, or the pairing or machine behind it. */
class OrderHeld extends Error {
  override readonly name = "OrderHeld";
}

/** More in one transaction would gain little and hold many orders for long. */
const max = 100;
/** Steps that wait for their orders, each with a connection: at most so many, and a quarter of all connections. */
const maxWaiting = 4;
const systemCaller: Caller = { kind: "system", tenantId: "default" };

export function createSteps(
  market: Market,
  deps: { readonly enter: Entry; readonly pairings: Pairings; readonly machines: Machines },
): Steps {
  const { pool } = market.database;

  async function work(
    client: PoolClient,
    now: Date,
    requests: readonly ManyTx<Item>[],
    last: (write: Promise<unknown>) => void,
  ) {
    const orderIds = requests.map(({ item }) => item.orderId);
    const runIds = requests.flatMap(({ item }) => item.runId ?? []);
    const asked = requests.flatMap(({ item }) => item.who ?? []);
    const lock = requests.every(({ item }) => item.waits === true) ? "wait" : "skip";
    const [orders, payments, runs, standings] = await Promise.all([
      readOrders(client, orderIds, lock),
      lockPayments(client, orderIds, lock),
      lockRuns(client, runIds),
      asked.length > 0 ? recheckAll(client, deps, asked, lock === "wait" ? null : new OrderHeld()) : [],
    ]);
    const held = lock === "wait" ? new Set() : await heldOrders(client, orderIds, orders, payments);
    const standingOf = new Map(asked.map((who, at) => [who, standings[at]!]));
    const claims = createBatcher<TransferClaim, TransferLog | null>({
      max,
      concurrency: 1,
      run: async (list) => (await claimTransfers(client, list)).map((value) => ({ value })),
    });
    const decided = await Promise.allSettled(
      requests.map(async (tx): Promise<StepLeft | null> => {
        const { item } = tx;
        if (held.has(item.orderId)) throw new OrderHeld();
        const order = orders.get(item.orderId);
        if (order === undefined && item.who === null) return null;
        const pairing = item.who === null ? null : pairingOf(item.who, order, item.orderId, standingOf);
        const hand = {
          order: order!,
          payment: payments.get(item.orderId) ?? null,
          run: runs.get(item.runId ?? "") ?? null,
          claimTransfer: claims.add,
        };
        const { step, left } = openStep(tx, hand);
        // The getters of the step stay its own.
        const whole = Object.defineProperty(step, "pairing", { value: pairing }) as AgentStep;
        item.value = await item.decide(whole);
        if (idempotencyKey(item.source.headers) !== null) item.answer = stringifyJson(item.value ?? null);
        return left();
      }),
    );
    const errors = decided.map((each) => (each.status === "rejected" ? (each.reason as unknown) : undefined));
    // Whatever is no refusal may have left the transaction in pieces.
    const fault = errors.find(
      (error) =>
        error !== undefined &&
        !(error instanceof HttpError) &&
        !(error instanceof NeedsOwnTransaction) &&
        !(error instanceof OrderHeld),
    );
    if (fault !== undefined) throw fault;
    const lefts = decided.flatMap((each) => (each.status === "fulfilled" ? (each.value ?? []) : []));
    last(writeSteps(client, now, lefts));
    return errors;
  }

  type Done = { readonly value: unknown; readonly isReplay: boolean };

  async function write(items: readonly Item[]): Promise<Settled<Done>[]> {
    const outcomes = await writeMany(market, items, work);
    return outcomes.map((outcome, at) => {
      if ("error" in outcome) return outcome;
      if ("replay" in outcome) return { value: { value: outcome.replay, isReplay: true } };
      return { value: { value: items[at]!.value ?? null, isReplay: false } };
    });
  }

  const alone = createBatcher<Item, Done>({
    max: 1,
    concurrency: Math.min(maxWaiting, Math.ceil(market.config.PEAQOS_MARKET_DATABASE_CONNECTIONS / 4)),
    run: write,
  });

  const steps = createBatcher<Item, Done>({
    max,
    // One at a time, so that more share a commit.
    concurrency: 1,
    apart: (item) => [item.orderId, ...keyWords(item.source)],
    async run(items) {
      const outcomes = await write(items);
      return outcomes.map((outcome, at) => {
        if (!("error" in outcome && outcome.error instanceof OrderHeld)) return outcome;
        const item = items[at]!;
        item.waits = true;
        return { later: alone.add(item).then((value) => ({ value })) };
      });
    },
  });

  const reads = createBatcher<string, KeptOrder | null>({
    max: 500,
    concurrency: 1,
    async run(ids) {
      const found = await readOrders(pool, ids);
      return ids.map((id) => ({ value: found.get(id) ?? null }));
    },
  });

  /** An agent's token names its pairing; for a platform caller the order does. */
  async function letIn({ caller, params }: AgentOnOrder): Promise<Standing> {
    if (caller.kind === "agent") return deps.enter(caller, {});
    const { machine_id, agent_pairing_id } = await orderOf(pool, params.orderId, caller.tenantId);
    return deps.pairings.authorise(caller, { machineId: machine_id, pairingId: agent_pairing_id });
  }

  return {
    read: reads.add,
    async request<T, P>(
      request: AgentOnOrder,
      decideWith: (step: AgentStep, prepared: P) => T | Promise<T>,
      prepare?: () => Promise<P>,
    ) {
      const { caller, params } = request;
      const standing = await letIn(request);
      const prepared = (await prepare?.()) as P;
      const decide = (step: AgentStep) => decideWith(step, prepared);
      // A key that is none is refused here, before the queue would stumble over it.
      keyWords(request);
      const who = { caller, standing };
      const item: Item = { source: request, keep: null, orderId: params.orderId, who, decide };
      const { value, isReplay } = await steps.add(item);
      // What was answered once is not looked at with the locked rows: the session is asked for here.
      if (isReplay) await deps.pairings.holds(caller);
      return value as T;
    },
    async system<T>(orderId: string, decide: (step: Step) => T | Promise<T>, runId?: string) {
      const source = { caller: systemCaller, id: null, headers: {}, operation: "system" };
      return (await steps.add({ source, keep: null, orderId, runId, who: null, decide })).value as T | null;
    },
  };
}

/** Orders that were not locked because another transaction holds them or their payments: all others would wait too. */
async function heldOrders(
  client: PoolClient,
  orderIds: readonly string[],
  orders: ReadonlyMap<string, unknown>,
  payments: ReadonlyMap<string, unknown>,
): Promise<ReadonlySet<unknown>> {
  const missing = orderIds.filter((id) => !orders.has(id));
  const unpaid = orderIds.filter((id) => !payments.has(id));
  if (unpaid.length === 0 && missing.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>({
    name: "held_orders",
    text: `select id from market_orders where id = any($1)
      union all select order_id from market_payments where order_id = any($2)`,
    values: [missing, unpaid],
  });
  return new Set(rows.map(({ id }) => id));
}

/** @throws HttpError what the recheck says; NOT_FOUND (of another tenant too); AGENT_AUTH_INVALID for another agent's order. */
function pairingOf(
  who: NonNullable<Item["who"]>,
  order: KeptOrder | undefined,
  orderId: string,
  standings: ReadonlyMap<Item["who"], Standing | { readonly error: unknown }>,
) {
  const { caller } = who;
  // First: whoever is not let in any more learns of no order, not even that there is none.
  const standing = standings.get(who)!;
  if ("error" in standing) throw standing.error;
  if (order === undefined || order.tenant_id !== caller.tenantId) throw notFound("order", orderId);
  const named = { machineId: order.machine_id, pairingId: order.agent_pairing_id };
  if (caller.kind === "agent") checkNamed(caller.claims, named);
  return standing.pairing;
}
