import { type TestChain, testChain } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { computeDataHash, PeaqosClient } from "../src/index.ts";
import { collect, newClient } from "./fixture.ts";

let chain: TestChain;
beforeAll(async () => {
  chain = await testChain();
});
afterAll(() => chain.stop());

test("a self-managed machine: register, mint, DID, events, read back", async () => {
  const client = await newClient(chain);
  expect(await client.machineIdOf(client.address)).toBe(0n);
  const machineId = await client.registerMachine();
  expect(machineId).toBeGreaterThan(0n);
  expect(await client.machineIdOf(client.address)).toBe(machineId);

  expect(await client.nftOf(machineId)).toBeNull();
  expect(await client.mintNft(machineId, client.address)).toMatch(/^0x[0-9a-f]{64}$/);
  const nftTokenId = await client.tokenIdOf(machineId);

  const attributes = {
    machineId,
    nftTokenId,
    operatorDid: "",
    documentationUrl: "https://example.com/doc",
    dataApi: "https://example.com/data",
    dataVisibility: "public",
  } as const;
  expect(await client.writeMachineDIDAttributes(attributes)).toMatch(/^0x[0-9a-f]{64}$/);
  expect(await client.readAttribute(client.address, "data_api")).toMatchObject({
    name: "data_api",
    value: "https://example.com/data",
    validity: 4294967295,
  });
  expect(await client.writeMachineDIDAttributes(attributes)).toBeNull();
  expect(await client.writeMachineDIDAttributes({ ...attributes, dataVisibility: "onchain" })).not.toBeNull();
  expect((await client.readAttribute(client.address, "data_visibility")).value).toBe("onchain");

  const timestamp = await client.chainTime();
  const rawData = new TextEncoder().encode('{"kwh":12.5}');
  const { txHash, dataHash } = await client.submitEvent({
    machineId,
    eventType: 0,
    value: 1250,
    currency: "HKD",
    timestamp,
    rawData,
    trustLevel: 0,
    sourceChainId: 0,
    metadata: new TextEncoder().encode("{}"),
  });
  expect(txHash).toMatch(/^0x[0-9a-f]{64}$/);
  expect(dataHash).toBe(computeDataHash(rawData));
  const hashes = await client.batchSubmitEvents([
    { machineId, eventType: 0, value: 1, currency: "USD", timestamp },
    { machineId, eventType: 1, value: 2, currency: "", timestamp },
  ]);
  expect(hashes).toHaveLength(2);
  expect(new Set(hashes).size).toBe(1);

  const events = await collect(client.getEvents(machineId));
  expect(events.map(({ index, value, currency, eventType }) => [index, value, currency, eventType])).toEqual([
    [0n, 1250n, "HKD", 0],
    [1n, 1n, "USD", 0],
    [2n, 2n, "", 1],
  ]);
  expect(events[0]).toMatchObject({ dataHash, timestamp, metadata: "0x7b7d", trustLevel: 0 });
  expect(await client.getMachine(machineId)).toMatchObject({
    machineId,
    owner: client.address,
    operator: null,
    bond: { bonded: true, amount: 10n ** 18n },
    nft: { tokenId: nftTokenId, owner: client.address },
  });
  expect(await client.flagsOf(machineId)).toEqual({ flaggedAt: null, trustOverride: null });
});

test("a proxy-managed machine: the operator registers it, lists it, and submits for it", async () => {
  const operator = await newClient(chain);
  const machine = await newClient(chain);
  const proxyMachineId = await operator.registerMachine();
  const machineId = await operator.registerFor(machine.address);
  expect(machineId).not.toBe(proxyMachineId);
  await operator.mintNft(machineId, machine.address);
  const nftTokenId = await operator.tokenIdOf(machineId);
  await machine.writeMachineDIDAttributes({
    machineId,
    nftTokenId,
    operatorDid: `did:peaq:${operator.address}`,
    documentationUrl: "https://example.com/doc",
    dataApi: "https://example.com/data",
    dataVisibility: "onchain",
  });
  await operator.writeProxyDIDAttributes({ proxyMachineId, machineIds: [machineId] });
  expect((await operator.readAttribute(operator.address, "machines")).value).toBe(`[${machineId}]`);
  await operator.writeProxyDIDAttributes({ proxyMachineId, machineIds: [42, 43] });
  expect((await operator.readAttribute(operator.address, "machines")).value).toBe(`[${machineId}, 42, 43]`);
  expect(await operator.writeProxyDIDAttributes({ proxyMachineId, machineIds: [43] })).toBeNull();
  await operator.writeProxyDIDAttributes({ proxyMachineId, machineIds: [43] }, { mode: "replace" });
  expect((await operator.readAttribute(operator.address, "machines")).value).toBe("[43]");

  const timestamp = await operator.chainTime();
  await operator.submitEvent({ machineId, eventType: 1, value: 3, timestamp });
  await machine.submitEvent({ machineId, eventType: 1, value: 4, timestamp });
  expect(await operator.getEventCount(machineId)).toBe(2n);
  expect((await operator.getMachine(machineId)).operator).toBe(operator.address);
});

test("submitEvents packs, keeps the order, and goes on after an event that fails", async () => {
  const client = await newClient(chain);
  const machineId = await client.registerMachine();
  const timestamp = await client.chainTime();
  const events = Array.from({ length: 250 }, (_, value) => ({
    machineId: value === 100 ? 999_999n : machineId,
    eventType: value === 101 ? 7 : 1,
    value,
    timestamp,
  }));
  const results = await collect(client.submitEvents(events));
  expect(results.map(({ index }) => index)).toEqual(events.map((_, index) => index));
  const failed = results.filter(({ status }) => status !== "settled");
  expect(failed.map((result) => [result.index, "error" in result && result.error.code])).toEqual([
    [100, "MachineNotFound"],
    [101, "VALIDATION_ERROR"],
  ]);
  const stored = await collect(client.getEvents(machineId));
  expect(stored.map(({ value }) => Number(value))).toEqual(
    events.map(({ value }) => value).filter((value) => value !== 100 && value !== 101),
  );
});

test("one hundred parallel submitEvent calls of one client, and two clients of one key", async () => {
  const client = await newClient(chain);
  const twin = new PeaqosClient({
    rpcUrl: chain.url,
    privateKey: client.key,
    contracts: { ...client.contracts },
  });
  const machineId = await client.registerMachine();
  const timestamp = await client.chainTime();
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, value) =>
      (value % 2 === 0 ? client : twin).submitEvent({ machineId, eventType: 1, value, timestamp }),
    ),
  );
  expect(new Set(results.map(({ txHash }) => txHash)).size).toBe(200);
  expect(await client.getEventCount(machineId)).toBe(200n);
});

/** Guarantees that two programs with one key, which know nothing of each other, lose and double nothing on one node. */
test("two programs with the same key race for nonces: every event is stored once", async () => {
  const one = await newClient(chain);
  const machineId = await one.registerMachine();
  const timestamp = await one.chainTime();
  // Another spelling of the endpoint has nonces of its own, as another process would.
  const other = new PeaqosClient({
    rpcUrl: `${chain.url}/?other`,
    privateKey: one.key,
    contracts: { ...one.contracts },
  });
  const results = await Promise.all(
    Array.from({ length: 120 }, (_, value) =>
      (value % 2 === 0 ? one : other).submitEvent({ machineId, eventType: 1, value, timestamp }),
    ),
  );
  expect(new Set(results.map(({ txHash }) => txHash)).size).toBe(120);
  const values = (await collect(one.getEvents(machineId))).map(({ value }) => Number(value));
  expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, value) => value));
});
