import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A seller that counts how often it was asked to work for each order, and answers a repeated key as before. */

export type CountingSeller = AsyncDisposable & {
  readonly url: string;
  /** Times the work was done, by order. */
  readonly work: ReadonlyMap<string, number>;
};

export async function countingSeller(): Promise<CountingSeller> {
  const work = new Map<string, number>();
  const answers = new Map<string, string>();
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const key = String(request.headers["idempotency-key"]);
      const orderId = String(request.headers["x-peaqos-order-id"]);
      let answer = answers.get(key);
      if (answer === undefined) {
        work.set(orderId, (work.get(orderId) ?? 0) + 1);
        answer = JSON.stringify({ orderId, done: true });
        answers.set(key, answer);
      }
      response.writeHead(200, { "content-type": "application/json" }).end(answer);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    work,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
