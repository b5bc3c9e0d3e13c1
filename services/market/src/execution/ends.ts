import type { PoolClient } from "pg";
import type { Disputes } from "../disputes/disputes.ts";
import type { Job } from "../jobs/store.ts";
import type { Market } from "../kit/market.ts";
import { forgetIdempotencyKey } from "../kit/write.ts";
import type { OrderRow } from "../orders/store.ts";
import type { Steps } from "../steps/steps.ts";
import { endRuns, type RunEnd } from "../tasks/records.ts";
import type { RunEndWord, RunRow } from "../tasks/store.ts";

/** How a run ends, and what follows for its order. Run, outcome, task, route and order end together, once. */

export type RunResult = {
  readonly end: RunEndWord;
  readonly message: string | null;
};

/** The same for whoever waits in the process that ended the run: with what they show. */
export type KnownResult = RunResult & {
  /** Null: a task's run. */
  readonly order: OrderRow | null;
  readonly run: EndedRun;
};

/** What an execute call tells of a run and its outcome. */
export type EndedRun = Pick<RunRow, "id" | "execution_mode" | "skill_key" | "service_id"> & {
  readonly outcome_id: string;
  readonly status: RunEnd["status"];
  readonly result_text: string | null;
  readonly error_message: string | null;
  readonly external_ref: string | null;
};

export type End = Omit<RunEnd, "runId" | "outcomeId">;

/** Null: the run has ended before, or another request of it has begun (`ifRequests`). */
export type WriteEnd = (
  job: Job,
  run: RunRow,
  order: OrderRow | null,
  ending: End,
) => Promise<KnownResult | null>;

export function createEnds(
  market: Market,
  { steps, disputes }: { readonly steps: Steps; readonly disputes: Pick<Disputes, "scheduleConfirm"> },
): WriteEnd {
  /** A call that came to nothing leaves no stored answer: the same key can try again. */
  async function forgetKey(client: PoolClient, job: Job, { as }: End): Promise<void> {
    const { key } = job.payload as { key?: { scope: string; key: string } | null };
    if (key && (as === "unreachable" || as === "unpaid")) await forgetIdempotencyKey(client, key);
  }

  function endOrder(job: Job, run: RunRow, orderId: string, end: RunEnd): Promise<OrderRow | null> {
    const payload = payloadOf(run, end);
    return steps.system(
      orderId,
      async (step) => {
        if (step.run?.status !== "running") return null;
        if (end.ifRequests !== undefined && step.run.requests !== end.ifRequests) return null;
        step.endRun(end);
        const outcome = { outcome_id: end.outcomeId, error_message: end.message };
        if (end.as === "completed") {
          const { id, machine_id } = step.order;
          const confirm_by = disputes.scheduleConfirm(step, id, machine_id);
          const delivered = { delivered_at: step.now, confirm_by, credentials: null };
          step.moveOrder("deliver", { ...outcome, ...delivered }, payload);
        } else step.moveOrder(end.as === "failed" ? "fail" : "unreachable", outcome, payload);
        await forgetKey(step.client, job, end);
        return step.order;
      },
      run.id,
    );
  }

  function endTask(job: Job, run: RunRow, end: RunEnd): Promise<boolean> {
    return market.system(async (tx) => {
      if ((await endRuns(tx.client, [end], tx.now)) === 0) return false;
      tx.audit({
        type: `run.${end.status}`,
        resourceType: "run",
        resourceId: run.id,
        machineId: run.machine_id,
        payload: payloadOf(run, end),
      });
      await forgetKey(tx.client, job, end);
      return true;
    });
  }

  return async (job, run, order, ending) => {
    const end = { ...ending, runId: run.id, outcomeId: market.ids.next("out") };
    const after = order === null ? null : await endOrder(job, run, order.id, end);
    const isEnded = order === null ? await endTask(job, run, end) : after !== null;
    if (!isEnded) return null;
    const { id, execution_mode, skill_key, service_id } = run;
    const outcome = {
      outcome_id: end.outcomeId,
      status: end.status,
      result_text: end.result,
      error_message: end.message,
      external_ref: end.externalRef,
    };
    const shown = { id, execution_mode, skill_key, service_id, ...outcome };
    return { end: end.as, message: end.message, order: after, run: shown };
  };
}

const payloadOf = (run: RunRow, { outcomeId, message }: RunEnd) => ({
  runId: run.id,
  taskId: run.task_id,
  outcomeId,
  message,
});

/**
 * False for a run that has the key of one whose end nobody knows: until it is answered it knows no more than that one,
 * and the key has to be kept for the next.
 */
export const hasOwnKey = (run: Pick<RunRow, "id" | "seller_key">): boolean => run.seller_key === run.id;

export const refusal = (message: string, certain: boolean): End => ({
  as: "failed",
  status: "failed",
  certain,
  taskStatus: "failed",
  result: null,
  message,
  externalRef: null,
});

/** Nobody knows whether the provider did it. A retry has the same key, so it can still not be done twice. */
export const givenUp = (run: RunRow, message: string): End =>
  run.requests > 0
    ? refusal(
        `it is not known whether the provider delivered (${message}); a retry asks with the same key and cannot have it done twice`,
        false,
      )
    : refusal(`nothing was sent to the provider: ${message}`, hasOwnKey(run));

export const notSent = (run: RunRow, as: "unreachable" | "unpaid", message: string): End => ({
  as,
  status: "failed",
  certain: hasOwnKey(run),
  taskStatus: "resolved",
  result: null,
  message,
  externalRef: null,
});
