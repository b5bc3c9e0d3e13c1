import type { Database } from "@peaqos/service-kit";
import { type MachineDay, rebuildDays } from "../db/days.ts";
import { announce, type ChainHead } from "../db/head.ts";
import { toUsd } from "../fx/convert.ts";
import type { RateBook } from "../fx/types.ts";
import { dayOf } from "../score/figures.ts";
import { scheduleAgain } from "./retry.ts";

/** Newer exchange rates change amounts that older or missing ones were used for. */

const pageSize = 2_000;

type Amount = {
  readonly machineId: bigint;
  readonly index: number;
  readonly value: bigint;
  readonly currency: string;
  readonly happenedAt: number;
  readonly trustClaimed: number;
  readonly usd: bigint | null;
  readonly usdSource: string | null;
};

/**
 * Computes the amounts in foreign currency again, from events of day `firstDay` on, so that they are what a clean
 * reading with today's rates gives.
 *
 * @returns how many changed.
 */
export async function reprice(
  database: Database<unknown>,
  books: readonly RateBook[],
  firstDay: number,
): Promise<number> {
  // A write that began with the rates before has ended once the head row is free; later ones see the new rates.
  await database.transaction((client) => client.query("select 1 from chain_head where id = 1 for update"));
  let changed = 0;
  let after: readonly [number, bigint, number] = [firstDay * 86_400 - 1, 0n, 0];
  for (;;) {
    const { rows } = await database.pool.query<Amount>(
      `select machine_id as "machineId", event_index as "index", value, currency, happened_at as "happenedAt",
         trust_claimed as "trustClaimed", usd, usd_source as "usdSource"
       from events where usd_source <> 'identity' and (happened_at, machine_id, event_index) > ($1, $2, $3)
       order by happened_at, machine_id, event_index limit ${pageSize}`,
      [...after],
    );
    const last = rows.at(-1);
    if (last === undefined) return changed;
    changed += await repricePage(database, books, rows);
    after = [last.happenedAt, last.machineId, last.index];
  }
}

async function repricePage(
  database: Database<unknown>,
  books: readonly RateBook[],
  rows: readonly Amount[],
): Promise<number> {
  const different = rows.flatMap((row) => {
    const amount = toUsd(row.value, row.currency, row.happenedAt, books);
    return amount.usd === row.usd && amount.source === row.usdSource ? [] : [{ row, amount }];
  });
  if (different.length === 0) return 0;
  await database.transaction(async (client) => {
    // The head row is locked, so no range is written meanwhile.
    const { rows: heads } = await client.query<ChainHead>(
      "select number, hash, time, events, complete from chain_head where id = 1 for update",
    );
    const head = heads[0];
    if (head === undefined) return;
    await client.query(
      `update events e set usd = v.usd, usd_source = v.source, degraded = v.degraded, scoring = v.scoring
       from unnest($1::numeric[], $2::bigint[], $3::numeric[], $4::text[], $5::boolean[], $6::numeric[])
         as v (machine_id, event_index, usd, source, degraded, scoring)
       where e.machine_id = v.machine_id and e.event_index = v.event_index`,
      [
        different.map(({ row }) => row.machineId),
        different.map(({ row }) => row.index),
        different.map(({ amount }) => amount.usd),
        different.map(({ amount }) => amount.source),
        different.map(({ amount }) => amount.degraded),
        different.map(({ amount }) => amount.scoringCents),
      ],
    );
    // A payment must cover the amount: what was claimed is decided again.
    const claims = different.filter(({ row }) => row.trustClaimed > 0).map(({ row }) => row);
    await scheduleAgain(client, claims, 0);
    const days: MachineDay[] = different.map(({ row }) => ({
      machineId: row.machineId,
      day: dayOf(row.happenedAt),
    }));
    await rebuildDays(client, days);
    await announce(client, {
      ...head,
      machines: [...new Set(days.map((day) => day.machineId))],
      accounts: [],
    });
  });
  return different.length;
}
