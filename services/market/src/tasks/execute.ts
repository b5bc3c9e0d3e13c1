import { handedOver, type Plan, type Started } from "../execution/start.ts";
import type { AgentCaller, PlatformCaller } from "../kit/caller.ts";
import { fail } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import type { IdempotencyRow, WriteTx } from "../kit/write.ts";
import { beginRuns, endRuns } from "./records.ts";
import type { Party } from "./steps.ts";
import { type RouteRow, rowOf, type TaskRow, taskTable } from "./store.ts";
import type { TasksDeps } from "./tasks.ts";

/** A task planned for execution: null while it has no route. */
export type ReadyTask = { readonly who: Party; readonly plan: Plan; readonly route: RouteRow };

/**
 * Begins a task's run inside the transaction of the call. A completed task has its stored outcome.
 *
 * @throws HttpError CONFLICT, and whatever kept the task from being planned.
 */
export async function startTask(
  market: Market,
  deps: TasksDeps,
  tx: WriteTx,
  taskId: string,
  ready: () => ReadyTask | null,
  key: IdempotencyRow | null,
): Promise<Started> {
  const task = await rowOf<TaskRow>(tx.client, taskTable, taskId, tx.caller.tenantId, true);
  if (task.status === "completed") return { runId: "", jobId: null };
  if (task.status === "executing")
    throw fail("CONFLICT", `task ${task.id} is being executed`, { reason: "execution_in_progress" });
  const planned = task.status === "resolved" ? ready() : null;
  if (planned === null || planned.route.id !== task.route_id)
    throw fail("CONFLICT", `task ${task.id} is ${task.status}: resolve it, then execute it`, {
      reason: "task_state",
      status: task.status,
    });
  const { who, plan, route } = planned;
  if (who.pairing !== null)
    await deps.pairings.recheck(tx.client, tx.caller as AgentCaller | PlatformCaller, who.pairing);
  if (plan.place.origin !== null) await deps.execution.circuits.admit(tx.client, plan.place.origin, tx.now);
  const runId = market.ids.next("run");
  await beginRuns(
    tx.client,
    [
      {
        taskId: task.id,
        routeId: route.id,
        runId,
        tenantId: task.tenant_id,
        machineId: task.machine_id,
        pairingId: task.agent_pairing_id,
        orderId: null,
        service: plan.service,
        operation: plan.operation,
        input: plan.input,
        sellerKey: runId,
        place: plan.place,
        handoff: plan.handoff,
      },
    ],
    tx.now,
  );
  tx.audit({
    type: "run.started",
    resourceType: "run",
    resourceId: runId,
    machineId: task.machine_id,
    payload: { taskId: task.id, routeId: route.id, serviceId: plan.service.id, adapter: plan.place.adapter },
  });
  if (plan.handoff !== null) {
    await endRuns(tx.client, [handedOver(runId, market.ids.next("out"))], tx.now);
    return { runId, jobId: null };
  }
  return {
    runId,
    jobId: tx.enqueue({ kind: "task.execute", machineId: task.machine_id, payload: { runId, key } }),
  };
}
