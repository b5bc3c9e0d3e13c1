import { stringifyJson } from "@peaqos/protocol";
import type { PoolClient } from "pg";
import type { Handoff, Place } from "../execution/adapters/adapter.ts";
import type { ExecutableService } from "../execution/contract.ts";
import type { RouteRow, RunEndWord, RunRow } from "./store.ts";

/** Beginning and ending runs, each in one statement over tasks, routes, runs and outcomes. */

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

/** The tasks begin to execute (they are made where they do not exist), each with a route and a run. */
export async function beginRuns(client: PoolClient, runs: readonly NewRun[], now: Date): Promise<void> {
  if (runs.length === 0) return;
  await client.query({
    name: "begin_runs",
    text: `with new as (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
          $8::text[], $9::text[], $10::json[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
          $17::jsonb[], $18::jsonb[], $19::text[])
        as new (task_id, route_id, run_id, tenant_id, machine_id, pairing_id, order_id, service_type, operation, input,
          service_id, skill_key, provider_key, execution_mode, integration_status, endpoint, handoff, seller_key)
      ), task as (
        insert into tasks (id, tenant_id, machine_id, agent_pairing_id, order_id, service_type, operation, input,
          constraints, status, route_id, created_at, updated_at)
        select task_id, tenant_id, machine_id, pairing_id, order_id, service_type, operation, input, '{}', 'executing',
          route_id, $11, $11 from new
        on conflict (id) do update set status = 'executing', input = excluded.input, operation = excluded.operation,
          route_id = excluded.route_id, outcome_id = null, error_message = null, updated_at = excluded.updated_at
      ), route as (
        insert into routes (id, tenant_id, machine_id, task_id, service_id, skill_key, provider_key, execution_mode,
          integration_status, status, endpoint, handoff, created_at)
        select route_id, tenant_id, machine_id, task_id, service_id, skill_key, provider_key, execution_mode,
          integration_status, 'selected', endpoint, handoff, $11 from new
        on conflict (id) do update set status = 'selected', endpoint = excluded.endpoint, handoff = excluded.handoff
      )
      insert into runs (id, tenant_id, machine_id, task_id, route_id, order_id, service_id, skill_key, provider_key,
        operation, execution_mode, status, input, seller_key, started_at)
      select run_id, tenant_id, machine_id, task_id, route_id, order_id, service_id, skill_key, provider_key,
        operation, execution_mode, 'running', input, seller_key, $11 from new`,
    values: [
      runs.map((run) => run.taskId),
      runs.map((run) => run.routeId),
      runs.map((run) => run.runId),
      runs.map((run) => run.tenantId),
      runs.map((run) => run.machineId),
      runs.map((run) => run.pairingId),
      runs.map((run) => run.orderId),
      runs.map((run) => run.service.serviceType),
      runs.map((run) => run.operation),
      runs.map((run) => stringifyJson(run.input)),
      now,
      runs.map((run) => run.service.id),
      runs.map((run) => run.service.skillKey),
      runs.map((run) => run.service.providerKey),
      runs.map((run) => run.service.executionMode),
      runs.map((run) => run.service.integrationStatus),
      runs.map((run) => JSON.stringify(run.place)),
      runs.map((run) => (run.handoff === null ? null : JSON.stringify(run.handoff))),
      runs.map((run) => run.sellerKey),
    ],
  });
}

/** The rows that a run begins with, as `readRow` gives them. */
export function rowsOf(run: NewRun, now: Date): { readonly run: RunRow; readonly route: RouteRow } {
  const { service } = run;
  const shared = {
    tenant_id: run.tenantId,
    machine_id: run.machineId,
    task_id: run.taskId,
    service_id: service.id,
    skill_key: service.skillKey,
    provider_key: service.providerKey,
    execution_mode: service.executionMode,
    cursor_time: now.toISOString().replace("Z", "000Z"),
  };
  return {
    run: {
      ...shared,
      id: run.runId,
      route_id: run.routeId,
      order_id: run.orderId,
      outcome_id: null,
      operation: run.operation,
      status: "running",
      input_text: stringifyJson(run.input),
      seller_key: run.sellerKey,
      requests: 0,
      attempts: 0,
      sent: false,
      certain: null,
      ended_as: null,
      started_at: now,
      finished_at: null,
      latency_ms: null,
    },
    route: {
      ...shared,
      id: run.routeId,
      integration_status: service.integrationStatus,
      status: "selected",
      endpoint: run.place,
      handoff: run.handoff,
      created_at: now,
    },
  };
}

/** A run with its row locked. */
export type LockedRun = Pick<RunRow, "id" | "status" | "requests">;

export async function lockRuns(
  client: PoolClient,
  runIds: readonly string[],
): Promise<Map<string, LockedRun>> {
  if (runIds.length === 0) return new Map();
  const { rows } = await client.query<LockedRun>({
    name: "lock_runs",
    text: "select id, status, requests from runs where id = any($1) order by id for update",
    values: [runIds],
  });
  return new Map(rows.map((row) => [row.id, row]));
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

/** @returns how many ended: one that has ended before (or whose condition does not hold) stays as it is. */
export async function endRuns(client: PoolClient, ends: readonly RunEnd[], now: Date): Promise<number> {
  if (ends.length === 0) return 0;
  const { rowCount } = await client.query({
    name: "end_runs",
    text: `with new as (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::json[], $7::text[],
          $8::text[], $10::int[], $11::text[])
        as new (run_id, outcome_id, status, certain, task_status, result, message, external_ref, if_requests, ended_as)
      ), run as (
        update runs set status = new.status, ended_as = new.ended_as, certain = new.certain,
          outcome_id = new.outcome_id, finished_at = $9,
          latency_ms = least(greatest(extract(epoch from ($9::timestamptz - started_at)) * 1000, 0), 2147483647)::int
        from new
        where runs.id = new.run_id and runs.status = 'running'
          and (new.if_requests is null or runs.requests = new.if_requests)
        returning runs.*, new.task_status, new.result, new.message, new.external_ref
      ), outcome as (
        insert into outcomes (id, tenant_id, machine_id, task_id, run_id, order_id, service_id, skill_key,
          execution_mode, status, result, error_message, external_ref, created_at)
        select outcome_id, tenant_id, machine_id, task_id, id, order_id, service_id, skill_key, execution_mode, status,
          result, message, external_ref, $9::timestamptz
        from run
      ), task as (
        update tasks set status = run.task_status, outcome_id = run.outcome_id, error_message = run.message,
          updated_at = $9
        from run where tasks.id = run.task_id
      ), route as (
        update routes set status = case when run.status = 'failed' then 'failed' else 'used' end
        from run where routes.id = run.route_id
      )
      select from run`,
    values: [
      ends.map((end) => end.runId),
      ends.map((end) => end.outcomeId),
      ends.map((end) => end.status),
      ends.map((end) => end.certain),
      ends.map((end) => end.taskStatus),
      ends.map((end) => end.result),
      ends.map((end) => end.message),
      ends.map((end) => end.externalRef),
      now,
      ends.map((end) => end.ifRequests ?? null),
      ends.map((end) => end.as),
    ],
  });
  return rowCount ?? 0;
}

export type Attempt = { readonly requests: number; readonly attempts: number; readonly wasSent: boolean };

/**
 * Counts requests before they are sent, so that a crash cannot hide one. Tells whether one may have reached the provider
 * before; nothing of a run that has ended.
 */
export async function beginAttempts(
  client: Pick<PoolClient, "query">,
  runIds: readonly string[],
): Promise<Map<string, Attempt>> {
  const { rows } = await client.query<{
    id: string;
    requests: number;
    attempts: number;
    was_sent: boolean;
  }>({
    name: "begin_attempts",
    text: `with old as (
        select id, sent from runs where id = any($1) and status = 'running' order by id for update)
      update runs set requests = requests + 1, attempts = attempts + 1, sent = true from old where runs.id = old.id
      returning runs.id, runs.requests, runs.attempts, old.sent as was_sent`,
    values: [runIds],
  });
  return new Map(
    rows.map(({ id, requests, attempts, was_sent }) => [id, { requests, attempts, wasSent: was_sent }]),
  );
}

/** A request that was answered "later", or not sent at all, does not count. */
export async function uncountAttempt(client: Pick<PoolClient, "query">, runId: string): Promise<void> {
  await client.query("update runs set attempts = attempts - 1 where id = $1 and status = 'running'", [runId]);
}
