import { parseJson } from "@peaqos/protocol";
import { guarded } from "@peaqos/service-kit";
import type { JobHandler, JobOutcome } from "../jobs/jobs.ts";
import type { Job } from "../jobs/store.ts";
import { createBatcher } from "../kit/batcher.ts";
import type { Market } from "../kit/market.ts";
import { type OrderRow, readOrder } from "../orders/store.ts";
import type { Steps } from "../steps/steps.ts";
import { type Attempt, beginAttempts, uncountAttempt } from "../tasks/records.ts";
import { type RouteRow, type RunRow, readRow, routeTable, runTable } from "../tasks/store.ts";
import type { Verdict } from "./adapters/adapter.ts";
import type { Adapters } from "./adapters/adapters.ts";
import { wantsCredentials } from "./adapters/provider-auth.ts";
import type { Circuits } from "./circuits.ts";
import { contractOf, type ExecutableService } from "./contract.ts";
import { credentialsFor } from "./credentials.ts";
import { createEnds, type End, givenUp, hasOwnKey, notSent, type RunResult, refusal } from "./ends.ts";
import type { ExecutionDeps } from "./execution.ts";
import { type Standing, standingOf } from "./payment.ts";
import type { Slots } from "./slots.ts";

/**
 * The job behind an execution. It may be run again at any point, by any replica: each request to the provider is
 * counted before it is sent and carries the run's one key, and the run ends once, with its order, in one transaction.
 */

export type RunnerDeps = ExecutionDeps & {
  readonly adapters: Adapters;
  readonly circuits: Circuits;
  readonly slots: Slots;
  readonly steps: Steps;
};

/** A seller that answers at once has a place before it pays to come back later. */
const patienceMs = 100;
/** Pause of a run whose seller has as many as it may have at once; it doubles, up to two seconds. */
const busyMs = 100;
const maxBusyMs = 2_000;
const busyPause = (times: number) => Math.min(busyMs * 2 ** Math.min(times - 1, 10), maxBusyMs);

/** What the job works on; where it begins right after its step, the step hands it over (NewJob.known). */
export type Loaded = {
  readonly run: RunRow;
  readonly route: RouteRow;
  readonly order: OrderRow | null;
  readonly service: ExecutableService | null;
  /** Of the order's payment, where the step has just seen it; otherwise it is looked up. */
  readonly standing?: Standing;
};

export function createRunner(market: Market, deps: RunnerDeps): JobHandler {
  const { database, clock, config } = market;
  const { adapters, circuits, slots, skills, catalogue } = deps;
  const writeEnd = createEnds(market, deps);
  /** Counted before it is sent, with the others that begin at this moment. */
  const attempts = createBatcher<string, Attempt | null>({
    max: 200,
    concurrency: 2,
    // A run that two jobs have is counted twice.
    apart: (runId) => [runId],
    async run(runIds) {
      const begun = await guarded(() => beginAttempts(database.pool, runIds));
      return runIds.map((runId) => ({ value: begun.get(runId) ?? null }));
    },
  });
  const runs = market.metrics.counter("market_executions_total", "Executions by way and end", [
    "adapter",
    "end",
  ]);
  const requests = market.metrics.counter(
    "market_provider_requests_total",
    "Requests to providers by way and verdict",
    ["adapter", "verdict"],
  );
  const latency = market.metrics.histogram(
    "market_execution_seconds",
    "From the beginning of a run to its end",
    [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
    ["adapter"],
  );

  async function load(runId: string): Promise<Loaded | null> {
    const run = await readRow<RunRow>(database.pool, runTable, runId);
    if (run === null) return null;
    const [route, order] = await Promise.all([
      readRow<RouteRow>(database.pool, routeTable, run.route_id),
      run.order_id === null ? null : readOrder(database.pool, run.order_id),
    ]);
    const service = order?.service_snapshot ?? catalogue.findService(run.service_id) ?? null;
    return { run, route: route!, order, service: service as ExecutableService | null };
  }

  const in_ = (ms: number): JobOutcome => ({ again: new Date(clock.now().getTime() + ms) });

  /** The job's result when the run has ended already, here or elsewhere. */
  const ended = (run: RunRow): JobOutcome => ({
    done: { end: run.ended_as ?? "failed", message: null } satisfies RunResult,
  });

  async function run(job: Job, signal: AbortSignal): Promise<JobOutcome> {
    const runId = String(job.payload.runId);
    const loaded = (job.known as Loaded | undefined) ?? (await load(runId));
    if (loaded === null) return { done: null };
    if (loaded.run.status !== "running") return ended(loaded.run);
    const origin = loaded.route.endpoint?.origin ?? "";
    const release = await slots.take(origin, patienceMs);
    if (release === null) {
      if (!isOverdue(loaded.run)) return in_(busyPause(job.attempts));
      return end(job, loaded, givenUp(loaded.run, "its turn at the provider did not come"));
    }
    try {
      return await ask(job, loaded, origin, release, signal);
    } finally {
      release();
    }
  }

  const isOverdue = (row: RunRow) =>
    clock.now().getTime() - row.started_at.getTime() > config.PEAQOS_EXECUTION_DEADLINE_MS;

  async function ask(
    job: Job,
    loaded: Loaded,
    origin: string,
    release: () => void,
    signal: AbortSignal,
  ): Promise<JobOutcome> {
    const { run: row, route, order, service } = loaded;
    if (row.attempts >= config.PEAQOS_EXECUTION_ATTEMPTS || isOverdue(row))
      return end(job, loaded, givenUp(row, `no answer to ${row.requests} requests`));
    const contract = service === null ? null : contractOf(service, row.operation);
    if (service === null || contract === null || route.endpoint === null)
      return end(
        job,
        loaded,
        refusal("the service is no longer listed: nothing was sent", !row.sent && hasOwnKey(row)),
      );
    const standing = order === null ? null : (loaded.standing ?? (await standingOf(database.pool, order)));
    // A payment that a reorganisation took away between the two: nothing is sent before it is back.
    if (standing !== null && !standing.isPaid && !row.sent)
      return end(job, loaded, notSent(row, "unpaid", "the payment no longer holds: nothing was sent"));
    const credentials = wantsCredentials(service, contract)
      ? await credentialsFor(market, skills, order, {
          tenantId: row.tenant_id,
          skillKey: row.skill_key,
          providerKey: row.provider_key,
        })
      : {};
    const attempt = await attempts.add(row.id);
    if (attempt === null) return ended((await load(row.id))!.run);
    const verdict = await adapters.named(route.endpoint.adapter).perform(
      {
        place: route.endpoint,
        service,
        contract,
        machineId: row.machine_id,
        orderId: row.order_id,
        sellerKey: row.seller_key,
        input: parseJson(row.input_text) as Record<string, unknown>,
        payment: standing?.proof ?? null,
        credentials,
      },
      signal,
    );
    // What follows is the market's own work.
    release();
    requests.inc({ adapter: route.endpoint.adapter, verdict: verdict.kind });
    if (verdict.kind === "unreachable" || verdict.kind === "lost") await circuits.failed(origin);
    else if (verdict.kind !== "stopped") await circuits.succeeded(origin);
    return conclude(job, loaded, attempt, verdict);
  }

  async function conclude(job: Job, loaded: Loaded, attempt: Attempt, verdict: Verdict): Promise<JobOutcome> {
    const { run: row } = loaded;
    const asked = { ...row, requests: attempt.requests, attempts: attempt.attempts };
    switch (verdict.kind) {
      case "delivered":
        return end(job, loaded, {
          as: "completed",
          status: "completed",
          certain: true,
          taskStatus: "completed",
          result: verdict.text,
          message: null,
          externalRef: null,
        });
      case "refused":
        return end(job, loaded, refusal(verdict.message, true));
      case "broken":
        return end(job, loaded, refusal(verdict.message, false));
      case "unreachable":
        if (!attempt.wasSent)
          return end(job, loaded, {
            ...notSent(row, "unreachable", `the provider cannot be reached: ${verdict.message}`),
            ifRequests: attempt.requests,
          });
        return askAgain(job, loaded, asked, verdict.message);
      case "lost":
        return askAgain(job, loaded, asked, verdict.message);
      case "pending":
        await guarded(() => uncountAttempt(database.pool, row.id));
        return in_(verdict.afterMs);
      case "stopped":
        await guarded(() => uncountAttempt(database.pool, row.id));
        return in_(0);
    }
  }

  /** What happened is not known: the same key once more, or the end of patience. */
  function askAgain(
    job: Job,
    loaded: Loaded,
    asked: RunRow,
    message: string,
  ): Promise<JobOutcome> | JobOutcome {
    if (asked.attempts >= config.PEAQOS_EXECUTION_ATTEMPTS) return end(job, loaded, givenUp(asked, message));
    return in_(config.PEAQOS_EXECUTION_RETRY_MS * 2 ** (asked.attempts - 1));
  }

  async function end(job: Job, { run: row, route, order }: Loaded, ending: End): Promise<JobOutcome> {
    const known = await writeEnd(job, row, order, ending);
    if (known === null) {
      const now = await load(row.id);
      return now === null || now.run.status === "running" ? in_(busyMs) : ended(now.run);
    }
    const adapter = route.endpoint?.adapter ?? "none";
    runs.inc({ adapter, end: ending.as });
    latency.observe({ adapter }, Math.max(0, clock.now().getTime() - row.started_at.getTime()) / 1_000);
    return { done: { end: known.end, message: known.message } satisfies RunResult, known };
  }

  return run;
}
