import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type HttpStub = AsyncDisposable & {
  readonly url: string;
  /** Paths with their query, in the order they were asked. */
  readonly asked: string[];
  /** What a path (without query) answers from now on. */
  set(path: string, status: number, body: unknown): void;
};

/** A service that answers what it is told to; 404 for everything else. */
export async function httpStub(answers: Record<string, unknown> = {}): Promise<HttpStub> {
  const table = new Map<string, { status: number; body: unknown }>(
    Object.entries(answers).map(([path, body]) => [path, { status: 200, body }]),
  );
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const path = new URL(request.url ?? "/", "http://stub").pathname;
    const { status, body } = table.get(decodeURIComponent(path)) ?? {
      status: 404,
      body: { detail: "Machine not registered" },
    };
    response.writeHead(status, { "content-type": "application/json", connection: "close" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    set: (path, status, body) => table.set(path, { status, body }),
    [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
  };
}
