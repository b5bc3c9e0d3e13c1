import { dayOf, isQualifying } from "../score/figures.ts";
import type { EventRow } from "./events.ts";
import { type Client, insertMany } from "./values.ts";

/**
 * The day table: what an answer about the head reads. New events are added to their days; where an event changed or
 * went away, its day is built again from the events.
 */

type DayDraft = {
  readonly machineId: bigint;
  readonly day: number;
  cls: number;
  paidCents: bigint;
  unpaidCents: bigint;
  qualifying: number;
  firstRecordedDay: number | null;
  lastRecordedDay: number | null;
  events: number;
  revenueEvents: number;
  usdEvents: number;
  usdCents: bigint;
  degraded: number;
  newestAt: number;
};

export type MachineDay = { readonly machineId: bigint; readonly day: number };

type DayEvent = Pick<
  EventRow,
  "machineId" | "happenedAt" | "recordedAt" | "eventType" | "usd" | "degraded" | "scoring" | "cls" | "paid"
>;

/** Sums events by machine and day. */
export function sumDays(events: readonly DayEvent[]): DayDraft[] {
  const drafts = new Map<bigint, Map<number, DayDraft>>();
  const list: DayDraft[] = [];
  for (const event of events) {
    const day = dayOf(event.happenedAt);
    let days = drafts.get(event.machineId);
    if (days === undefined) {
      days = new Map();
      drafts.set(event.machineId, days);
    }
    let draft = days.get(day);
    if (draft === undefined) {
      draft = {
        machineId: event.machineId,
        day,
        cls: 0,
        paidCents: 0n,
        unpaidCents: 0n,
        qualifying: 0,
        firstRecordedDay: null,
        lastRecordedDay: null,
        events: 0,
        revenueEvents: 0,
        usdEvents: 0,
        usdCents: 0n,
        degraded: 0,
        newestAt: 0,
      };
      days.set(day, draft);
      list.push(draft);
    }
    addEvent(draft, event);
  }
  return list;
}

function addEvent(draft: DayDraft, event: DayEvent): void {
  draft.events += 1;
  draft.newestAt = Math.max(draft.newestAt, event.happenedAt);
  if (event.degraded) draft.degraded += 1;
  if (event.eventType === 0) {
    draft.revenueEvents += 1;
    if (event.usd !== null) {
      draft.usdEvents += 1;
      draft.usdCents += event.usd;
    }
    if (!isQualifying({ eventType: 0, usdScoringCents: event.scoring })) return;
    const cents = event.scoring ?? 0n;
    if (event.paid) draft.paidCents += cents;
    else draft.unpaidCents += cents;
  }
  const recorded = dayOf(event.recordedAt);
  draft.qualifying += 1;
  draft.cls = Math.max(draft.cls, event.cls);
  draft.firstRecordedDay = Math.min(draft.firstRecordedDay ?? recorded, recorded);
  draft.lastRecordedDay = Math.max(draft.lastRecordedDay ?? recorded, recorded);
}

/** Adds sums to the stored days. `least` and `greatest` pass over null. */
export const addDays: (client: Client, drafts: readonly DayDraft[]) => Promise<void> = insertMany<DayDraft>(
  "days",
  [
    { name: "machine_id", type: "numeric", of: (draft) => draft.machineId },
    { name: "day", type: "int", of: (draft) => draft.day },
    { name: "class", type: "smallint", of: (draft) => draft.cls },
    { name: "paid_cents", type: "numeric", of: (draft) => draft.paidCents },
    { name: "unpaid_cents", type: "numeric", of: (draft) => draft.unpaidCents },
    { name: "qualifying", type: "int", of: (draft) => draft.qualifying },
    { name: "first_recorded_day", type: "int", of: (draft) => draft.firstRecordedDay },
    { name: "last_recorded_day", type: "int", of: (draft) => draft.lastRecordedDay },
    { name: "events", type: "int", of: (draft) => draft.events },
    { name: "revenue_events", type: "int", of: (draft) => draft.revenueEvents },
    { name: "usd_events", type: "int", of: (draft) => draft.usdEvents },
    { name: "usd_cents", type: "numeric", of: (draft) => draft.usdCents },
    { name: "degraded", type: "int", of: (draft) => draft.degraded },
    { name: "newest_at", type: "bigint", of: (draft) => draft.newestAt },
  ],
  `on conflict (machine_id, day) do update set
     class = greatest(days.class, excluded.class),
     paid_cents = days.paid_cents + excluded.paid_cents,
     unpaid_cents = days.unpaid_cents + excluded.unpaid_cents,
     qualifying = days.qualifying + excluded.qualifying,
     first_recorded_day = least(days.first_recorded_day, excluded.first_recorded_day),
     last_recorded_day = greatest(days.last_recorded_day, excluded.last_recorded_day),
     events = days.events + excluded.events,
     revenue_events = days.revenue_events + excluded.revenue_events,
     usd_events = days.usd_events + excluded.usd_events,
     usd_cents = days.usd_cents + excluded.usd_cents,
     degraded = days.degraded + excluded.degraded,
     newest_at = greatest(days.newest_at, excluded.newest_at)`,
);

/** Builds the given days again from their events; a day without events goes. */
export async function rebuildDays(client: Client, days: readonly MachineDay[]): Promise<void> {
  if (days.length === 0) return;
  const ids = days.map((day) => day.machineId);
  const numbers = days.map((day) => day.day);
  await client.query(
    "delete from days using unnest($1::numeric[], $2::int[]) as d (machine_id, day) where days.machine_id = d.machine_id and days.day = d.day",
    [ids, numbers],
  );
  const { rows } = await client.query(
    `select e.machine_id, e.happened_at, e.recorded_at, e.event_type, e.usd, e.degraded, e.scoring, e.class, e.paid
     from (select distinct machine_id, day from unnest($1::numeric[], $2::int[]) as u (machine_id, day)) d
     join events e on e.machine_id = d.machine_id
      and e.happened_at >= d.day::bigint * 86400 and e.happened_at < (d.day::bigint + 1) * 86400`,
    [ids, numbers],
  );
  await addDays(
    client,
    sumDays(
      rows.map((row) => ({
        machineId: row.machine_id,
        happenedAt: row.happened_at,
        recordedAt: row.recorded_at,
        eventType: row.event_type,
        usd: row.usd,
        degraded: row.degraded,
        scoring: row.scoring,
        cls: row.class,
        paid: row.paid,
      })),
    ),
  );
}
