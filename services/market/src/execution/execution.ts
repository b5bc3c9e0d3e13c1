import type { Agents } from "../agents/agents.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Disputes } from "../disputes/disputes.ts";
import type { JobHandlers } from "../jobs/jobs.ts";
import { attempt } from "../kit/attempt.ts";
import { fail, invalid, notFound } from "../kit/errors.ts";
import { item, type MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { idempotencyRow } from "../kit/write.ts";
import { executedInput, inputOf } from "../orders/input.ts";
import type { Orders } from "../orders/orders.ts";
import { moveOrder, type OrderRow, orderOf, orderView } from "../orders/store.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Skills } from "../skills/skills.ts";
import type { Steps } from "../steps/steps.ts";
import { createAdapters } from "./adapters/adapters.ts";
import { wantsCredentials } from "./adapters/provider-auth.ts";
import { executionAnswer, unpaidNow, waitForRun } from "./answer.ts";
import { type Circuits, createCircuits } from "./circuits.ts";
import { contractOf, type ExecutableService, providerInput } from "./contract.ts";
import { credentialsFor } from "./credentials.ts";
import { refuseRefunded, standingOf } from "./payment.ts";
import { createRunner } from "./runner.ts";
import { createSlots } from "./slots.ts";
import { type Plan, startOrder } from "./start.ts";

/** Execution of orders at their providers, at most one effect each. */

export type Execution = {
  readonly handlers: MarketHandlers<"executeMarketOrder" | "retryMarketOrder">;
  readonly jobs: JobHandlers;
  /** For work that belongs to no order. */
  readonly circuits: Circuits;
  /**
   * Where an operation leads and what its provider gets. Outside of a transaction.
   *
   * @throws HttpError EXECUTION_UNSUPPORTED, ENDPOINT_UNREACHABLE, VALIDATION_ERROR.
   */
  plan(request: PlanRequest): Promise<Plan>;
};

export type PlanRequest = {
  readonly tenantId: string;
  readonly machineId: string;
  readonly service: ExecutableService;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly order: Pick<OrderRow, "id" | "credentials"> | null;
};

export type ExecutionDeps = {
  readonly steps: Steps;
  readonly pairings: Pairings;
  readonly orders: Orders;
  readonly disputes: Disputes;
  readonly agents: Agents;
  readonly skills: Skills;
  readonly catalogue: Catalogue;
};

export function createExecution(market: Market, deps: ExecutionDeps): Execution {
  const { database, config } = market;
  const { pairings, skills, catalogue, steps } = deps;
  const adapters = createAdapters(market, deps.agents);
  const circuits = createCircuits(market);
  const slots = createSlots(config.PEAQOS_EXECUTION_PER_SELLER, config.PEAQOS_EXECUTION_CONCURRENCY);
  const runner = createRunner(market, { ...deps, adapters, circuits, slots });

  async function plan(request: PlanRequest): Promise<Plan> {
    const { service, operation, machineId, tenantId, order } = request;
    const contract = contractOf(service, operation);
    if (contract === null)
      throw fail("EXECUTION_UNSUPPORTED", `${service.name} has no operation ${operation}`, {
        reason: "unknown_operation",
        operation,
        operations: service.operations,
      });
    const credentials = wantsCredentials(service, contract)
      ? await credentialsFor(market, skills, order, { tenantId, ...keysOf(service) })
      : {};
    const planned = await adapters.plan(service, contract, machineId, new Set(Object.keys(credentials)));
    const input = planned.handoff === null ? providerInput(contract, { ...request.input }) : request.input;
    return { ...planned, service, operation, input };
  }

  /** What the order agreed on, at the address that the seller has now. */
  function serviceOf(order: OrderRow): ExecutableService {
    const agreed = order.service_snapshot as unknown as ExecutableService;
    const current = catalogue.findService(order.service_id);
    return current === undefined
      ? agreed
      : { ...agreed, endpoints: current.endpoints, handoff: current.handoff };
  }

  return {
    circuits,
    plan,
    jobs: { "order.execute": runner, "task.execute": runner },
    handlers: {
      async executeMarketOrder(request) {
        const { caller, params, body } = request;
        const { orderId } = params;
        /** Outside of the transaction, which may be a replay or find the order elsewhere: a problem counts only there. */
        const prepare = () =>
          attempt(async () => {
            const seen = await steps.read(orderId);
            if (seen === null || seen.tenant_id !== caller.tenantId) throw notFound("order", orderId);
            return plan({
              tenantId: seen.tenant_id,
              machineId: seen.machine_id,
              service: serviceOf(seen),
              operation: seen.operation,
              input: executedInput(inputOf(seen), body.input),
              order: seen,
            });
          });
        const started = await steps.request(
          request,
          (step, planned) => {
            if (body.payment !== undefined)
              throw invalid("payment", "this deployment does not offer the rail x402", {
                reason: "rail_not_offered",
              });
            return startOrder(market, { ...deps, circuits }, step, planned, idempotencyRow(request));
          },
          prepare,
        );
        const result = await waitForRun(market, started, { orderId });
        if (result.end === "unpaid") throw await unpaidNow(market, orderId);
        return executionAnswer(market, orderId, started.runId, result);
      },
      async retryMarketOrder(request) {
        const { caller, params, body } = request;
        const seen = await orderOf(database.pool, params.orderId, caller.tenantId);
        const { pairing } = await pairings.authorise(caller, namedBy(seen));
        const view = await market.write(request, async (tx) => {
          const order = await orderOf(tx.client, seen.id, caller.tenantId, true);
          await pairings.recheck(tx.client, caller, pairing);
          refuseRefunded(order, (await standingOf(tx.client, order)).payment);
          const ready = await moveOrder(
            tx,
            order.id,
            "retry",
            { retry_count: order.retry_count + 1, error_message: null },
            { retryCount: order.retry_count + 1, reason: body.reason ?? null },
          );
          return orderView(ready);
        });
        return item(view);
      },
    },
  };
}

const namedBy = (order: OrderRow) => ({ machineId: order.machine_id, pairingId: order.agent_pairing_id });
const keysOf = ({ skillKey, providerKey }: ExecutableService) => ({ skillKey, providerKey });
