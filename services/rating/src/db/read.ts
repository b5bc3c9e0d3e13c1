import { type Database, guarded } from "@peaqos/service-kit";
import type { QueryResultRow } from "pg";
import type { Hex } from "viem";
import type { DayRow, DayTotals, StandingHistory } from "../score/types.ts";
import type { MachineRow } from "./machines.ts";
import { bytes } from "./values.ts";

/** What answers are made from. Each function is one statement, so it sees one state of the chain. */

export type HeadView = { readonly number: number; readonly time: number; readonly complete: boolean };

/** A machine with the days an answer about the head needs, and sums over all its days. */
export type LoadedMachine = {
  readonly head: HeadView;
  readonly machine: MachineRow;
  /** The last 90 days. */
  readonly days: readonly DayRow[];
  readonly totals: DayTotals;
  readonly counts: {
    readonly events: number;
    readonly revenueEvents: number;
    readonly usdEvents: number;
    readonly usdCents: bigint;
    readonly degraded: number;
    readonly newestAt: number | null;
  };
};

export type Reads = ReturnType<typeof createReads>;

/** Longest window of the model, in days. */
const windowDays = 90;

const machineColumns = `m.machine_id, m.owner, m.wallet, m.operator, m.token_id, m.registered_at, m.bonded_at,
  m.deactivated, m.flags, m.overrides, h.number as head_number, h.time as head_time, h.complete as head_complete`;

function toMachine(row: QueryResultRow): MachineRow {
  return {
    machineId: row.machine_id,
    owner: row.owner,
    wallet: row.wallet,
    operator: row.operator,
    tokenId: row.token_id,
    registeredAt: row.registered_at,
    bondedAt: row.bonded_at,
    deactivated: row.deactivated,
    flags: JSON.parse(row.flags) as StandingHistory["flags"],
    overrides: JSON.parse(row.overrides) as StandingHistory["overrides"],
  };
}

const toHead = (row: QueryResultRow): HeadView => ({
  number: row.head_number,
  time: row.head_time,
  complete: row.head_complete,
});

/** Small amounts as numbers: the score is several times faster with them. */
function cents(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function toLoaded(rows: readonly QueryResultRow[]): LoadedMachine {
  const first = rows[0]!;
  const qualifying = first.qualifying_total ?? 0;
  return {
    head: toHead(first),
    machine: toMachine(first),
    days: rows
      .filter((row) => row.qualifying !== null && row.qualifying > 0)
      .map((row) => ({
        day: row.day,
        cls: row.class,
        paidCents: cents(row.paid_cents),
        unpaidCents: cents(row.unpaid_cents),
        count: row.qualifying,
        firstRecordedDay: row.first_recorded_day,
        lastRecordedDay: row.last_recorded_day,
      })),
    totals: {
      count: qualifying,
      firstDay: first.first_day ?? 0,
      lastDay: first.last_day ?? 0,
      firstRecordedDay: first.first_recorded ?? 0,
      lastRecordedDay: first.last_recorded ?? 0,
    },
    counts: {
      events: first.events_total ?? 0,
      revenueEvents: first.revenue_total ?? 0,
      usdEvents: first.usd_total ?? 0,
      usdCents: first.usd_cents_total ?? 0n,
      degraded: first.degraded_total ?? 0,
      newestAt: first.newest_total ?? null,
    },
  };
}

const loadStatement = (filter: string) => `
with picked as (select * from machines where ${filter}),
sums as (
  select machine_id, sum(qualifying)::bigint as qualifying_total, sum(events)::bigint as events_total,
    sum(revenue_events)::bigint as revenue_total, sum(usd_events)::bigint as usd_total,
    sum(usd_cents) as usd_cents_total, sum(degraded)::bigint as degraded_total, max(newest_at) as newest_total,
    min(day) filter (where qualifying > 0) as first_day, max(day) filter (where qualifying > 0) as last_day,
    min(first_recorded_day) as first_recorded, max(last_recorded_day) as last_recorded
  from days where machine_id in (select machine_id from picked) group by machine_id
)
select ${machineColumns}, sums.*, d.day, d.class, d.paid_cents, d.unpaid_cents, d.qualifying,
  d.first_recorded_day, d.last_recorded_day, m.machine_id
from picked m
cross join chain_head h
left join sums on sums.machine_id = m.machine_id
left join days d on d.machine_id = m.machine_id and d.day > h.time / 86400 - ${windowDays}
order by m.machine_id, d.day`;

const statements = {
  byOwner: loadStatement("owner = $1"),
  byIds: loadStatement("machine_id = any($1::numeric[])"),
  byToken: loadStatement("token_id = $1"),
};

export function createReads(database: Database<unknown>) {
  async function query(name: string, text: string, values: unknown[]): Promise<QueryResultRow[]> {
    return guarded(async () => (await database.pool.query({ name, text, values })).rows);
  }

  async function load(name: keyof typeof statements, value: unknown): Promise<LoadedMachine[]> {
    const rows = await query(`load ${name}`, statements[name], [value]);
    return [...Map.groupBy(rows, (row) => row.machine_id).values()].map(toLoaded);
  }

  return {
    async head(): Promise<(HeadView & { chainId: bigint }) | null> {
      const [row] = await query(
        "head",
        "select chain_id, number as head_number, time as head_time, complete as head_complete from chain_head",
        [],
      );
      return row === undefined ? null : { ...toHead(row), chainId: row.chain_id };
    },
    machineByOwner: async (owner: Hex) => (await load("byOwner", bytes(owner)))[0] ?? null,
    machinesByIds: (ids: readonly bigint[]) => load("byIds", ids),
    machineByToken: async (tokenId: bigint) => (await load("byToken", tokenId))[0] ?? null,
    /** Attributes in force of an account, as bytes in hex. */
    async attributes(account: Hex): Promise<ReadonlyMap<string, Hex>> {
      const rows = await query("attributes", "select name, value from attributes where account = $1", [
        bytes(account),
      ]);
      return new Map(rows.map((row) => [row.name, row.value]));
    },
    query,
  };
}
