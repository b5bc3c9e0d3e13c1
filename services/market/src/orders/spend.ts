import { addAmounts, decimalOf, textOf } from "@peaqos/protocol/market";
import type { PoolClient } from "pg";
import type { WriteTx } from "../kit/write.ts";
import { unitOf } from "../search/price.ts";
import { minus } from "./money.ts";
import type { OrderRow } from "./store.ts";

/**
 * The sums of a day. Taking and giving back happen in the transaction of the order they belong to, and the row stays
 * locked until it ends: two orders can never both take the last cent, on however many replicas.
 */

/** One sum: a pairing's, or with the subject '' the machine's as a whole. */
export type SpendKey = {
  readonly machineId: string;
  readonly subject: string;
  readonly unit: string;
  readonly day: string;
};

/** What counts for an order: its pairing's sum, then its machine's. */
export function spendKeys(
  machineId: string,
  pairingId: string,
  unit: string,
  day: string,
): [SpendKey, SpendKey] {
  return [
    { machineId, subject: pairingId, unit, day },
    { machineId, subject: "", unit, day },
  ];
}

export const keyText = (key: SpendKey) => `${key.machineId} ${key.subject} ${key.unit} ${key.day}`;

const arrays = (keys: readonly SpendKey[]) => [
  keys.map((key) => key.machineId),
  keys.map((key) => key.subject),
  keys.map((key) => key.unit),
  keys.map((key) => key.day),
];

const unnested = "unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::numeric[])";

/**
 * Adds to sums, whatever the limits say, and answers with what stood there before. The caller decides with that and
 * takes back (`takeBack`) what it refuses, in the same transaction.
 */
export async function addToSums(
  client: PoolClient,
  additions: ReadonlyMap<string, { key: SpendKey; amount: string }>,
): Promise<Map<string, string>> {
  if (additions.size === 0) return new Map();
  const list = [...additions.values()];
  const { rows } = await client.query<{
    machine_id: string;
    subject: string;
    unit: string;
    day: string;
    spent: string;
  }>({
    name: "spend_add",
    // Always in the same order, so that two transactions cannot wait for each other.
    text: `insert into spend_days (machine_id, subject, unit, day, spent)
      select * from ${unnested} as new (machine_id, subject, unit, day, spent) order by 1, 2, 3, 4
      on conflict (machine_id, subject, unit, day) do update set spent = spend_days.spent + excluded.spent
      returning machine_id, subject, unit, day::text as day, spent::text as spent`,
    values: [...arrays(list.map(({ key }) => key)), list.map(({ amount }) => amount)],
  });
  return new Map(
    rows.map((row) => {
      const text = keyText({
        machineId: row.machine_id,
        subject: row.subject,
        unit: row.unit,
        day: row.day,
      });
      return [text, minus(row.spent, additions.get(text)?.amount ?? "0")];
    }),
  );
}

/** Gives amounts back to sums that this transaction has locked, or locks now. */
export async function takeBack(
  client: PoolClient,
  amounts: ReadonlyMap<string, { key: SpendKey; amount: string }>,
): Promise<void> {
  if (amounts.size === 0) return;
  const list = [...amounts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  await client.query({
    name: "spend_back",
    text: `with back as (select * from ${unnested} as new (machine_id, subject, unit, day, amount)),
      locked as (
        select days.machine_id, days.subject, days.unit, days.day from spend_days as days
        join back using (machine_id, subject, unit, day) order by 1, 2, 3, 4 for update of days)
      update spend_days as days set spent = days.spent - back.amount from back join locked
        using (machine_id, subject, unit, day)
      where (days.machine_id, days.subject, days.unit, days.day) =
        (back.machine_id, back.subject, back.unit, back.day)`,
    values: [...arrays(list.map(({ key }) => key)), list.map(({ amount }) => amount)],
  });
}

/** Adds up amounts per sum. */
export function collect(
  entries: Iterable<{ readonly keys: readonly SpendKey[]; readonly amount: string }>,
): Map<string, { key: SpendKey; amount: string }> {
  const sums = new Map<string, { key: SpendKey; amount: string }>();
  for (const { keys, amount } of entries)
    for (const key of keys) {
      const text = keyText(key);
      const known = sums.get(text);
      sums.set(text, { key, amount: known === undefined ? amount : addAmounts(known.amount, amount) });
    }
  return sums;
}

/** Sums as they stand, without a lock. */
export async function readSums(
  client: Pick<PoolClient, "query">,
  keys: readonly SpendKey[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<{
    machine_id: string;
    subject: string;
    unit: string;
    day: string;
    spent: string;
  }>(
    `select machine_id, subject, unit, day::text as day, spent::text as spent
     from spend_days join unnest($1::text[], $2::text[], $3::text[], $4::date[]) as wanted
       (machine_id, subject, unit, day) using (machine_id, subject, unit, day)`,
    arrays(keys),
  );
  const found = new Map(
    rows.map((row) => [
      keyText({ machineId: row.machine_id, subject: row.subject, unit: row.unit, day: row.day }),
      textOf(decimalOf(row.spent)),
    ]),
  );
  return new Map(keys.map((key) => [keyText(key), found.get(keyText(key)) ?? "0"]));
}

/** Gives an order's reserved amount back to its own day; once, however often it is called. */
export async function releaseSpend(tx: WriteTx, order: OrderRow): Promise<void> {
  const { rows } = await tx.client.query<{ amount: string | null; currency: string | null; day: string }>(
    `update market_orders set spend_held = false, updated_at = $2 where id = $1 and spend_held
     returning amount::text as amount, currency, spend_day::text as day`,
    [order.id, tx.now],
  );
  const held = rows[0];
  if (held === undefined || held.amount === null) return;
  const keys = spendKeys(order.machine_id, order.agent_pairing_id, unitOf(held.currency), held.day);
  await takeBack(tx.client, collect([{ keys, amount: held.amount }]));
}
