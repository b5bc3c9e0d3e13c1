import { marketSearchBody } from "@peaqos/protocol/market";
import type { MarketService } from "../catalogue/catalogue.ts";
import type { AgentCaller, PlatformCaller } from "../kit/caller.ts";
import { fail, invalid, notFound } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";
import type { MachineRow } from "../machines/store.ts";
import { refusalOf } from "../orders/checks.ts";
import { policyChecks } from "../orders/policy.ts";
import type { ActivePairing } from "../pairings/pairings.ts";
import { rank } from "../search/rank.ts";
import { type SearchRequest, taskOf as searchTaskOf } from "../search/task.ts";
import type { PolicyRules } from "../search/types.ts";
import { rowOf, type Task, type TaskRow, taskTable, taskView } from "./store.ts";
import type { TasksDeps } from "./tasks.ts";

/** The steps of a task before it is executed: who it is for, what could do it, what shall do it. */

/** Whom a task is for, and what they allow. */
export type Party = {
  readonly machine: MachineRow;
  /** Null: an operator's task, bound by the machine's policies alone. */
  readonly pairing: ActivePairing | null;
  readonly policies: readonly PolicyRules[];
};

/**
 * Outside of a transaction: asks the rating service.
 *
 * @throws HttpError NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE,
 *   AGENT_PAIRING_REQUIRED, AGENT_PAIRING_INACTIVE.
 */
export async function partyOf(
  deps: TasksDeps,
  caller: AgentCaller | PlatformCaller,
  task: { readonly machineId: string; readonly pairingId: string | null },
): Promise<Party> {
  const { machineId, pairingId } = task;
  const { machine, pairing } =
    pairingId === null
      ? { machine: await deps.machines.confirmed(machineId, caller.tenantId), pairing: null }
      : await deps.pairings.authorise(caller, { machineId, pairingId });
  const own = await deps.policies.forMachine(caller.tenantId, machine.policy_ids);
  return { machine, pairing, policies: pairing === null ? own : [pairing.policy, ...own] };
}

/** Constraints are those of a search: region, requiredCapabilities, budget, execution switches, maxResults. */
export function searchOf(
  machineId: string,
  serviceType: string,
  operation: string | null,
  constraints: Readonly<Record<string, unknown>>,
): SearchRequest {
  const read = marketSearchBody.safeParse({
    ...constraints,
    machineId,
    serviceType,
    ...(operation === null ? {} : { operation }),
  });
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw invalid(["constraints", ...(issue?.path ?? [])].join("."), issue?.message ?? "is not valid");
}

/** Candidates, best first, and their services. */
export async function candidatesFor(
  deps: TasksDeps,
  task: Task,
  party: Party,
): Promise<{ candidates: Task["candidates"]; services: readonly MarketService[] }> {
  const request = searchOf(task.machineId, task.serviceType, task.operation, task.constraints);
  const context = await deps.contexts.of(party.machine.tenant_id, party.machine.id);
  const { quotes } = rank(deps.catalogue.index, searchTaskOf(request), party.policies, context);
  return {
    candidates: quotes.map(({ service, score, reasons }) => ({
      serviceId: service.id,
      score,
      reasons: [...reasons],
    })),
    services: quotes.map((quote) => quote.service),
  };
}

/**
 * The service named, else the best candidate.
 *
 * @throws HttpError NOT_FOUND, AGENT_POLICY_DENIED, CONFLICT `no_candidate`.
 */
export async function chosenService(
  deps: TasksDeps,
  task: Task,
  party: Party,
  serviceId: string | undefined,
): Promise<MarketService> {
  if (serviceId === undefined) {
    const [best] = (await candidatesFor(deps, task, party)).services;
    if (best === undefined)
      throw fail("CONFLICT", `no service fits task ${task.id}`, { reason: "no_candidate", taskId: task.id });
    return best;
  }
  const service = deps.catalogue.findService(serviceId);
  if (service === undefined) throw notFound("service", serviceId);
  const checks = party.policies.flatMap((policy, index) => {
    const isPairing = party.pairing !== null && index === 0;
    const name = isPairing ? "the delegation policy" : "a policy of the machine";
    return policyChecks(policy, { name, details: {} }, service);
  });
  const refusal = refusalOf(checks);
  if (refusal !== undefined) throw refusal;
  return service;
}

/** What the task asks of the service: its own operation, else the service's first. */
export function operationFor(task: Task, service: MarketService): string {
  return task.operation ?? service.operations[0] ?? "";
}

/** Locks a task that can still be planned. @throws HttpError NOT_FOUND, CONFLICT. */
export async function openTask(
  tx: WriteTx,
  taskId: string,
  allowed: readonly Task["status"][],
): Promise<Task> {
  const row = await rowOf<TaskRow>(tx.client, taskTable, taskId, tx.caller.tenantId, true);
  refuseForeign(row);
  if (!allowed.includes(row.status))
    throw fail("CONFLICT", `task ${row.id} is ${row.status}`, { reason: "task_state", status: row.status });
  return taskView(row);
}

/** An order's task follows the order, whose agent's token it needs. */
export function refuseForeign(row: TaskRow): void {
  if (row.order_id !== null)
    throw fail("CONFLICT", `task ${row.id} belongs to order ${row.order_id}: execute the order`, {
      reason: "task_of_order",
      orderId: row.order_id,
    });
}

/** Limits of what may be spent are kept by orders, so a task runs only what costs nothing. */
export function refusePaid(service: MarketService): void {
  const { payment, pricing } = service;
  const isFree = payment?.required !== true && (pricing?.amount ?? 0) === 0;
  if (!isFree)
    throw fail("PAYMENT_REQUIRED", `${service.name} is paid for: place an order for service ${service.id}`, {
      reason: "order_needed",
      serviceId: service.id,
    });
}
