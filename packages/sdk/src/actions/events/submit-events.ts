import type { ClientContext } from "../../context.ts";
import type { PeaqosError } from "../../errors/base.ts";
import type { Hex, SubmitEventParams } from "../../types.ts";
import { chunksOf } from "./chunks.ts";
import { EventPipeline } from "./pipeline.ts";

/** What became of one event of `submitEvents`. */
export type SubmitEventsResult = {
  /** Position in the input, from 0. */
  readonly index: number;
  /** The event as it was given. */
  readonly params: SubmitEventParams;
} & (
  | { readonly status: "settled"; readonly txHash: Hex; readonly dataHash: Hex }
  /** It is not on the chain and will not be; `error` says why. */
  | { readonly status: "failed"; readonly error: PeaqosError }
  /** It may be on the chain or still get there: look `txHash` up before sending it again. */
  | { readonly status: "unknown"; readonly txHash: Hex; readonly dataHash: Hex; readonly error: PeaqosError }
);

/** How `submitEvents` works. */
export type SubmitEventsOptions = {
  /** Most events in one transaction, 1 to 512; default 80. */
  readonly maxPerTransaction?: number;
  /** Most transactions under way at a time; default 6. */
  readonly maxInFlight?: number;
  /** Most gas of one transaction; default three quarters of a block, at most 16,000,000. */
  readonly maxGasPerTransaction?: bigint;
  /** An async source that pauses this long (milliseconds) has what it gave so far sent off; default 250. */
  readonly lingerMs?: number;
  /** Stops taking further events; what is under way is finished and its results still come. */
  readonly signal?: AbortSignal;
};

/**
 * Submits any number of events, up to 80 in one transaction and several transactions at a time, and gives one result
 * per event in input order. An event that fails takes nobody with it: it is found, reported with its reason, and the
 * rest of its transaction is sent without it. Ours.
 *
 * Order on the chain is the order of the input, except for events that had to be sent again. `currency` may be left
 * out as with `submitEvent`.
 *
 * @param events an iterable or async iterable; it is read as results are taken, never far ahead.
 * @throws only what concerns all events: `REGISTRY_MISMATCH`, `WRONG_CHAIN`, `NO_CONTRACT`, a bad option, or the
 * source's own error. Everything else is in the results.
 * @example
 * ```ts
 * import { chainTime, registerMachine, submitEvents } from "@peaqos/peaq-os-sdk/actions";
 * const machineId = await registerMachine(client);
 * const timestamp = await chainTime(client);
 * const sessions = [1200, 950, 2310].map((value) => ({ machineId, eventType: 0, value, currency: "USD", timestamp }));
 * for await (const result of submitEvents(client, sessions)) {
 *   if (result.status === "settled") console.log(result.index, result.txHash);
 *   else console.log(result.index, result.status, result.error.code);
 * }
 * ```
 */
export async function* submitEvents(
  client: ClientContext,
  events: Iterable<SubmitEventParams> | AsyncIterable<SubmitEventParams>,
  options: SubmitEventsOptions = {},
): AsyncGenerator<SubmitEventsResult, void, undefined> {
  const pipeline = await EventPipeline.create(client, options);
  const chunks = chunksOf(events, {
    maxItems: pipeline.maxPerTransaction,
    maxWeight: () => pipeline.maxWeight,
    weigh: (params) => pipeline.weigh(params),
    lingerMs: options.lingerMs ?? 250,
    signal: options.signal,
  });
  const running: Promise<SubmitEventsResult[]>[] = [];
  let next: Promise<IteratorResult<{ item: SubmitEventParams; index: number }[], void>> | null = null;
  let ended = false;
  try {
    for (;;) {
      // Take chunks while there is room, but do not let a slow source hold back finished results.
      while (!ended && running.length < pipeline.maxInFlight) {
        next ??= chunks.next();
        const first = running[0];
        const chunk = await (first === undefined ? next : Promise.race([next, first.then(() => null)]));
        if (chunk === null) break;
        next = null;
        if (chunk.done) ended = true;
        else running.push(pipeline.start(chunk.value));
      }
      const oldest = running[0];
      if (oldest === undefined) return;
      const results = await oldest;
      running.shift();
      yield* results;
    }
  } finally {
    // The caller may have stopped early: let what is under way end before the generator does.
    await Promise.allSettled(running);
    if (!ended) await chunks.return?.(undefined as never).catch(() => undefined);
  }
}
