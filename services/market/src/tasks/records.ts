import { stringifyJson } from "@peaqos/protocol";
import type { PoolClient } from "pg";
import type { Handoff, Place } from "../execution/adapters/adapter.ts";
import type { ExecutableService } from "../execution/contract.ts";
import type { RunEndWord } from "./store.ts";

/** Beginning and ending a run, each in one statement over task, route, run and outcome. */

export type NewRun = {
  readonly taskId: string;
  readonly routeId: string;
  readonly runId: string;
  readonly tenantId: string;
  readonly machineId: string;
  readonly pairingId: string | null;
  readonly orderId: string | null;
  readonly service: ExecutableService;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly sellerKey: string;
  readonly place: Place;
  readonly handoff: Handoff | null;
};

/** The task begins to execute (it is made where it does not exist), with a route and a run. */
export async function beginRun(client: PoolClient, run: NewRun, now: Date): Promise<void> {
  const { service } = run;
  await client.query({
    name: "begin_run",
    text: `with task as (
        insert into tasks (id, tenant_id, machine_id, agent_pairing_id, order_id, service_type, operation, input,
          constraints, status, route_id, created_at, updated_at)
        values ($1, $4, $5, $6, $7, $8, $9, $10, '{}', 'executing', $2, $11, $11)
        on conflict (id) do update set status = 'executing', input = excluded.input, operation = excluded.operation,
          route_id = excluded.route_id, outcome_id = null, error_message = null, updated_at = excluded.updated_at
      ), route as (
        insert into routes (id, tenant_id, machine_id, task_id, service_id, skill_key, provider_key, execution_mode,
          integration_status, status, endpoint, handoff, created_at)
        values ($2, $4, $5, $1, $12, $13, $14, $15, $16, 'selected', $17, $18, $11)
        on conflict (id) do update set status = 'selected', endpoint = excluded.endpoint, handoff = excluded.handoff
      )
      insert into runs (id, tenant_id, machine_id, task_id, route_id, order_id, service_id, skill_key, provider_key,
        operation, execution_mode, status, input, seller_key, started_at)
      values ($3, $4, $5, $1, $2, $7, $12, $13, $14, $9, $15, 'running', $10, $19, $11)`,
    values: [
      run.taskId,
      run.routeId,
      run.runId,
      run.tenantId,
      run.machineId,
      run.pairingId,
      run.orderId,
      service.serviceType,
      run.operation,
      stringifyJson(run.input),
      now,
      service.id,
      service.skillKey,
      service.providerKey,
      service.executionMode,
      service.integrationStatus,
      JSON.stringify(run.place),
      run.handoff === null ? null : JSON.stringify(run.handoff),
      run.sellerKey,
    ],
  });
}

export type RunEnd = {
  readonly runId: string;
  readonly outcomeId: string;
  readonly as: RunEndWord;
  readonly status: "completed" | "failed" | "external";
  /** See the column `certain`. */
  readonly certain: boolean;
  readonly taskStatus: "completed" | "failed" | "resolved";
  /** The provider's JSON text. */
  readonly result: string | null;
  readonly message: string | null;
  readonly externalRef: string | null;
  /** Only while no other request of this run has begun since. */
  readonly ifRequests?: number;
};

/** False when the run has ended before (or the condition does not hold): nothing is changed then. */
export async function endRun(client: PoolClient, end: RunEnd, now: Date): Promise<boolean> {
  const { rowCount } = await client.query({
    name: "end_run",
    text: `with run as (
        update runs set status = $3, ended_as = $11, certain = $4, outcome_id = $2, finished_at = $9,
          latency_ms = least(greatest(extract(epoch from ($9::timestamptz - started_at)) * 1000, 0), 2147483647)::int
        where id = $1 and status = 'running' and ($10::int is null or requests = $10)
        returning *
      ), outcome as (
        insert into outcomes (id, tenant_id, machine_id, task_id, run_id, order_id, service_id, skill_key,
          execution_mode, status, result, error_message, external_ref, created_at)
        select $2, tenant_id, machine_id, task_id, id, order_id, service_id, skill_key, execution_mode, $3, $6, $7, $8, $9
        from run
      ), task as (
        update tasks set status = $5, outcome_id = $2, error_message = $7, updated_at = $9
        from run where tasks.id = run.task_id
      ), route as (
        update routes set status = case when $3 = 'failed' then 'failed' else 'used' end
        from run where routes.id = run.route_id
      )
      select from run`,
    values: [
      end.runId,
      end.outcomeId,
      end.status,
      end.certain,
      end.taskStatus,
      end.result,
      end.message,
      end.externalRef,
      now,
      end.ifRequests ?? null,
      end.as,
    ],
  });
  return rowCount === 1;
}

export type Attempt = { readonly requests: number; readonly attempts: number; readonly wasSent: boolean };

/**
 * Counts a request before it is sent, so that a crash cannot hide one. Tells whether one may have reached the provider
 * before; null when the run has ended.
 */
export async function beginAttempt(
  client: Pick<PoolClient, "query">,
  runId: string,
): Promise<Attempt | null> {
  const { rows } = await client.query<{ requests: number; attempts: number; was_sent: boolean }>({
    name: "begin_attempt",
    text: `with old as (select id, sent from runs where id = $1 and status = 'running' for update)
        update runs set requests = requests + 1, attempts = attempts + 1, sent = true from old where runs.id = old.id
        returning runs.requests, runs.attempts, old.sent as was_sent`,
    values: [runId],
  });
  const row = rows[0];
  return row === undefined ? null : { requests: row.requests, attempts: row.attempts, wasSent: row.was_sent };
}

/** A request that was answered "later", or not sent at all, does not count. */
export async function uncountAttempt(client: Pick<PoolClient, "query">, runId: string): Promise<void> {
  await client.query("update runs set attempts = attempts - 1 where id = $1 and status = 'running'", [runId]);
}
