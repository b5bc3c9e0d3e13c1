import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the ports that systems give to outgoing connections (from 32,768 on Linux, from 49,152 elsewhere): a port asked
 * for here is not taken by somebody's connection between the question and the listening.
 */
const RANGE = { from: 10_000, to: 32_000 } as const;

/**
 * Start of a run of ports nobody listens on right now: the port itself and those at the given distances. Another program
 * may take one before you do, so be ready to ask again.
 */
export async function freePort(offsets: readonly number[] = []): Promise<number> {
  for (;;) {
    const port = randomInt(RANGE.from, RANGE.to);
    const taken = await Promise.all([0, ...offsets].map((offset) => portTaken(port + offset)));
    if (!taken.includes(true)) return port;
  }
}

/** True when something listens on the port, or it may not be used. */
export function portTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(true));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(false)));
  });
}
