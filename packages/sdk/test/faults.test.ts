import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type FaultyRpc, faults, faultyRpc, type TestChain, testChain } from "@peaqos/testkit";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { PeaqosClient, type PeaqosClientOptions, PeaqosError, type RpcError } from "../src/index.ts";
import { collect, contractsOf, newClient } from "./fixture.ts";

let chain: TestChain;
let rpc: FaultyRpc;
beforeAll(async () => {
  chain = await testChain();
  rpc = await faultyRpc(chain.url);
});
afterEach(() => {
  rpc.clear();
  rpc.httpStatus(undefined);
});
afterAll(async () => {
  await rpc.stop();
  await chain.stop();
});

/** A registered machine whose client talks through the faulty endpoint, everything it looks up once already known. */
async function machine(options: Partial<PeaqosClientOptions> = {}) {
  const client = await newClient(chain, { rpcUrl: rpc.url, ...options });
  const machineId = await client.registerMachine();
  const timestamp = await client.chainTime();
  const event = (value = 1) => ({ machineId, eventType: 1, value, timestamp });
  await client.submitEvent(event());
  rpc.requests.length = 0;
  return { client, machineId, event };
}

async function errorOf(run: () => Promise<unknown>): Promise<RpcError> {
  const error = await run().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PeaqosError);
  return error as RpcError;
}

const sent = () => rpc.requests.filter(({ method }) => method === "eth_sendRawTransaction").length;

test("RPC down: named, with the variable to check, nothing sent", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const client = await newClient(chain, { rpcUrl: `http://user:hunter2@127.0.0.1:${port}/v1/secret-key` });
  const error = await errorOf(() => client.registerMachine());
  expect(error).toMatchObject({ code: "RPC_UNREACHABLE", retryable: true });
  expect(error.message).toBe(
    `Cannot reach the RPC endpoint http://127.0.0.1:${port} (ECONNREFUSED). Check rpcUrl (PEAQOS_RPC_URL) and that the node runs.`,
  );
});

test("RPC slow: every request has its time limit", async () => {
  const { client } = await machine({ rpcTimeoutMs: 1_000 });
  rpc.set("eth_call", faults.hang());
  const error = await errorOf(() => client.machineIdOf(client.address));
  expect(error).toMatchObject({ code: "RPC_TIMEOUT", retryable: true });
});

test("RPC answers HTML, or a status", async () => {
  const { client } = await machine();
  rpc.httpStatus(200, "<html>");
  expect((await errorOf(() => client.machineIdOf(client.address))).code).toBe("RPC_BAD_RESPONSE");
  rpc.httpStatus(503, "busy");
  expect(await errorOf(() => client.machineIdOf(client.address))).toMatchObject({
    code: "RPC_BAD_RESPONSE",
    retryable: true,
  });
  rpc.httpStatus(undefined);
});

test("RPC that never shows a receipt: a bounded wait that ends in the hash", async () => {
  const { client, event, machineId } = await machine({ receiptTimeoutMs: 150 });
  const before = await client.getEventCount(machineId);
  rpc.set("eth_getTransactionReceipt", faults.result(null));
  const error = await errorOf(() => client.submitEvent(event(2)));
  expect(error.code).toBe("RECEIPT_AWAIT_FAILED");
  expect(error.txHash).toMatch(/^0x[0-9a-f]{64}$/);
  expect(error.message).toContain("may still be pending");
  rpc.clear();
  expect(await client.getEventCount(machineId)).toBe(before + 1n);
  const [result] = await collect(
    (async function* () {
      rpc.set("eth_getTransactionReceipt", faults.result(null));
      yield* client.submitEvents([event(3)]);
    })(),
  );
  expect(result).toMatchObject({ status: "unknown", error: { code: "RECEIPT_AWAIT_FAILED" } });
});

test("receipts that come late are waited for", async () => {
  const { client, event } = await machine();
  rpc.set("eth_getTransactionReceipt", faults.result(null), 6);
  expect((await client.submitEvent(event(2))).txHash).toMatch(/^0x/);
});

/** Guarantees that a lost answer never makes a second event: the same signed transaction is offered again. */
test("the answer to a submission is lost: it is offered again and stored once", async () => {
  const { client, event, machineId } = await machine();
  const before = await client.getEventCount(machineId);
  rpc.set("eth_sendRawTransaction", faults.loseAnswer(), 2);
  await client.submitEvent(event(2));
  expect(sent()).toBeGreaterThan(1);
  const raws = rpc.requests
    .filter(({ method }) => method === "eth_sendRawTransaction")
    .map(({ params }) => params?.[0]);
  expect(new Set(raws).size).toBe(1);
  expect(await client.getEventCount(machineId)).toBe(before + 1n);
});

test("a submission that is cut off before the node sees it is offered again", async () => {
  const { client, event, machineId } = await machine();
  rpc.set("eth_sendRawTransaction", faults.drop(), 2);
  await client.submitEvent(event(2));
  expect(await client.getEventCount(machineId)).toBe(2n);
});

test("nonce already used by another program: the next one is taken", async () => {
  const { client, event, machineId } = await machine();
  const other = chain.wallet(privateKeyToAccount(client.key));
  await other.sendTransaction({ to: client.address, value: 0n });
  await other.sendTransaction({ to: client.address, value: 0n });
  await Promise.all([client.submitEvent(event(2)), client.submitEvent(event(3))]);
  expect(await client.getEventCount(machineId)).toBe(3n);
});

test("nonces that stay used up end in a named error", async () => {
  const { client, event } = await machine();
  rpc.set("eth_sendRawTransaction", faults.error(-32003, "nonce too low"));
  expect(await errorOf(() => client.submitEvent(event(2)))).toMatchObject({
    code: "NONCE_ALREADY_USED",
    retryable: true,
  });
  rpc.clear();
  await client.submitEvent(event(2));
});

test("a node that refuses one of many leaves no gap behind", async () => {
  const { client, event, machineId } = await machine();
  rpc.set("eth_sendRawTransaction", faults.error(-32000, "internal trouble"), 1);
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, value) => client.submitEvent(event(value))),
  );
  expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(await client.getEventCount(machineId)).toBe(20n);
});

test("a node that drops transactions gets them again", async () => {
  const { client, event, machineId } = await machine();
  // The node says yes and forgets.
  rpc.set("eth_sendRawTransaction", faults.result(`0x${"1".repeat(64)}`), 1);
  await Promise.all(Array.from({ length: 5 }, (_, value) => client.submitEvent(event(value))));
  expect(await client.getEventCount(machineId)).toBe(6n);
});

test("a base fee that rose above the offer is paid", async () => {
  const { client, event, machineId } = await machine();
  rpc.set("eth_sendRawTransaction", faults.error(-32000, "max fee per gas less than block base fee"), 2);
  await client.submitEvent(event(2));
  expect(await client.getEventCount(machineId)).toBe(2n);
});

test("RPC with an old block: its time does not decide alone, the pending block counts too", async () => {
  const { client, event } = await machine();
  await chain.increaseTime(100_000);
  const fresh = await newClient(chain, { rpcUrl: rpc.url, privateKey: client.key });
  const timestamp = await fresh.chainTime();
  rpc.set(
    "eth_getBlockByNumber",
    faults.change((block, { params }) =>
      params?.[0] === "latest" ? { ...(block as object), timestamp: "0x386d4380" } : block,
    ),
  );
  const late = new PeaqosClient({ rpcUrl: rpc.url, privateKey: client.key, contracts: contractsOf(chain) });
  await late.submitEvent({ ...event(2), timestamp });
  expect((await errorOf(() => late.submitEvent({ ...event(2), timestamp: timestamp + 5_000n }))).code).toBe(
    "FutureTimestamp",
  );
  const milliseconds = await errorOf(() => late.submitEvent({ ...event(2), timestamp: timestamp * 1000n }));
  expect(milliseconds.hint).toContain("milliseconds");
});

test("wrong chain id", async () => {
  const client = await newClient(chain, { expectedChainId: 3338 });
  for (const run of [
    () => client.registerMachine(),
    () => client.machineIdOf(client.address),
    () => client.chainId(),
  ])
    expect(await errorOf(run)).toMatchObject({ code: "WRONG_CHAIN", args: [33380, 3338] });
  const { client: moved, event } = await machine();
  rpc.set("eth_sendRawTransaction", faults.error(-32000, "invalid chain id for signer"));
  expect((await errorOf(() => moved.submitEvent(event(2)))).code).toBe("WRONG_CHAIN");
});

test("an endpoint that refuses batches is used one by one", async () => {
  const { client, event, machineId } = await machine();
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    if (text.startsWith("[")) return response.writeHead(400).end("no batches here");
    const answer = await fetch(chain.url, {
      method: "POST",
      body: text,
      headers: { "content-type": "application/json" },
    });
    response.end(await answer.text());
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const single = new PeaqosClient({
    rpcUrl: `http://127.0.0.1:${port}`,
    privateKey: client.key,
    contracts: contractsOf(chain),
  });
  await Promise.all(Array.from({ length: 30 }, (_, value) => single.submitEvent(event(value))));
  expect(await client.getEventCount(machineId)).toBe(31n);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("RPC goes away during submitEvents: the rest fails as retryable and nothing is stored twice", async () => {
  const { client, event, machineId } = await machine({ receiptTimeoutMs: 300 });
  const settled: number[] = [];
  const failed: PeaqosError[] = [];
  for await (const result of client.submitEvents(
    Array.from({ length: 60 }, (_, value) => event(value)),
    { maxPerTransaction: 10, maxInFlight: 1 },
  )) {
    if (result.status === "settled") settled.push(result.index);
    else failed.push(result.error);
    if (result.index === 29) rpc.set("*", faults.drop());
  }
  rpc.clear();
  expect(settled).toEqual(Array.from({ length: 30 }, (_, index) => index));
  expect(failed.every(({ code, retryable }) => code === "RPC_UNREACHABLE" && retryable)).toBe(true);
  expect(await client.getEventCount(machineId)).toBe(31n);
});

test("no error carries the key, whatever goes wrong", async () => {
  const { client, event } = await machine();
  const secret = client.key.slice(2);
  rpc.set("eth_sendRawTransaction", faults.error(-32000, "boom"));
  const error = await errorOf(() => client.submitEvent(event()));
  const { inspect } = await import("node:util");
  for (const text of [
    inspect(error, { depth: 10 }),
    JSON.stringify(error),
    String(error),
    inspect(client),
    JSON.stringify(client),
    `${client}`,
  ])
    expect(text).not.toContain(secret);
});

test("replaced by another program: said so, and never reported as stored", async () => {
  const { client, event } = await machine();
  const other = chain.wallet(privateKeyToAccount(client.key));
  // The node says yes, but the other program's transaction gets the nonce.
  rpc.set("eth_sendRawTransaction", faults.result(`0x${"1".repeat(64)}`), 1);
  const pending = errorOf(() => client.submitEvent(event(2)));
  await expect.poll(sent).toBe(1);
  await other.sendTransaction({ to: client.address, value: 0n });
  expect(await pending).toMatchObject({ code: "TX_REPLACED" });
});
