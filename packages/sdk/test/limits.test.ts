import { type TestChain, testChain } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PeaqosClient, RateLimitExceeded, ValueCapExceeded } from "../src/index.ts";
import { collect, contractsOf, newClient } from "./fixture.ts";

let chain: TestChain;
beforeAll(async () => {
  chain = await testChain();
});
afterAll(() => chain.stop());

test("the cap refuses a value above it, in every way to submit", async () => {
  const client = await newClient(chain, { operationalLimits: { maxValuePerTx: 1000 } });
  const machineId = await client.registerMachine();
  const event = (value: number) => ({ machineId, eventType: 1, value, currency: "", timestamp: 1735000000 });
  await client.submitEvent(event(1000));
  await expect(client.submitEvent(event(1001))).rejects.toBeInstanceOf(ValueCapExceeded);
  await expect(client.batchSubmitEvents([event(1), event(1001)])).rejects.toBeInstanceOf(ValueCapExceeded);
  const results = await collect(client.submitEvents([event(1001), event(5)]));
  expect(results.map(({ status }) => status)).toEqual(["failed", "settled"]);
});

test("the rate window counts stored events, gives slots back, and is shared by the clients of a process", async () => {
  let now = 1_000_000;
  const limits = { rateLimitMaxEvents: 3, rateLimitWindowSeconds: 60 };
  const client = await newClient(chain, { operationalLimits: limits, now: () => now });
  const twin = new PeaqosClient({
    rpcUrl: chain.url,
    privateKey: client.key,
    contracts: contractsOf(chain),
    operationalLimits: limits,
    now: () => now,
  });
  const machineId = await client.registerMachine();
  const event = (change: object = {}) => ({
    machineId,
    eventType: 1,
    value: 1,
    currency: "",
    timestamp: 1735000000,
    ...change,
  });
  await client.submitEvent(event());
  // Refused by the chain: the slot comes back.
  await expect(client.submitEvent(event({ timestamp: 2 ** 40 }))).rejects.toMatchObject({
    code: "FutureTimestamp",
  });
  // A batch that breaks the limit half-way takes no slot at all.
  await expect(client.batchSubmitEvents([event(), event(), event()])).rejects.toBeInstanceOf(
    RateLimitExceeded,
  );
  await twin.batchSubmitEvents([event(), event()]);
  await expect(client.submitEvent(event())).rejects.toMatchObject({
    count: 3,
    maxEvents: 3,
    windowSeconds: 60,
  });
  now += 61_000;
  await client.submitEvent(event());
});
