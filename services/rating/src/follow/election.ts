import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import type { Logger } from "pino";

/**
 * One of all replicas follows the chain: the one that holds an advisory lock on the database. The lock ends with its
 * connection, so another replica takes over when this one dies. It only saves work: two writers at once would stop
 * each other at the head row.
 */

/** Any number the replicas of this service agree on. */
const lockKey = 7_238_114_902;
const retryMs = 500;

export type ElectionOptions = {
  readonly url: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Runs while this process is the leader; `lost` aborts when it no longer is. */
  readonly lead: (lost: AbortSignal) => Promise<void>;
};

/** Takes part in the election until `signal` aborts. */
export async function takePart(options: ElectionOptions): Promise<void> {
  const { signal, logger } = options;
  while (!signal.aborted) {
    const lost = new AbortController();
    const client = new Client({
      connectionString: options.url,
      application_name: "peaqos-rating-follower",
      connectionTimeoutMillis: 3_000,
      keepAlive: true,
    });
    client.on("error", () => lost.abort());
    client.on("end", () => lost.abort());
    const stop = () => lost.abort();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await client.connect();
      await waitForLock(client, lost.signal);
      if (!lost.signal.aborted) {
        logger.info("this process follows the chain");
        await options.lead(lost.signal);
      }
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, "not following the chain, trying again");
    } finally {
      signal.removeEventListener("abort", stop);
      lost.abort();
      await client.end().catch(() => undefined);
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
  }
}

async function waitForLock(client: Client, lost: AbortSignal): Promise<void> {
  while (!lost.aborted) {
    const { rows } = await client.query<{ held: boolean }>("select pg_try_advisory_lock($1) as held", [
      lockKey,
    ]);
    if (rows[0]?.held === true) return;
    await delay(retryMs, undefined, { signal: lost }).catch(() => undefined);
  }
}
