import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import type { Health } from "../search/points.ts";
import { catalogueChannel } from "./store.ts";

/** Statements about the services' health. */

export type HealthRow = {
  readonly serviceId: string;
  readonly status: Health;
  readonly failures: number;
  readonly error: string | null;
  readonly checkedAt: Date;
  readonly changedAt: Date;
};

type Queryable = Pick<PoolClient, "query">;

const columns = `service_id as "serviceId", status, failures, error, checked_at as "checkedAt", changed_at as "changedAt"`;

/** Rows whose status changed at `since` or later. */
export async function readHealthChanges(client: Queryable, since: Date): Promise<HealthRow[]> {
  const { rows } = await guarded(() =>
    client.query<HealthRow>(`select ${columns} from market_service_health where changed_at >= $1`, [since]),
  );
  return rows;
}

/** True for the one replica that checks now; the next check is due at `next`. */
export async function claimHealthCheck(client: Queryable, now: Date, next: Date): Promise<boolean> {
  const { rowCount } = await guarded(() =>
    client.query(
      "update market_catalogue set health_due = $2 where id = 1 and (health_due is null or health_due <= $1)",
      [now, next],
    ),
  );
  return rowCount === 1;
}

export type Checked = { readonly serviceId: string; readonly error: string | null };

/** So many failures in a row make a service `down`: one lost answer says little. */
const downAfter = 2;

/** Writes what a round of checks found and tells the other replicas when a status changed. */
export async function writeHealth(client: Queryable, checked: readonly Checked[], now: Date): Promise<void> {
  const { rows } = await guarded(() =>
    client.query<{ changed: boolean }>(
      `insert into market_service_health as old (service_id, status, failures, error, checked_at, changed_at)
       select id, case when error is null then 'up' else 'unknown' end, case when error is null then 0 else 1 end,
         error, $3::timestamptz, $3::timestamptz
       from unnest($1::text[], $2::text[]) as new (id, error)
       on conflict (service_id) do update set
         failures = case when excluded.error is null then 0 else old.failures + 1 end,
         status = case when excluded.error is null then 'up'
           when old.failures + 1 >= ${downAfter} then 'down' else old.status end,
         error = excluded.error,
         checked_at = excluded.checked_at,
         changed_at = case
           when old.status = case when excluded.error is null then 'up'
             when old.failures + 1 >= ${downAfter} then 'down' else old.status end
           then old.changed_at else excluded.changed_at end
       returning changed_at = $3 as changed`,
      [checked.map((each) => each.serviceId), checked.map((each) => each.error), now],
    ),
  );
  if (rows.some((row) => row.changed))
    await guarded(() => client.query("select pg_notify($1, 'health')", [catalogueChannel]));
}
