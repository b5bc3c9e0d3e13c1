import { parseJson } from "@peaqos/protocol";
import type {
  ExecutionMode,
  outcomeSchema,
  routeSchema,
  runSchema,
  taskSchema,
} from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import type { z } from "zod";
import type { Handoff, Place } from "../execution/adapters/adapter.ts";
import { notFound } from "../kit/errors.ts";

/** Rows of tasks, routes, runs and outcomes: reading them and showing them. */

export type Task = z.output<typeof taskSchema>;
export type Route = z.output<typeof routeSchema>;
export type Run = z.output<typeof runSchema>;
export type Outcome = z.output<typeof outcomeSchema>;

export type TaskRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly agent_pairing_id: string | null;
  readonly order_id: string | null;
  readonly service_type: string;
  readonly operation: string | null;
  readonly input_text: string;
  readonly constraints_text: string;
  readonly status: Task["status"];
  readonly candidates: Task["candidates"];
  readonly route_id: string | null;
  readonly outcome_id: string | null;
  readonly error_message: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly cursor_time: string;
};

export type RouteRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly task_id: string;
  readonly service_id: string;
  readonly skill_key: string;
  readonly provider_key: string;
  readonly execution_mode: ExecutionMode;
  readonly integration_status: Route["integrationStatus"];
  readonly status: Route["status"];
  readonly endpoint: Place | null;
  readonly handoff: Handoff | null;
  readonly created_at: Date;
  readonly cursor_time: string;
};

/** What a run came to, for whoever waits for it. */
export type RunEndWord = "completed" | "failed" | "unreachable" | "unpaid" | "external";

export type RunRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly task_id: string;
  readonly route_id: string;
  readonly order_id: string | null;
  readonly outcome_id: string | null;
  readonly service_id: string;
  readonly skill_key: string;
  readonly provider_key: string;
  readonly operation: string;
  readonly execution_mode: ExecutionMode;
  readonly status: Run["status"];
  readonly input_text: string;
  readonly seller_key: string;
  readonly requests: number;
  readonly attempts: number;
  readonly sent: boolean;
  readonly certain: boolean | null;
  readonly ended_as: RunEndWord | null;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly latency_ms: number | null;
  readonly cursor_time: string;
};

export type OutcomeRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly task_id: string;
  readonly run_id: string;
  readonly order_id: string | null;
  readonly service_id: string;
  readonly skill_key: string;
  readonly execution_mode: ExecutionMode;
  readonly status: Outcome["status"];
  readonly result_text: string | null;
  readonly artifacts: unknown[];
  readonly error_message: string | null;
  readonly external_ref: string | null;
  readonly created_at: Date;
  readonly cursor_time: string;
};

const cursorTime = (column: string) =>
  `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as cursor_time`;

/** One table of work: what a row of it is, and by which time its lists go. */
type Table = {
  readonly name: string;
  readonly what: string;
  readonly columns: string;
  readonly time: string;
};

const table = (name: string, what: string, columns: string, time = "created_at"): Table => ({
  name,
  what,
  columns: `${columns}, ${cursorTime(time)}`,
  time,
});

export const taskTable = table(
  "tasks",
  "task",
  `id, tenant_id, machine_id, agent_pairing_id, order_id, service_type, operation, input::text as input_text,
   constraints::text as constraints_text, status, candidates, route_id, outcome_id, error_message, created_at, updated_at`,
);
export const routeTable = table(
  "routes",
  "route",
  `id, tenant_id, machine_id, task_id, service_id, skill_key, provider_key, execution_mode, integration_status, status,
   endpoint, handoff, created_at`,
);
export const runTable = table(
  "runs",
  "run",
  `id, tenant_id, machine_id, task_id, route_id, order_id, outcome_id, service_id, skill_key, provider_key, operation,
   execution_mode, status, input::text as input_text, seller_key, requests, attempts, sent, certain, ended_as, started_at,
   finished_at,
   latency_ms`,
  "started_at",
);
export const outcomeTable = table(
  "outcomes",
  "outcome",
  `id, tenant_id, machine_id, task_id, run_id, order_id, service_id, skill_key, execution_mode, status,
   result::text as result_text, artifacts, error_message, external_ref, created_at`,
);

type Queryable = Pick<PoolClient, "query">;

export async function readRow<Row>(
  client: Queryable,
  { name, columns }: Table,
  id: string,
  lock = false,
): Promise<Row | null> {
  const { rows } = await guarded(() =>
    client.query({
      name: `read_${name}${lock ? "_locked" : ""}`,
      text: `select ${columns} from ${name} where id = $1${lock ? " for update" : ""}`,
      values: [id],
    }),
  );
  return (rows[0] as Row | undefined) ?? null;
}

/** @throws HttpError NOT_FOUND, the same for a row of another tenant. */
export async function rowOf<Row extends { readonly tenant_id: string }>(
  client: Queryable,
  of: Table,
  id: string,
  tenantId: string,
  lock = false,
): Promise<Row> {
  const row = await readRow<Row>(client, of, id, lock);
  if (row === null || row.tenant_id !== tenantId) throw notFound(of.what, id);
  return row;
}

export type ListFilter = {
  readonly tenantId: string;
  readonly machineId: string | undefined;
  readonly taskId?: string | undefined;
  readonly after: { readonly createdAt: string; readonly id: string } | null;
  readonly limit: number;
};

/** One row more than the limit, newest first. */
export async function listRows<Row>(client: Queryable, of: Table, filter: ListFilter): Promise<Row[]> {
  const { tenantId, machineId, taskId, after, limit } = filter;
  const { rows } = await guarded(() =>
    client.query(
      `select ${of.columns} from ${of.name} where tenant_id = $1
       ${machineId === undefined ? "and $2::text is null" : "and machine_id = $2"}
       ${taskId === undefined ? "and $3::text is null" : "and task_id = $3"}
       ${after === null ? "and $4::text is null and $5::text is null" : `and (${of.time}, id) < ($4::timestamptz, $5)`}
     order by ${of.time} desc, id desc limit $6`,
      [tenantId, machineId ?? null, taskId ?? null, after?.createdAt ?? null, after?.id ?? null, limit + 1],
    ),
  );
  return rows as Row[];
}

const objectOf = (text: string) => parseJson(text) as Record<string, unknown>;

export function taskView(row: TaskRow): Task {
  return {
    id: row.id,
    machineId: row.machine_id,
    agentPairingId: row.agent_pairing_id,
    orderId: row.order_id,
    serviceType: row.service_type,
    operation: row.operation,
    input: objectOf(row.input_text),
    constraints: objectOf(row.constraints_text),
    status: row.status,
    candidates: row.candidates,
    routeId: row.route_id,
    outcomeId: row.outcome_id,
    errorMessage: row.error_message,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export function routeView(row: RouteRow): Route {
  return {
    id: row.id,
    taskId: row.task_id,
    machineId: row.machine_id,
    serviceId: row.service_id,
    skillKey: row.skill_key,
    providerKey: row.provider_key,
    executionMode: row.execution_mode,
    integrationStatus: row.integration_status,
    status: row.status,
    endpoint: row.endpoint,
    handoff: row.handoff,
    createdAt: row.created_at.toISOString(),
  };
}

export function runView(row: RunRow): Run {
  return {
    id: row.id,
    status: row.status,
    taskId: row.task_id,
    routeId: row.route_id,
    orderId: row.order_id,
    outcomeId: row.outcome_id,
    machineId: row.machine_id,
    serviceId: row.service_id,
    skillKey: row.skill_key,
    providerKey: row.provider_key,
    executionMode: row.execution_mode,
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    latencyMs: row.latency_ms,
  };
}

export function outcomeView(row: OutcomeRow): Outcome {
  return {
    id: row.id,
    status: row.status,
    taskId: row.task_id,
    runId: row.run_id,
    orderId: row.order_id,
    machineId: row.machine_id,
    serviceId: row.service_id,
    skillKey: row.skill_key,
    executionMode: row.execution_mode,
    result: row.result_text === null ? null : parseJson(row.result_text),
    artifacts: row.artifacts,
    errorMessage: row.error_message,
    externalRef: row.external_ref,
    createdAt: row.created_at.toISOString(),
  };
}
