import { parseJson } from "@peaqos/protocol";
import { fail } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import type { IdempotencyRow, WriteTx } from "../kit/write.ts";
import { type OrderRow, wrongState } from "../orders/store.ts";
import type { AgentStep } from "../steps/step.ts";
import { type NewRun, type RunEnd, rowsOf } from "../tasks/records.ts";
import { type RouteRow, type RunRow, readRow, routeTable, runTable } from "../tasks/store.ts";
import type { Place, Planned } from "./adapters/adapter.ts";
import type { Circuits } from "./circuits.ts";
import type { ExecutableService } from "./contract.ts";
import type { ExecutionDeps } from "./execution.ts";
import { refuseRefunded, standingFor, unpaid } from "./payment.ts";
import type { Loaded } from "./runner.ts";

/** Beginning an execution, inside the transaction of the call that asks for it. */

/** What was worked out before the transaction: where it leads and what is sent. */
export type Plan = Planned & {
  readonly service: ExecutableService;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
};

/** A run under way (with its job), or one that has its end already. */
export type Started = { readonly runId: string; readonly jobId: string | null };

export type StartDeps = Pick<ExecutionDeps, "disputes"> & { readonly circuits: Circuits };

/**
 * Begins an order's execution. A delivered order has its stored result.
 *
 * @param planned throws what kept the plan from being made: that counts only where the order could be executed at all.
 */
export async function startOrder(
  market: Market,
  deps: StartDeps,
  step: AgentStep,
  planned: () => Plan,
  key: IdempotencyRow | null,
): Promise<Started> {
  const { order } = step;
  if ((order.status === "delivered" || order.status === "handoff") && order.run_id !== null)
    return { runId: order.run_id, jobId: null };
  if (order.status === "executing")
    throw fail("CONFLICT", `order ${order.id} is being executed`, {
      reason: "execution_in_progress",
      status: order.status,
      runId: order.run_id,
    });
  const standing = standingFor(order, step.payment);
  refuseRefunded(order, standing.payment);
  const isOpen = ["created", "payment_pending", "ready"].includes(order.status);
  if (isOpen && !standing.isPaid) throw unpaid(order, standing.payment);
  if (order.status === "failed")
    throw fail("CONFLICT", `order ${order.id} has failed: retry it (POST …/retry), then execute it`, {
      reason: "order_state",
      status: order.status,
    });
  if (order.status !== "created" && order.status !== "ready") throw wrongState(order, "execute");
  const plan = planned();
  const before = await unknownRun(step, order);
  if (before !== null && !sameInput(before.input, plan.input))
    throw fail(
      "CONFLICT",
      `run ${before.run.id} of order ${order.id} ended without an answer: it can be asked again with the same input only`,
      { reason: "execution_unknown", runId: before.run.id },
    );
  const place = before?.place ?? plan.place;
  if (place.origin !== null) await deps.circuits.admit(step.client, place.origin, step.now);
  const runId = market.ids.next("run");
  const run: NewRun = {
    taskId: order.task_id ?? market.ids.next("task"),
    routeId: market.ids.next("route"),
    runId,
    tenantId: order.tenant_id,
    machineId: order.machine_id,
    pairingId: order.agent_pairing_id,
    orderId: order.id,
    service: plan.service,
    operation: plan.operation,
    input: plan.input,
    sellerKey: before?.run.seller_key ?? runId,
    place,
    handoff: plan.handoff,
  };
  step.beginRun(run);
  const { taskId, routeId } = run;
  const executing = step.moveOrder(
    "execute",
    { task_id: taskId, route_id: routeId, run_id: runId, outcome_id: null, error_message: null },
    { taskId, routeId, runId, adapter: place.adapter },
  );
  if (plan.handoff === null) {
    const known: Loaded = {
      ...rowsOf(run, step.now),
      order: executing,
      service: executing.service_snapshot as unknown as ExecutableService,
      standing,
    };
    const payload = { runId, key };
    return {
      runId,
      jobId: step.enqueue({ kind: "order.execute", machineId: order.machine_id, payload, known }),
    };
  }
  const outcomeId = market.ids.next("out");
  step.endRun(handedOver(runId, outcomeId));
  step.moveOrder(
    "handOff",
    {
      outcome_id: outcomeId,
      handoff: plan.handoff,
      credentials: null,
      confirm_by: deps.disputes.scheduleConfirm(step, order.id, order.machine_id),
    },
    { runId, outcomeId },
  );
  return { runId, jobId: null };
}

/** A hand-off is done at once: the link is its outcome. */
export const handedOver = (runId: string, outcomeId: string): RunEnd => ({
  runId,
  outcomeId,
  as: "external",
  status: "external",
  certain: true,
  taskStatus: "completed",
  result: null,
  message: null,
  externalRef: null,
});

/** The order's last run when nobody knows what came of it: its key, place and input hold until that is known. */
async function unknownRun(
  tx: Pick<WriteTx, "client">,
  order: OrderRow,
): Promise<{ run: RunRow; place: Place; input: unknown } | null> {
  if (order.run_id === null) return null;
  const run = await readRow<RunRow>(tx.client, runTable, order.run_id);
  if (run === null || run.certain !== false) return null;
  const route = await readRow<RouteRow>(tx.client, routeTable, run.route_id);
  if (route?.endpoint == null) return null;
  return { run, place: route.endpoint, input: parseJson(run.input_text) };
}

/** Equal JSON, whatever the order of keys. */
function sameInput(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        sameInput((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}
