import { parseJson, stringifyJson } from "@peaqos/protocol";
import type { MarketAnswer } from "@peaqos/protocol/market";
import { fail } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import { viewText } from "../orders/shown.ts";
import { type OrderRow, orderView, readOrder } from "../orders/store.ts";
import {
  type OutcomeRow,
  outcomeTable,
  type RouteRow,
  type RunRow,
  readRow,
  routeTable,
  runTable,
} from "../tasks/store.ts";
import type { EndedRun, KnownResult, RunResult } from "./ends.ts";
import { standingOf, unpaid } from "./payment.ts";
import type { Started } from "./start.ts";

/** What an execute call answers once its run has an end. */

type Execution = MarketAnswer<"executeMarketOrder">;

/**
 * Waits for a run begun by this call (or by the same call before).
 *
 * @throws HttpError CONFLICT `execution_in_progress` when it takes longer than a call may wait; ENDPOINT_UNREACHABLE.
 */
export async function waitForRun(
  { jobs, config }: Market,
  { runId, jobId }: Started,
  what: Readonly<Record<string, string>>,
): Promise<RunResult | KnownResult> {
  if (jobId === null) return { end: "completed", message: null };
  const result = (await jobs.waitFor(jobId, config.PEAQOS_EXECUTION_WAIT_MS)) as
    | RunResult
    | KnownResult
    | null
    | undefined;
  if (result === undefined)
    throw fail("CONFLICT", "the provider has not answered yet; the execution goes on", {
      reason: "execution_in_progress",
      runId,
      ...what,
    });
  if (result?.end === "unreachable")
    throw fail("ENDPOINT_UNREACHABLE", result.message ?? undefined, {
      reason: "not_reached",
      runId,
      ...what,
    });
  return result ?? { end: "failed", message: null };
}

type Answer = { readonly status: number; readonly body: Execution; readonly text?: string };

/** @param result what the wait has brought: in the process that ended the run it holds all there is to show. */
export async function executionAnswer(
  market: Market,
  orderId: string,
  runId: string,
  result: RunResult | KnownResult,
): Promise<Answer> {
  if ("run" in result && result.order !== null) return shown(result.order, result.run);
  const { pool } = market.database;
  const [order, run] = await Promise.all([readOrder(pool, orderId), readRow<RunRow>(pool, runTable, runId)]);
  if (order === null || run === null || run.outcome_id === null)
    throw new Error(`run ${runId} of order ${orderId} has no outcome`);
  if (run.status === "external") return handedOver(market, order, run);
  const outcome = await readRow<OutcomeRow>(pool, outcomeTable, run.outcome_id ?? "");
  const { id, execution_mode, skill_key, service_id } = run;
  return shown(order, { ...outcome!, outcome_id: outcome!.id, id, execution_mode, skill_key, service_id });
}

function shown(order: OrderRow, run: EndedRun): Answer {
  const { id, outcome_id: outcomeId, status, execution_mode: executionMode } = run;
  const told = { status, executionMode, skillKey: run.skill_key, serviceId: run.service_id };
  const body: Execution = {
    order: orderView(order),
    execution: {
      statusCode: 200,
      run: { id, outcomeId, ...told },
      outcome: {
        id: outcomeId,
        ...told,
        result: run.result_text === null ? null : parseJson(run.result_text),
        errorMessage: run.error_message,
        externalRef: run.external_ref,
      },
    },
  };
  const text = `{"order":${viewText(body.order)},"execution":${stringifyJson(body.execution)}}`;
  return { status: 200, body, text };
}

async function handedOver(
  { database }: Market,
  order: OrderRow,
  run: RunRow,
): Promise<{ status: number; body: Execution }> {
  const route = await readRow<RouteRow>(database.pool, routeTable, run.route_id);
  const handoff = route?.handoff ?? order.handoff;
  if (handoff == null) throw new Error(`run ${run.id} has no hand-off`);
  return { status: 202, body: { order: orderView(order), execution: { statusCode: 202, handoff } } };
}

/** The payment went away before anything was sent. */
export async function unpaidNow({ database }: Market, orderId: string): Promise<Error> {
  const order = await readOrder(database.pool, orderId);
  if (order === null) return fail("PAYMENT_REQUIRED");
  return unpaid(order, (await standingOf(database.pool, order)).payment);
}
