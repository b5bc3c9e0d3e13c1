import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type MarketOperation,
  type MarketOperationId,
  marketBasePath,
  marketOperations,
} from "@peaqos/protocol/market";
import { marketFixtures } from "@peaqos/protocol/market/fixtures";

export { marketFixtures };

/** A market's stand-in: it records every request and answers with the wire's fixtures, or with what a test says. */

export type Recorded = { method: string; path: string; headers: IncomingHttpHeaders; body: string };
export type StubAnswer = {
  status?: number;
  body?: string;
  headers?: Record<string, string>;
  drop?: boolean;
  hang?: boolean;
};

const operations = Object.values(marketOperations) as unknown as MarketOperation[];

function operationOf(method: string, path: string): MarketOperation | undefined {
  const route = path.slice(marketBasePath.length).split("?")[0] ?? "";
  const matches = operations.filter(
    (each) => each.method === method && new RegExp(`^${each.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(route),
  );
  // A fixed segment wins over a parameter.
  return matches.toSorted((a, b) => a.path.split("{").length - b.path.split("{").length)[0];
}

/** What a market of ours would answer to this request. */
export function fixtureAnswer(method: string, path: string): StubAnswer {
  const operation = operationOf(method, path);
  if (operation === undefined)
    return { status: 404, body: JSON.stringify({ error: { code: "NOT_FOUND", message: "no such route" } }) };
  const fixture = marketFixtures[operation.id as MarketOperationId];
  const status = Number(Object.keys(operation.responses).find((each) => each < "300"));
  return fixture === null ? { status } : { status, body: JSON.stringify(fixture) };
}

/** Starts the stand-in on a free port of this machine. */
export async function marketStub() {
  const requests: Recorded[] = [];
  let script: ((request: Recorded, attempt: number) => StubAnswer | undefined) | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const recorded: Recorded = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      requests.push(recorded);
      const answer = script?.(recorded, requests.length) ?? fixtureAnswer(recorded.method, recorded.path);
      if (answer.hang) return;
      if (answer.drop) return void request.socket.destroy();
      response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
      response.end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    last: () => requests.at(-1) as Recorded,
    /** Answers of a test's own; undefined means the fixture. */
    answer(next: typeof script) {
      script = next;
      requests.length = 0;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
