import { eventRegistryAbi } from "@peaqos/abi";
import { type FaultyRpc, faultyRpc, type TestChain, testChain } from "@peaqos/testkit";
import { encodeFunctionData } from "viem";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { PeaqosError } from "../src/index.ts";
import { collect, newClient } from "./fixture.ts";

let chain: TestChain;
let rpc: FaultyRpc;
beforeAll(async () => {
  chain = await testChain();
  rpc = await faultyRpc(chain.url);
});
beforeEach(() => rpc.requests.splice(0));
afterAll(async () => {
  await rpc.stop();
  await chain.stop();
});

const asked = (method: string) => rpc.requests.filter((request) => request.method === method).length;
const metadata = (word: string) => `0x${word.repeat(128)}` as const;
/** One byte of each word set, or all of them: the same shape, but the second costs more to send. */
const light = metadata(`01${"00".repeat(31)}`);
const heavy = metadata("ff".repeat(32));

async function machine(options: object = {}) {
  const client = await newClient(chain, { rpcUrl: rpc.url, ...options });
  const machineId = await client.registerMachine();
  const timestamp = await client.chainTime();
  const event = (change: object = {}) => ({ machineId, eventType: 1, value: 1, timestamp, ...change });
  await client.submitEvent(event());
  rpc.requests.splice(0);
  return { client, machineId, event };
}

test("events of one machine and shape share an estimate; another shape has its own; it can be switched off", async () => {
  const { client, event } = await machine();
  await client.submitEvent(event({ value: 5 }));
  await client.submitEvent(event({ value: 6 }));
  expect(asked("eth_estimateGas")).toBe(0);
  await client.submitEvent(event({ metadata: "0x0102" }));
  expect(asked("eth_estimateGas")).toBe(1);
  const careful = await machine({ shareGasEstimates: false });
  await careful.client.submitEvent(careful.event({ value: 5 }));
  expect(asked("eth_estimateGas")).toBe(1);
});

test("one transaction is two requests once everything is known: send and receipt", async () => {
  const { client, event } = await machine();
  await client.submitEvent(event({ value: 5 }));
  expect(rpc.requests.map(({ method }) => method)).toEqual([
    "eth_sendRawTransaction",
    "eth_getTransactionReceipt",
  ]);
});

/** Guarantees that a shared estimate that was too small costs gas but never the event. */
test("a shared estimate that is too small is made good by a second transaction", async () => {
  const { client, machineId, event } = await machine({ gasMultiplier: 1 });
  await client.submitEvent(event({ metadata: light }));
  rpc.requests.splice(0);
  await client.submitEvent(event({ metadata: heavy }));
  expect(asked("eth_sendRawTransaction")).toBe(2);
  const events = await collect(client.getEvents(machineId));
  expect(events.filter((each) => each.metadata === heavy)).toHaveLength(1);
});

test("out of gas is named, with the setting to raise", async () => {
  const { client, machineId, event } = await machine();
  const zero = `0x${"0".repeat(64)}` as const;
  const args = [machineId, 1, 1n, "", BigInt(event().timestamp), zero, 0, 0n, zero, heavy] as const;
  const data = encodeFunctionData({ abi: eventRegistryAbi, functionName: "submitEvent", args });
  const error = await client.chain.sender
    .send({ to: chain.deployment.eventRegistry, data, gas: 250_000n, doing: "submit" })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PeaqosError);
  expect(error).toMatchObject({ code: "OUT_OF_GAS", txHash: expect.stringMatching(/^0x/) });
  expect((error as PeaqosError).message).toContain("gasMultiplier");
});

test("submitEvents splits by gas: heavy events go in smaller transactions, all of them arrive", async () => {
  const { client, machineId, event } = await machine();
  const events = Array.from({ length: 40 }, (_, value) => event({ value: 1_000 + value, metadata: heavy }));
  const results = await collect(client.submitEvents(events));
  expect(results.map(({ status }) => status)).toEqual(events.map(() => "settled"));
  const hashes = results.flatMap((result) => (result.status === "settled" ? [result.txHash] : []));
  expect(new Set(hashes).size).toBeGreaterThan(1);
  for (const hash of new Set(hashes)) {
    const { gas } = await chain.publicClient.getTransaction({ hash });
    expect(gas).toBeLessThanOrEqual(16_777_216n);
  }
  const values = (await collect(client.getEvents(machineId, { offset: 1 }))).map(({ value }) =>
    Number(value),
  );
  expect(values).toEqual(events.map(({ value }) => value));
});

test("the caller's own gas limit for a transaction is kept", async () => {
  const { client, event } = await machine();
  const events = Array.from({ length: 30 }, (_, value) => event({ value }));
  const results = await collect(client.submitEvents(events, { maxGasPerTransaction: 400_000n }));
  for (const result of results) {
    expect(result.status).toBe("settled");
    if (result.status !== "settled") continue;
    expect((await chain.publicClient.getTransaction({ hash: result.txHash })).gas).toBeLessThanOrEqual(
      400_000n,
    );
  }
});
