import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { machineNftAbi } from "@peaqos/abi";
import { type Operation, ratingOperations, stringifyJson } from "@peaqos/protocol";
import { internalKeyHeader } from "@peaqos/service-kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRatingService, type RatingService } from "../src/index.ts";
import {
  type Answer,
  ask,
  caughtUp,
  type Fixture,
  logger,
  type Machine,
  ratingFixture,
  register,
  registerFor,
  setAttribute,
  settingsFor,
  submit,
} from "./fixture.ts";

/** Every declared status of every operation, on a real chain and database. The last test counts them. */

const day = 86_400;
const key = "an internal key of some length";
const covered = new Set<string>();

let fixture: Fixture;
let unset: RatingService;
let limited: RatingService;
let operator: Machine;
let machine: Machine;
let shown: Machine;
let open: Machine;
let tokenId: bigint;
const partner = createServer((request, response) => {
  if (request.url === "/data") response.end('{"kwh":[1,2,3]}');
  else if (request.url === "/list") response.end("[1]");
  else response.writeHead(302, { location: "http://127.0.0.1/" }).end();
});

beforeAll(async () => {
  fixture = await ratingFixture({ PEAQOS_ALLOW_PRIVATE_URLS: "loopback", PEAQOS_INTERNAL_KEY: key });
  const { chain } = fixture;
  await new Promise<void>((resolve) => partner.listen(0, "127.0.0.1", resolve));
  const partnerUrl = `http://127.0.0.1:${(partner.address() as AddressInfo).port}`;
  operator = await register(chain, "operator");
  machine = await registerFor(chain, operator.account, "plain");
  shown = await registerFor(chain, operator.account, "onchain");
  open = await registerFor(chain, operator.account, "public");
  await setAttribute(chain, shown.account, "data_visibility", "onchain");
  await setAttribute(chain, open.account, "data_visibility", "public");
  await setAttribute(chain, open.account, "data_api", `${partnerUrl}/data`);
  await setAttribute(chain, machine.account, "data_api", "https://example.org/data");
  await setAttribute(
    chain,
    operator.account,
    "machines",
    `[${machine.id}, 999999, ${shown.id}, "x", ${open.id}]`,
  );
  await chain.wallet(operator.account).writeContract({
    address: chain.deployment.machineNft,
    abi: machineNftAbi,
    functionName: "mint",
    args: [machine.id, machine.account.address],
  });
  tokenId = await chain.publicClient.readContract({
    address: chain.deployment.machineNft,
    abi: machineNftAbi,
    functionName: "tokenIdOf",
    args: [machine.id],
  });
  const now = chain.now();
  for (let i = 0; i < 10; i++)
    await submit(chain, machine, { type: i % 2 === 0 ? 0 : 1, value: 1500n, timestamp: now - 5 - i * day });
  await submit(chain, machine, { type: 0, value: 2n ** 256n - 1n, timestamp: now - 6 });
  await submit(chain, shown, { type: 0, value: 1000n, currency: "EUR", metadata: "0x7b2261223a317d" });
  await submit(chain, shown, { type: 0, value: 5n, currency: "ZZZ", metadata: "0xff00" });
  await submit(chain, shown, { type: 1, value: 3n, metadata: "0x5b315d" });
  await caughtUp(chain, fixture.databaseUrl);
  unset = await createRatingService({ PEAQOS_MCR_PORT: "0", PEAQOS_MCR_CHECK_ANSWERS: "true" }, { logger });
  await unset.start();
  limited = await createRatingService(
    settingsFor(chain, fixture.databaseUrl, {
      PEAQOS_MCR_RATE_LIMIT: "1",
      PEAQOS_INTERNAL_KEY: key,
      PEAQOS_MCR_FOLLOW: "false",
    }),
    { logger },
  );
  await limited.start();
});

afterAll(async () => {
  await unset?.stop();
  await limited?.stop();
  await fixture?.[Symbol.asyncDispose]();
  partner.close();
});

/** Asks, checks the body against the declaration, and notes that the status was seen. */
async function see(
  operation: Operation,
  path: string,
  status: number,
  options: { service?: RatingService; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const answer = await ask(options.service ?? fixture.service, path, options.headers);
  expect([path, answer.status, answer.text.slice(0, 300)]).toEqual([path, status, expect.any(String)]);
  const schema = operation.responses[status]?.schema;
  if (schema !== undefined) expect(schema.safeParse(answer.body).error, path).toBeUndefined();
  covered.add(`${operation.id} ${status}`);
  return answer;
}

const { getMcr, getMachine, getOperatorMachines, getMetadata, getMachineCard } = ratingOperations;
const { getMcrExplanation, getMcrHistory, getMcrInputs } = ratingOperations;

test("GET /mcr: the published shape, any spelling of the DID, integers of any size", async () => {
  const lower = machine.did.toLowerCase();
  const first = await see(getMcr, `/mcr/${machine.did}`, 200);
  expect(first.body).toMatchObject({
    did: machine.did,
    machine_id: Number(machine.id),
    bond_status: "bonded",
    negative_flag: false,
    mcr_degraded: false,
    event_count: 11,
    revenue_event_count: 6,
    activity_event_count: 5,
    total_revenue: 2n ** 256n - 1n + 7500n,
    average_revenue_per_event: (2n ** 256n - 1n + 7500n) / 6n,
  });
  for (const spelling of [lower, `did:peaq:0x${machine.did.slice(11).toUpperCase()}`])
    expect((await see(getMcr, `/mcr/${spelling}`, 200)).body).toEqual({ ...first.body, did: spelling });
  const { address } = machine.account;
  expect((await see(getMcr, `/mcr/${address}`, 200)).body.did).toBe(`did:peaq:${address}`);
});

test("GET /mcr/{did}/explain: factors and adjustments add up to the raw score, now and in the past", async () => {
  const now = await see(getMcrExplanation, `/mcr/${machine.did}/explain`, 200);
  const past = await see(
    getMcrExplanation,
    `/mcr/${machine.did}/explain?as_of=${now.body.as_of - day}&basis=dated`,
    200,
  );
  const sum = (list: { points: number }[]) => list.reduce((total, { points }) => total + points, 0);
  for (const { body } of [now, past]) expect(sum(body.factors) + sum(body.adjustments)).toBe(body.raw_score);
  expect(now.body.evidence.claimed.self).toBe(11);
  expect(past.body.evidence.claimed.self).toBe(9);
  const byEvents = await see(
    getMcrExplanation,
    `/mcr/${machine.did}/explain?as_of=${now.body.as_of + 1}`,
    200,
  );
  expect(byEvents.body.factors).toEqual(now.body.factors);
  expect((await ask(fixture.service, `/mcr/${machine.did}`)).body.mcr_score).toBe(now.body.mcr_score);
});

test("GET /mcr/{did}/history: each item is the rating of its time", async () => {
  const { body } = await see(getMcrHistory, `/mcr/${machine.did}/history?basis=dated`, 200);
  expect(body.items).toHaveLength(90);
  const last = body.items.at(-1);
  const explained = await ask(fixture.service, `/mcr/${machine.did}/explain?as_of=${last.as_of}&basis=dated`);
  expect(last.raw_score).toBe(explained.body.raw_score);
  await see(getMcrHistory, `/mcr/${machine.did}/history?from=1000000&to=2000000`, 200);
});

test("GET /mcr/{did}/inputs: every event once, page by page", async () => {
  const items: { index: number }[] = [];
  for (let path = `/mcr/${machine.did}/inputs?limit=4`; ; ) {
    const { body } = await see(getMcrInputs, path, 200);
    items.push(...body.items);
    if (body.next_cursor === undefined) break;
    path = `/mcr/${machine.did}/inputs?limit=4&cursor=${body.next_cursor}`;
  }
  expect(items.map((item) => item.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(items[10]).toMatchObject({
    value: 2n ** 256n - 1n,
    usd_source: "identity",
    scoring_usd: 2n ** 256n - 1n,
  });
});

test("GET /machine: visibility decides what is shown", async () => {
  const plain = await see(getMachine, `/machine/${machine.did}`, 200);
  expect(plain.body).toMatchObject({ schema_version: "1.0", name: `Machine #${tokenId}` });
  expect(plain.body.peaqos).toMatchObject({
    operator: operator.did,
    data_visibility: "private",
    data_api: "https://example.org/data",
  });
  expect(plain.body.peaqos).not.toHaveProperty("event_data");
  const onchain = await see(getMachine, `/machine/${shown.did}`, 200);
  expect(onchain.body.name).toBe("Machine (no NFT)");
  expect(onchain.body.peaqos.event_data).toEqual([
    {
      event_type: 0,
      origin_value: 1000,
      timestamp: expect.any(Number),
      trust_level: 0,
      metadata: { a: 1 },
      origin_currency: "EUR",
      usd_value: expect.any(Number),
      origin_subunit: 100,
      usd_subunit: 100,
      amount_status: "ok",
    },
    expect.objectContaining({
      metadata: {},
      usd_value: null,
      origin_subunit: null,
      amount_status: "unsupported_currency",
    }),
    { event_type: 1, origin_value: 3, timestamp: expect.any(Number), trust_level: 0, metadata: {} },
  ]);
  const partnered = await see(getMachine, `/machine/${open.did}`, 200);
  expect(partnered.body.peaqos.partner_data).toEqual({ kwh: [1, 2, 3] });
  expect((await ask(fixture.service, `/machine/${operator.did}`)).body.peaqos.operator).toBeNull();
});

test("GET /operator/{did}/machines: the list's order, the unregistered left out, total before that", async () => {
  const all = await see(getOperatorMachines, `/operator/${operator.did}/machines`, 200);
  expect(all.body).toMatchObject({
    operator_did: operator.did,
    pagination: { offset: 0, limit: 200, total: 4 },
  });
  expect(all.body.machines.map((entry: { machine_id: number }) => BigInt(entry.machine_id))).toEqual([
    machine.id,
    shown.id,
    open.id,
  ]);
  const page = await see(getOperatorMachines, `/operator/${operator.did}/machines?offset=1&limit=2`, 200);
  expect(page.body.machines).toHaveLength(1);
  const none = await see(getOperatorMachines, `/operator/${machine.did}/machines`, 200);
  expect(none.body.pagination.total).toBe(0);
});

test("GET /metadata/{token_id} has the same body as the machine", async () => {
  const { body } = await see(getMetadata, `/metadata/${tokenId}`, 200);
  expect(body).toEqual((await ask(fixture.service, `/machine/${machine.did}`)).body);
});

test("GET /machines/{machine_id}: the Machine Card", async () => {
  const { body } = await see(getMachineCard, `/machines/${machine.id}`, 200);
  expect(body).toEqual({
    type: "peaqos:registration:v1",
    name: `Machine #${machine.id}`,
    description: "peaqOS machine",
    did: machine.did,
    active: true,
    services: [{ name: "web", endpoint: "https://example.org/data" }],
    data_visibility: "private",
    documentation_url: "",
    operator: operator.did,
    bond_status: "bonded",
    event_count: 11,
    registrations: [
      {
        type: "peaqos:registration:v1",
        machineId: Number(machine.id),
        machineRegistry: `eip155:33380:${fixture.chain.deployment.identityRegistry.toLowerCase()}`,
      },
    ],
  });
});

/** A path of each operation that answers 200. */
const goodPaths = (): [Operation, string][] => [
  [getMcr, `/mcr/${machine.did}`],
  [getMachine, `/machine/${machine.did}`],
  [getOperatorMachines, `/operator/${operator.did}/machines`],
  [getMetadata, `/metadata/${tokenId}`],
  [getMachineCard, `/machines/${machine.id}`],
  [getMcrExplanation, `/mcr/${machine.did}/explain`],
  [getMcrHistory, `/mcr/${machine.did}/history`],
  [getMcrInputs, `/mcr/${machine.did}/inputs`],
];

test("304 for who has the answer already, and every answer says to ask again", async () => {
  for (const [operation, path] of goodPaths()) {
    const first = await see(operation, path, 200);
    expect(first.headers.get("cache-control")).toBe("no-cache");
    const etag = first.headers.get("etag") ?? "";
    await see(operation, path, 304, { headers: { "if-none-match": `W/${etag}, "other"` } });
    await see(operation, path, 200, { headers: { "if-none-match": '"other"' } });
  }
});

test("400 and 404 carry the published texts", async () => {
  const stranger = "did:peaq:0x00000000000000000000000000000000000000ff";
  const texts: [Operation, string, number, string][] = [
    [getMcr, "/mcr/did:peaq:", 400, "Empty DID"],
    [getMcr, "/mcr/did:peaq:0x12", 400, "Invalid Ethereum address format"],
    [getMcr, "/mcr/did:peaq:42", 400, "Invalid Ethereum address format"],
    [getMcr, `/mcr/${stranger}`, 404, "Machine not registered"],
    [getMachine, "/machine/%20", 400, "Empty DID"],
    [getMachine, `/machine/${stranger}`, 404, "Machine not registered"],
    [getOperatorMachines, "/operator/0xzz/machines", 400, "Invalid Ethereum address format"],
    [getMetadata, "/metadata/999999", 404, "Token not found"],
    [getMachineCard, "/machines/999999", 404, "Machine not found"],
    [getMcrExplanation, "/mcr/x/explain", 400, "Invalid Ethereum address format"],
    [getMcrExplanation, `/mcr/${stranger}/explain`, 404, "Machine not registered"],
    [getMcrHistory, "/mcr/x/history", 400, "Invalid Ethereum address format"],
    [getMcrHistory, `/mcr/${stranger}/history`, 404, "Machine not registered"],
    [getMcrInputs, "/mcr/x/inputs", 400, "Invalid Ethereum address format"],
    [getMcrInputs, `/mcr/${stranger}/inputs`, 404, "Machine not registered"],
  ];
  for (const [operation, path, status, detail] of texts) {
    const answer = await see(operation, path, status);
    expect(answer.body, path).toEqual({ detail });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  }
  expect((await ask(fixture.service, "/nowhere")).body).toEqual({ detail: "Not Found" });
  const post = await fetch(`${fixture.service.url}/health`, { method: "POST" });
  expect([post.status, await post.json()]).toEqual([405, { detail: "Method Not Allowed" }]);
});

test("422 names place, field and rule", async () => {
  const did = machine.did;
  const cases: [Operation, string, (string | number)[]][] = [
    [getOperatorMachines, `/operator/${did}/machines?limit=501`, ["query", "limit"]],
    [getOperatorMachines, `/operator/${did}/machines?offset=-1`, ["query", "offset"]],
    [getMetadata, "/metadata/0", ["path", "token_id"]],
    [getMetadata, "/metadata/abc", ["path", "token_id"]],
    [getMachineCard, "/machines/1.5", ["path", "machine_id"]],
    [getMcrExplanation, `/mcr/${did}/explain?as_of=tomorrow`, ["query", "as_of"]],
    [getMcrExplanation, `/mcr/${did}/explain?basis=guess`, ["query", "basis"]],
    [getMcrHistory, `/mcr/${did}/history?step=3600`, ["query", "step"]],
    [getMcrHistory, `/mcr/${did}/history?from=20&to=10`, ["query", "to"]],
    [getMcrHistory, `/mcr/${did}/history?from=0`, ["query", "step"]],
    [getMcrInputs, `/mcr/${did}/inputs?limit=0`, ["query", "limit"]],
    [getMcrInputs, `/mcr/${did}/inputs?cursor=nonsense`, ["query", "cursor"]],
  ];
  for (const [operation, path, loc] of cases) {
    const { body } = await see(operation, path, 422);
    expect(body.detail[0], path).toEqual({ type: expect.any(String), loc, msg: expect.any(String) });
  }
});

test("429 with headers, and our own services pass", async () => {
  for (const [operation, path] of goodPaths()) {
    await ask(limited, path);
    const answer = await see(operation, path, 429, { service: limited });
    expect(answer.body.detail).toMatch(/^Too many requests: 1 a minute are allowed, try again in \d+ s$/);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    await see(operation, path, 200, { service: limited, headers: { [internalKeyHeader]: key } });
  }
  expect((await ask(limited, "/health")).status).toBe(200);
});

test("without a registry every question about data is 503 and nothing is ready", async () => {
  for (const [operation, path] of goodPaths())
    expect((await see(operation, path, 503, { service: unset })).body).toEqual({
      detail: "Service not initialised",
    });
  const ready = await see(ratingOperations.getReady, "/ready", 503, { service: unset });
  expect(ready.body).toEqual({
    status: "not_ready",
    rpc_connected: false,
    contracts: {
      identity_registry: false,
      identity_staking: false,
      event_registry: false,
      machine_nft: false,
      admin_flags: false,
      did_registry: false,
    },
  });
  await see(ratingOperations.getHealth, "/health", 200, { service: unset });
});

test("health, readiness, metrics, document and page", async () => {
  expect((await see(ratingOperations.getHealth, "/health", 200)).body).toEqual({ status: "ok" });
  const ready = await see(ratingOperations.getReady, "/ready", 200);
  expect(Object.values(ready.body.contracts)).toEqual([true, true, true, true, true, true]);
  const metrics = await see(ratingOperations.getMetrics, "/metrics", 200);
  expect(metrics.text).toMatch(/rating_head_block\{service="rating"\} \d+/);
  expect(metrics.text).toContain('operation="getMcr",status="200"');
  const document = await see(ratingOperations.getOpenApi, "/openapi.json", 200);
  for (const operation of Object.values(ratingOperations) as Operation[])
    expect(document.body.paths[operation.path]?.get?.operationId ?? operation.id, operation.path).toBe(
      operation.id,
    );
  expect(document.body.components.schemas.Mcr.properties.machine_id.type).toBe("integer");
  const page = await see(ratingOperations.getDocs, "/docs", 200);
  expect(page.headers.get("content-type")).toContain("text/html");
});

test("a machine's data API is asked safely: no redirect, only objects, only allowed addresses", async () => {
  const { chain } = fixture;
  const base = `http://127.0.0.1:${(partner.address() as AddressInfo).port}`;
  for (const [path, error] of [
    ["/moved", "the server answered 302"],
    ["/list", "the answer is not a JSON object"],
  ]) {
    await setAttribute(chain, open.account, "data_api", `${base}${path}`, true);
    await caughtUp(chain, fixture.databaseUrl);
    expect((await ask(fixture.service, `/machine/${open.did}`)).body.peaqos.partner_data_error).toBe(error);
  }
  const strict = await ask(limited, `/machine/${open.did}`, { [internalKeyHeader]: key });
  expect(strict.body.peaqos.partner_data_error).toBe("the URL leads to an address that is not public");
});

test("answers survive a round trip through JSON with large integers", async () => {
  const { text, body } = await ask(fixture.service, `/mcr/${machine.did}/inputs`);
  expect(stringifyJson(body)).toBe(text);
});

test("every operation is mounted and every declared status was seen", () => {
  const declared = (Object.values(ratingOperations) as Operation[]).flatMap((operation) =>
    Object.keys(operation.responses).map((status) => `${operation.id} ${status}`),
  );
  expect(declared.filter((pair) => !covered.has(pair))).toEqual([]);
});
