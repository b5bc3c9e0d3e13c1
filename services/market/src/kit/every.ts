import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";

/** Something that has to be done from time to time, by whichever replica. */
export type Periodic = { stop(): Promise<void> };

/** Runs `work` again and again, `ms` after its end, the first time after `ms`; what it throws is logged. */
export function every(ms: number, what: string, logger: Logger, work: () => Promise<void>): Periodic {
  const stopping = new AbortController();
  const loop = (async () => {
    for (;;) {
      await delay(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await work().catch((error: unknown) => {
        if (!stopping.signal.aborted) logger.warn({ err: error }, `${what} failed, comes again`);
      });
    }
  })();
  return {
    stop() {
      stopping.abort();
      return loop;
    },
  };
}
