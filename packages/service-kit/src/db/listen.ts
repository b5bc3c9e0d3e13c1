import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import type { Logger } from "pino";

/**
 * Hears PostgreSQL notifications on a connection of its own and comes back by itself after an outage. While it is
 * not connected messages are missed, so the owner of a cache must not keep anything then.
 */
export type Listener = {
  /** False: notifications may be missed at this moment. */
  readonly connected: boolean;
  stop(): Promise<void>;
};

/** A connection that answers nothing for so long is given up: a dead peer need not say that it is gone. */
const heartbeatMs = 5_000;

export type ListenOptions = {
  readonly url: string;
  readonly channel: string;
  readonly logger: Logger;
  readonly onMessage: (payload: string) => void;
  /** Called at each (re)connection, before the first message: everything kept so far may be old. */
  readonly onConnected: () => void;
  readonly onLost: () => void;
};

export async function listen(options: ListenOptions): Promise<Listener> {
  const stopped = new AbortController();
  let connected = false;
  let current: Client | undefined;

  async function connect(): Promise<void> {
    const client = new Client({
      connectionString: options.url,
      application_name: "peaqos-listen",
      keepAlive: true,
      query_timeout: heartbeatMs,
      connectionTimeoutMillis: heartbeatMs,
    });
    const lost = Promise.withResolvers<void>();
    client.on("error", () => lost.resolve());
    client.on("end", () => lost.resolve());
    client.on("notification", (message) => {
      try {
        options.onMessage(message.payload ?? "");
      } catch (error) {
        // Whoever may connect may notify: what is not ours is passed over.
        options.logger.warn({ err: error, channel: options.channel }, "a notification cannot be read");
      }
    });
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(options.channel)}`);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    if (stopped.signal.aborted) return void client.end().catch(() => undefined);
    current = client;
    connected = true;
    options.onConnected();
    const heartbeat = setInterval(() => {
      client.query("select 1").catch(() => lost.resolve());
    }, heartbeatMs);
    void lost.promise.then(() => {
      connected = false;
      clearInterval(heartbeat);
      client.end().catch(() => undefined);
      if (stopped.signal.aborted) return;
      options.onLost();
      void reconnect();
    });
  }

  async function reconnect(): Promise<void> {
    for (let attempt = 0; !stopped.signal.aborted; attempt++) {
      try {
        await delay(Math.min(100 * 2 ** attempt, 2_000), undefined, { signal: stopped.signal });
        return await connect();
      } catch (error) {
        if (!stopped.signal.aborted)
          options.logger.debug({ err: error }, "no connection for notifications yet");
      }
    }
  }

  await connect().catch((error: unknown) => {
    options.logger.warn({ err: error }, "no connection for notifications yet");
    void reconnect();
  });
  return {
    get connected() {
      return connected;
    },
    async stop() {
      stopped.abort();
      await current?.end().catch(() => undefined);
    },
  };
}
