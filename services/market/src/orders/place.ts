import type { PoolClient } from "pg";
import type { AgentCaller, PlatformCaller } from "../kit/caller.ts";
import type { Market } from "../kit/market.ts";
import type { WriteSource } from "../kit/write.ts";
import { createWriteBatches, type Written } from "../kit/write-batches.ts";
import type { ManyItem, ManyTx } from "../kit/write-many.ts";
import type { Machines } from "../machines/machines.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Payments } from "../payments/payments.ts";
import { refusalOf } from "./checks.ts";
import { type Draft, draftOrder, type OrderBody } from "./draft.ts";
import type { KnowsFacts } from "./facts.ts";
import { insertOrders, type NewOrder, snapshotOf } from "./insert.ts";
import { afterwards, limitChecks, type Spent } from "./limits.ts";
import { dayOf } from "./money.ts";
import { addToSums, collect, keyText, type SpendKey, spendKeys, takeBack } from "./spend.ts";
import { recheckAll, type Standing } from "./standing.ts";

/**
 * Placing orders: everything of an order in one transaction, many orders in one transaction. Orders that arrive while
 * one is being written are written together, each passing or refused on its own.
 */

export type PlaceSource = WriteSource & {
  readonly caller: AgentCaller | PlatformCaller;
  readonly body: OrderBody;
};

export type PlaceDeps = {
  readonly pairings: Pairings;
  readonly machines: Machines;
  readonly payments: Payments;
  readonly facts: KnowsFacts;
};

type Item = ManyItem & {
  readonly source: PlaceSource;
  readonly standing: Standing;
  readonly orderId: string;
  readonly paymentId: string;
  /** Sealed. */
  readonly credentials: string | null;
  made?: NewOrder;
};

/** An order that passed everything but the sums. */
type Candidate = {
  readonly at: number;
  readonly tx: ManyTx<Item>;
  readonly standing: Standing;
  readonly draft: Draft;
  readonly checked: Awaited<ReturnType<KnowsFacts>>[number];
  readonly keys: readonly [SpendKey, SpendKey] | null;
};

export function createPlacing(market: Market, deps: PlaceDeps) {
  const { ids } = market;

  const add = createWriteBatches<Item, NewOrder>(market, {
    max: 500,
    work: write,
    madeOf: (item) => item.made!,
  });

  async function write(
    client: PoolClient,
    now: Date,
    requests: readonly ManyTx<Item>[],
  ): Promise<readonly unknown[]> {
    const errors: unknown[] = requests.map(() => undefined);
    const standings = await recheckAll(
      client,
      deps,
      requests.map(({ item }) => ({ caller: item.source.caller, standing: item.standing })),
    );
    const open = standings.flatMap((standing, at) => {
      if ("error" in standing) {
        errors[at] = standing.error;
        return [];
      }
      const tx = requests[at]!;
      const { orderId, paymentId, source } = tx.item;
      return [{ at, tx, standing, body: source.body, ids: { orderId, paymentId } }];
    });
    const facts = await deps.facts(client, now, open);
    const day = dayOf(now);
    const candidates = open.flatMap(({ at, tx, standing, body }, index): Candidate[] => {
      const checked = facts[index]!;
      const { checks, draft } = draftOrder(body, checked);
      const refusal = refusalOf(checks);
      if (refusal !== undefined || draft === null) {
        errors[at] = refusal ?? new Error("a draft is missing although every rule passed");
        return [];
      }
      const { price } = draft;
      const keys =
        price === null || price.amount === "0"
          ? null
          : spendKeys(standing.machine.id, standing.pairing.id, price.unit, day);
      return [{ at, tx, standing, draft, checked, keys }];
    });
    const accepted = await reserve(client, day, candidates, errors);
    if (accepted.length > 0) await insert(client, now, day, accepted);
    return errors;
  }

  /** Takes what every candidate asks for, decides in the order of arrival, and gives back what was refused. */
  async function reserve(
    client: PoolClient,
    day: string,
    candidates: readonly Candidate[],
    errors: unknown[],
  ): Promise<Candidate[]> {
    const asked = ({ keys, draft }: Candidate) =>
      keys === null || draft.price === null ? [] : [{ keys, amount: draft.price.amount }];
    const sums = await addToSums(client, collect(candidates.flatMap(asked)));
    const refused: Candidate[] = [];
    const accepted: Candidate[] = [];
    for (const candidate of candidates) {
      const { keys, draft, standing, checked } = candidate;
      const spent: Spent =
        keys === null
          ? { pairing: "0", machine: "0" }
          : { pairing: sums.get(keyText(keys[0])) ?? "0", machine: sums.get(keyText(keys[1])) ?? "0" };
      const refusal = refusalOf(
        limitChecks(draft.price, standing.pairing.policy, checked.policies, spent, day),
      );
      if (refusal !== undefined) {
        errors[candidate.at] = refusal;
        refused.push(candidate);
        continue;
      }
      accepted.push(candidate);
      if (keys === null) continue;
      const after = afterwards(spent, draft.price);
      sums.set(keyText(keys[0]), after.pairing);
      sums.set(keyText(keys[1]), after.machine);
    }
    await takeBack(client, collect(refused.flatMap(asked)));
    return accepted;
  }

  async function insert(
    client: PoolClient,
    now: Date,
    day: string,
    accepted: readonly Candidate[],
  ): Promise<void> {
    const orders = accepted.map(({ tx, standing, draft, keys }): NewOrder => {
      const order = newOrder(tx.item, standing, draft, now, day, keys !== null);
      tx.item.made = order;
      tx.audit({
        type: "order.created",
        resourceType: "market-order",
        resourceId: order.id,
        machineId: order.machine_id,
        payload: {
          after: "created",
          pairingId: order.agent_pairing_id,
          serviceId: order.service_id,
          operation: order.operation,
          quoteId: order.quote_id,
          amount: order.amount,
          currency: order.currency,
          rail: order.payment.defaultRail,
          payeeAddress: order.payment.payeeAddress,
        },
      });
      return order;
    });
    const payments = accepted.flatMap(({ draft }) => draft.payment ?? []);
    await Promise.all([
      insertOrders(client, orders),
      payments.length > 0 ? deps.payments.insertPayments(client, payments) : undefined,
    ]);
  }

  return {
    /** @throws HttpError of the first rule that the order breaks. */
    async place(source: PlaceSource, standing: Standing): Promise<Written<NewOrder>> {
      const orderId = ids.next("mord");
      return add({
        source,
        standing,
        orderId,
        paymentId: ids.next("mpay"),
        keep: `{"id":"${orderId}"}`,
        credentials: sealed(market, orderId, source.body),
      });
    },
  };
}

/** Credentials leave the request here and come out again only where the provider is called. */
function sealed(market: Market, orderId: string, { providerCredentials }: OrderBody): string | null {
  if (providerCredentials === undefined || Object.keys(providerCredentials).length === 0) return null;
  return market.sealing.seal(`order:${orderId}`, JSON.stringify(providerCredentials));
}

function newOrder(
  item: Item,
  { pairing, machine }: Standing,
  draft: Draft,
  now: Date,
  day: string,
  reserves: boolean,
): NewOrder {
  const { service, price, rail } = draft;
  const { body } = item.source;
  const { budget } = body;
  return {
    id: item.orderId,
    tenant_id: machine.tenant_id,
    machine_id: machine.id,
    agent_pairing_id: pairing.id,
    search_id: draft.searchId,
    quote_id: draft.quoteId,
    service_id: service.id,
    skill_key: service.skillKey,
    provider_key: service.providerKey,
    service_type: service.serviceType,
    operation: draft.operation,
    execution_mode: service.executionMode,
    integration_status: service.integrationStatus,
    input: body.input ?? {},
    budget:
      budget === undefined
        ? null
        : {
            amount: budget.amount === undefined ? null : String(budget.amount),
            currency: budget.currency ?? null,
          },
    payment: rail,
    credentials: item.credentials,
    amount: price?.amount ?? null,
    currency: price?.currency ?? null,
    spend_day: day,
    spend_held: reserves,
    created_at: now,
    snapshot: snapshotOf(service),
  };
}
