import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A proxy in front of services that loses requests and cuts replies. */

/** `ok`; `before`: the request never arrives; `after`: it is done, nothing comes back; `middle`: half of the reply does. */
export type Cut = "ok" | "before" | "after" | "middle";

export type CuttingProxy = AsyncDisposable & {
  readonly url: string;
  readonly counts: Readonly<Record<Cut, number>>;
};

/**
 * @param targets services behind it; `plan` names one of them for each request, and what happens to it.
 */
export async function cuttingProxy(
  targets: readonly string[],
  plan: (path: string) => { readonly cut: Cut; readonly target: number },
): Promise<CuttingProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const counts: Record<Cut, number> = { ok: 0, before: 0, after: 0, middle: 0 };

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { cut, target } = plan(incoming.url ?? "/");
    counts[cut]++;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (cut === "before") return void response.destroy();
    const answer = await forward(targets[target]!, incoming, Buffer.concat(chunks));
    if (cut === "after") return void response.destroy();
    response.writeHead(answer.status, answer.headers);
    if (cut === "ok") return void response.end(answer.body);
    response.write(answer.body.subarray(0, answer.body.length >> 1), () => response.destroy());
  }

  function forward(target: string, incoming: IncomingMessage, body: Buffer) {
    return new Promise<{ status: number; headers: IncomingMessage["headers"]; body: Buffer }>(
      (resolve, reject) => {
        const outgoing = request(
          `${target}${incoming.url}`,
          { method: incoming.method, headers: incoming.headers, agent },
          (answer) => {
            const parts: Buffer[] = [];
            answer.on("data", (part: Buffer) => parts.push(part));
            answer.on("error", reject);
            answer.on("end", () =>
              resolve({
                status: answer.statusCode ?? 502,
                headers: answer.headers,
                body: Buffer.concat(parts),
              }),
            );
          },
        );
        outgoing.on("error", reject);
        outgoing.end(body);
      },
    );
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}
