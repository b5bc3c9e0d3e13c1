import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiError, PeaqosClient, SDK_VERSION, ValidationError } from "../src/index.ts";
import { offlineOptions } from "./fixture.ts";
import { ratingStub } from "./rating-stub.ts";

let stub: Awaited<ReturnType<typeof ratingStub>>;
let client: PeaqosClient;
beforeAll(async () => {
  stub = await ratingStub();
  client = new PeaqosClient({ ...offlineOptions, apiUrl: `${stub.url}//` });
});
afterAll(() => stub.stop());

test("queryMcr: camelCase, ids as bigint, user agent, raw colons in the path", async () => {
  expect(await client.queryMcr(stub.ratedDid)).toEqual({
    did: stub.ratedDid,
    machineId: 42n,
    mcrScore: 82,
    mcr: "A",
    mcrDegraded: false,
    bondStatus: "bonded",
    negativeFlag: false,
    eventCount: 120,
    revenueEventCount: 80,
    activityEventCount: 40,
    revenueTrend: "up",
    totalRevenue: 1542075,
    averageRevenuePerEvent: 12851,
    lastUpdated: 1735000000,
  });
  expect(stub.requests.at(-1)).toEqual({
    url: `/mcr/${stub.ratedDid}`,
    userAgent: `peaq-os-sdk-js/${SDK_VERSION}`,
  });
});

test("queryMachine: chain values beyond 2^53 survive, metadata keys are left alone", async () => {
  const { peaqos, ...rest } = await client.queryMachine(stub.ratedDid);
  expect(rest).toEqual({ schemaVersion: "1.0", name: "Machine #7" });
  expect(peaqos.eventData?.[0]).toEqual({
    eventType: 0,
    originValue: 2n ** 256n - 1n,
    timestamp: 1735000000n,
    trustLevel: 0,
    metadata: { some_key: 1 },
    originCurrency: "USD",
    usdValue: 1250n,
    originSubunit: 100,
    usdSubunit: 100,
    amountStatus: "ok",
  });
  expect(peaqos.eventData?.[1]).not.toHaveProperty("usdValue");
  expect("dataApi" in peaqos).toBe(false);
});

test("queryOperatorMachines: without options nothing is asked for, as published; with them one page", async () => {
  const { machines, pagination } = await client.queryOperatorMachines(stub.operatorDid);
  expect(stub.requests.at(-1)?.url).toBe(`/operator/${stub.operatorDid}/machines`);
  expect(machines[0]).toEqual({
    did: stub.ratedDid,
    machineId: 1n,
    mcrScore: 0,
    mcr: "Provisioned",
    negativeFlag: false,
  });
  expect(pagination).toEqual({ offset: 0, limit: 2, total: 5 });
  await client.queryOperatorMachines(stub.operatorDid, { offset: 4, limit: 3 });
  expect(stub.requests.at(-1)?.url).toBe(`/operator/${stub.operatorDid}/machines?offset=4&limit=3`);
});

test("queryOperatorMachinesAll reads every page", async () => {
  const ids: bigint[] = [];
  for await (const { machineId } of client.queryOperatorMachinesAll(stub.operatorDid)) ids.push(machineId);
  expect(ids).toEqual([1n, 2n, 3n, 4n, 5n]);
});

test("explain, history and inputs", async () => {
  const explanation = await client.queryMcrExplain(stub.ratedDid, { asOf: 1735000000, basis: "known" });
  expect(stub.requests.at(-1)?.url).toBe(`/mcr/${stub.ratedDid}/explain?as_of=1735000000&basis=known`);
  expect(explanation).toMatchObject({
    machineId: 42n,
    blockNumber: 9n,
    rawScore: 82,
    gates: [{ id: "bonded", passed: true, value: 1, needed: 1 }],
    factors: [{ inputs: { active_days: 18 } }],
    improvements: [{ pointsGain: 2 }],
  });
  const { items } = await client.queryMcrHistory(stub.ratedDid, { step: 86_400 });
  expect(items[0]?.factors).toEqual({
    revenue_level: 30,
    revenue_trend: 6,
    cadence: 18,
    trust: 20,
    history: 8,
  });
  const page = await client.queryMcrInputs(stub.ratedDid, { limit: 1 });
  expect(page).toMatchObject({ machine: { machineId: 42n, bondedAt: 1734000000 }, nextCursor: "next" });
  const indexes: number[] = [];
  for await (const { index } of client.queryMcrInputsAll(stub.ratedDid)) indexes.push(index);
  expect(indexes).toEqual([0, 1]);
});

test("errors: the service's words, the address to check, no request for a malformed DID", async () => {
  const unknown = client.queryMcr("did:peaq:0x00000000000000000000000000000000000000ff");
  await expect(unknown).rejects.toMatchObject({
    code: "NOT_FOUND",
    status: 404,
    detail: "Machine not registered",
    retryable: false,
  });
  const before = stub.requests.length;
  await expect(client.queryMcr("did:peaq:0x/../../x")).rejects.toBeInstanceOf(ValidationError);
  expect(stub.requests.length).toBe(before);

  const away = new PeaqosClient({ ...offlineOptions, apiUrl: "http://127.0.0.1:1" });
  const error = await away.queryMcr(stub.ratedDid).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error.message).toBe(
    "Cannot reach the rating service at http://127.0.0.1:1. Check apiUrl (PEAQOS_MCR_API_URL) and that the service runs.",
  );
});

test("a service that does not answer in time, a caller who gives up, an answer without an end", async () => {
  const hang = ((_: unknown, { signal }: RequestInit) =>
    new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason)),
    )) as typeof fetch;
  const slow = new PeaqosClient({ ...offlineOptions, fetch: hang, apiTimeoutMs: 20 });
  await expect(slow.queryMcr(stub.ratedDid)).rejects.toMatchObject({ code: "TIMEOUT", retryable: true });
  const endless = (async () =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(8 * 1024 * 1024)) }),
    )) as typeof fetch;
  const flooded = new PeaqosClient({ ...offlineOptions, fetch: endless });
  await expect(flooded.queryMcr(stub.ratedDid)).rejects.toMatchObject({ code: "BAD_RESPONSE" });
});

test("an answer of another shape names the field", async () => {
  const odd = (async () => Response.json({ did: stub.ratedDid, machine_id: "42" })) as typeof fetch;
  const error = await new PeaqosClient({ ...offlineOptions, fetch: odd })
    .queryMcr(stub.ratedDid)
    .catch((e) => e);
  expect(error.code).toBe("BAD_RESPONSE");
  expect(error.message).toContain("machine_id");
});
