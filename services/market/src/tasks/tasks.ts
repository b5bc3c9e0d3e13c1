import { stringifyJson } from "@peaqos/protocol";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { waitForRun } from "../execution/answer.ts";
import type { Execution } from "../execution/execution.ts";
import { attempt } from "../kit/attempt.ts";
import { item, type MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { idempotencyRow } from "../kit/write.ts";
import type { Machines } from "../machines/machines.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Policies } from "../policies/policies.ts";
import type { BuyerContexts } from "../search/context.ts";
import { startTask } from "./execute.ts";
import { listHandlers } from "./lists.ts";
import {
  candidatesFor,
  chosenService,
  openTask,
  operationFor,
  type Party,
  partyOf,
  refuseForeign,
  refusePaid,
  searchOf,
} from "./steps.ts";
import { type RouteRow, readRow, routeTable, rowOf, type TaskRow, taskTable, taskView } from "./store.ts";

/** Tasks: what a machine wants done. Discover finds services, resolve picks one, execute runs it. */

export type Tasks = {
  readonly handlers: MarketHandlers<
    | "listTasks"
    | "createTask"
    | "getTask"
    | "discoverTask"
    | "resolveTask"
    | "executeTask"
    | "listRoutes"
    | "getRoute"
    | "listRuns"
    | "getRun"
    | "listOutcomes"
    | "getOutcome"
  >;
};

export type TasksDeps = {
  readonly machines: Machines;
  readonly pairings: Pairings;
  readonly catalogue: Catalogue;
  readonly policies: Policies;
  readonly contexts: BuyerContexts;
  readonly execution: Execution;
};

const plannable = ["created", "discovering", "resolved"] as const;

export function createTasks(market: Market, deps: TasksDeps): Tasks {
  const { database, ids } = market;
  const { pool } = database;

  const seen = (taskId: string, tenantId: string) => rowOf<TaskRow>(pool, taskTable, taskId, tenantId);
  const party = (caller: Parameters<typeof partyOf>[1], row: TaskRow): Promise<Party> =>
    partyOf(deps, caller, { machineId: row.machine_id, pairingId: row.agent_pairing_id });

  return {
    handlers: {
      ...listHandlers(market),
      async createTask(request) {
        const { body, caller } = request;
        const { machineId, serviceType } = body;
        const pairingId = body.agentPairingId ?? null;
        const operation = body.operation ?? null;
        const constraints = body.constraints ?? {};
        const ready = await attempt(async () => {
          searchOf(machineId, serviceType, operation, constraints);
          await partyOf(deps, caller, { machineId, pairingId });
        });
        const view = await market.write(request, async (tx) => {
          ready();
          const id = ids.next("task");
          await tx.client.query(
            `insert into tasks (id, tenant_id, machine_id, agent_pairing_id, service_type, operation, input, constraints,
               status, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 'created', $9, $9)`,
            [
              id,
              caller.tenantId,
              machineId,
              pairingId,
              serviceType,
              operation,
              stringifyJson(body.input ?? {}),
              stringifyJson(constraints),
              tx.now,
            ],
          );
          tx.audit({
            type: "task.created",
            resourceType: "task",
            resourceId: id,
            machineId,
            payload: { serviceType, operation, agentPairingId: pairingId },
          });
          return taskView((await readRow<TaskRow>(tx.client, taskTable, id))!);
        });
        return item(view, 201);
      },
      async discoverTask(request) {
        const { caller, params } = request;
        const row = await seen(params.taskId, caller.tenantId);
        const found = await attempt(async () => {
          refuseForeign(row);
          return candidatesFor(deps, taskView(row), await party(caller, row));
        });
        const view = await market.write(request, async (tx) => {
          await openTask(tx, row.id, plannable);
          const { candidates } = found();
          await tx.client.query(
            `update tasks set candidates = $2, updated_at = $3,
               status = case status when 'resolved' then status else 'discovering' end where id = $1`,
            [row.id, JSON.stringify(candidates), tx.now],
          );
          tx.audit({
            type: "task.discovered",
            resourceType: "task",
            resourceId: row.id,
            machineId: row.machine_id,
            payload: { candidates: candidates.length },
          });
          return taskView((await readRow<TaskRow>(tx.client, taskTable, row.id))!);
        });
        return item(view);
      },
      async resolveTask(request) {
        const { body, caller, params } = request;
        const row = await seen(params.taskId, caller.tenantId);
        const chosen = await attempt(async () => {
          refuseForeign(row);
          return chosenService(deps, taskView(row), await party(caller, row), body.serviceId);
        });
        const view = await market.write(request, async (tx) => {
          await openTask(tx, row.id, plannable);
          const service = chosen();
          const routeId = ids.next("route");
          await tx.client.query(
            `insert into routes (id, tenant_id, machine_id, task_id, service_id, skill_key, provider_key, execution_mode,
               integration_status, status, handoff, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'planned', $10, $11)`,
            [
              routeId,
              row.tenant_id,
              row.machine_id,
              row.id,
              service.id,
              service.skillKey,
              service.providerKey,
              service.executionMode,
              service.integrationStatus,
              service.handoff === null ? null : JSON.stringify(service.handoff),
              tx.now,
            ],
          );
          await tx.client.query(
            "update tasks set status = 'resolved', route_id = $2, error_message = null, updated_at = $3 where id = $1",
            [row.id, routeId, tx.now],
          );
          tx.audit({
            type: "task.resolved",
            resourceType: "task",
            resourceId: row.id,
            machineId: row.machine_id,
            payload: { routeId, serviceId: service.id },
          });
          return taskView((await readRow<TaskRow>(tx.client, taskTable, row.id))!);
        });
        return item(view);
      },
      async executeTask(request) {
        const { caller, params } = request;
        const row = await seen(params.taskId, caller.tenantId);
        refuseForeign(row);
        const ready = await attempt(async () => {
          const who = await party(caller, row);
          const task = taskView(row);
          const route =
            row.route_id === null ? null : await readRow<RouteRow>(pool, routeTable, row.route_id ?? "");
          if (route === null) return null;
          // Asked again: a policy or the catalogue may have changed since the route was chosen.
          const service = await chosenService(deps, task, who, route.service_id);
          refusePaid(service);
          const plan = await deps.execution.plan({
            tenantId: row.tenant_id,
            machineId: row.machine_id,
            service,
            operation: operationFor(task, service),
            input: task.input,
            order: null,
          });
          return { who, plan, route };
        });
        const started = await market.write(request, (tx) =>
          startTask(market, deps, tx, row.id, ready, idempotencyRow(request)),
        );
        await waitForRun(market, started, { taskId: row.id });
        return item(taskView(await seen(row.id, caller.tenantId)));
      },
    },
  };
}
