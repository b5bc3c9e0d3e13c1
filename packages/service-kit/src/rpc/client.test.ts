import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createRpcClient, RpcCallError, RpcUnavailable } from "./client.ts";

type Call = { id: number; method: string };

let server: Server;
let url: string;
/** What the node answers to the parsed body; a string is sent as it is, a number is a status. */
let answer: (body: Call | Call[]) => unknown;
let bodies: unknown[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const body = JSON.parse(text) as Call | Call[];
    bodies.push(body);
    const reply = answer(body);
    if (typeof reply === "number") response.writeHead(reply).end("busy");
    else response.end(typeof reply === "string" ? reply : JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  bodies = [];
});

const result = (call: Call) => ({ jsonrpc: "2.0", id: call.id, result: call.method });
const each = (body: Call | Call[]) => (Array.isArray(body) ? body.map(result) : result(body));
const requests = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ method: `m${i}`, params: [] }));

test("answers come in the order of the questions, whatever order the node chose", async () => {
  answer = (body) => (each(body) as unknown[]).toReversed();
  const client = createRpcClient({ url });
  expect(await client.batch(requests(3))).toEqual(["m0", "m1", "m2"]);
  client.close();
});

test("one call's error stands in its place", async () => {
  answer = (body) =>
    (body as Call[]).map((call, i) =>
      i === 1
        ? { jsonrpc: "2.0", id: call.id, error: { code: 3, message: "reverted", data: "0x" } }
        : result(call),
    );
  const client = createRpcClient({ url });
  const [first, second] = await client.batch(requests(2));
  expect(first).toBe("m0");
  expect(second).toBeInstanceOf(RpcCallError);
  expect(second).toMatchObject({ code: 3, data: "0x" });
  client.close();
});

test("long batches are cut, and a node that refuses batches is asked one by one", async () => {
  answer = each;
  const short = createRpcClient({ url, maxBatch: 2 });
  expect(await short.batch(requests(5))).toHaveLength(5);
  expect(bodies).toHaveLength(3);
  short.close();
  answer = (body) =>
    Array.isArray(body)
      ? { jsonrpc: "2.0", id: null, error: { code: -32600, message: "no batches" } }
      : result(body);
  const single = createRpcClient({ url });
  expect(await single.batch(requests(9))).toEqual(requests(9).map(({ method }) => method));
  single.close();
});

test("silence, nonsense and overload are trouble, not answers", async () => {
  const client = createRpcClient({ url, timeoutMs: 100 });
  for (const bad of ["<html>", "[]", "7", "null", '{"jsonrpc":"2.0","id":1}', 429, 502]) {
    answer = () => bad;
    await expect(client.call("eth_chainId", []), String(bad)).rejects.toThrow(RpcUnavailable);
  }
  answer = (body) => (each(body) as unknown[]).slice(1);
  await expect(client.batch(requests(2))).rejects.toThrow("no answer to m0");
  client.close();
  await expect(createRpcClient({ url: "http://127.0.0.1:1" }).call("m", [])).rejects.toThrow(RpcUnavailable);
});
