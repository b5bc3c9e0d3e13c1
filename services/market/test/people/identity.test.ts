import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MarketWorld, marketWorld, type WorldMachine } from "../world.ts";

/** The rating service away, slow, wrong, or answering about something else. */

let world: MarketWorld;
let machine: WorldMachine;
beforeAll(async () => {
  world = await marketWorld({ settings: { PEAQOS_MCR_TIMEOUT_MS: "300" } });
  machine = await world.machine("asked about");
});
afterAll(() => world[Symbol.asyncDispose]());

async function serving(listener: RequestListener): Promise<Server & AsyncDisposable> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const dispose = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(server, { [Symbol.asyncDispose]: dispose });
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Everything that must not pass without the rating service's word. */
const needing = (): [method: string, path: string, body?: object][] => [
  ["POST", "/machine-identity/challenges", { identityRef: machine.did }],
  ["GET", `/machines/${machine.id}`],
  ["GET", "/machines"],
  ["PATCH", `/machines/${machine.id}`, { displayName: "x" }],
  [
    "POST",
    `/machines/${machine.id}/agent-pairings/challenges`,
    { agentAddress: machine.account.address, agentProvider: "a", agentRole: "b" },
  ],
  [
    "POST",
    `/machines/${machine.id}/agent-pairings`,
    {
      agentAddress: machine.account.address,
      agentProvider: "a",
      agentRole: "b",
      agentProof: { challengeId: "x", signature: "0x" },
    },
  ],
  ["GET", `/machines/${machine.id}/agents`],
  ["POST", `/machines/${machine.id}/agents/enrollment`, {}],
  ["GET", `/machines/${machine.id}/runtime-endpoints`],
  ["GET", `/machines/${machine.id}/runtime-endpoints/qvac`],
  [
    "PUT",
    `/machines/${machine.id}/runtime-endpoints/qvac`,
    { endpointBaseUrl: "http://127.0.0.1:9", status: "active" },
  ],
  ["DELETE", `/machines/${machine.id}/runtime-endpoints/qvac`],
];

async function allUnavailable(on?: Parameters<MarketWorld["call"]>[2]): Promise<void> {
  for (const [method, path, body] of needing()) {
    const answer = await world.call(method, path, { ...on, body });
    expect(`${answer.status} ${answer.body?.error?.code}`, `${method} ${path}`).toBe(
      "503 PEAQOS_IDENTITY_UNAVAILABLE",
    );
  }
}

test("guarantee: while the rating service cannot be asked nothing that needs its word passes, and archiving still works", async () => {
  const spare = await world.machine("archived in the dark");
  await world.stopRating();
  world.market.clock.add(6_000);
  await allUnavailable();
  expect((await world.call("DELETE", `/machines/${spare.id}`)).status).toBe(204);
  await world.startRating();
  expect((await world.call("GET", `/machines/${machine.id}`)).status).toBe(200);
});

test("guarantee: no answer that is slow, broken, of another kind or about something else counts as a yes", async () => {
  const profile = {
    peaqos: {
      machine_id: Number(machine.registryId),
      did: machine.did,
      operator: null,
      mcr: "A",
      mcr_score: 80,
      bond_status: "bonded",
    },
  };
  const json =
    (status: number, body: unknown): RequestListener =>
    (_request, response) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
  const answers: Record<string, RequestListener> = {
    "503": json(503, { detail: "Chain unavailable" }),
    "500": json(500, { detail: "Internal Server Error" }),
    "429": json(429, { detail: "Too many requests" }),
    "404 of another server": json(404, { detail: "Not Found" }),
    "404 without a body": (_request, response) => response.writeHead(404).end(),
    "no JSON": (_request, response) => response.end("<html>"),
    "half an answer": (_request, response) => {
      response.writeHead(200, { "content-length": "1000" }).write('{"peaqos":');
      setTimeout(() => response.destroy(), 20);
    },
    "never an answer": () => undefined,
    "drop by drop": (_request, response) => {
      const timer = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(timer));
    },
    "a redirect to a yes": (_request, response) =>
      response.writeHead(302, { location: `${world.ratingUrl}/machine/${machine.did}` }).end(),
    "bond unknown": json(200, { peaqos: { ...profile.peaqos, bond_status: "perhaps" } }),
    "machine number missing": json(200, { peaqos: { ...profile.peaqos, machine_id: null } }),
    "machine number 0": json(200, { peaqos: { ...profile.peaqos, machine_id: 0 } }),
    "an empty object": json(200, {}),
    null: json(200, null),
    "ten megabytes": (_request, response) => response.end(`"${"x".repeat(10_000_000)}"`),
    "connection cut": (_request, response) => response.socket?.destroy(),
  };
  for (const [name, listener] of Object.entries(answers)) {
    await using server = await serving(listener);
    const replica = await world.market.replica({ PEAQOS_MCR_API_URL: urlOf(server) });
    const answer = await world.call("GET", `/machines/${machine.id}`, { on: replica });
    expect(`${answer.status} ${answer.body?.error?.code}`, name).toBe("503 PEAQOS_IDENTITY_UNAVAILABLE");
    await replica.stop();
  }
  // Sound answers that say no.
  const no: Record<string, RequestListener> = {
    "not registered": json(404, { detail: "Machine not registered" }),
    "another controller": json(200, {
      peaqos: { ...profile.peaqos, did: `did:peaq:0x${"22".repeat(20)}` },
    }),
    "a DID without an address": json(200, { peaqos: { ...profile.peaqos, did: "did:peaq:77" } }),
  };
  for (const [name, listener] of Object.entries(no)) {
    await using server = await serving(listener);
    const replica = await world.market.replica({ PEAQOS_MCR_API_URL: urlOf(server) });
    const answer = await world.call("GET", `/machines/${machine.id}`, { on: replica });
    expect(`${answer.status} ${answer.body?.error?.code}`, name).toBe("403 MACHINE_NOT_ACTIVATED");
    const list = await world.call("GET", "/machines", { on: replica });
    expect(JSON.stringify(list.body), name).not.toContain(machine.id);
    await replica.stop();
  }
});

test("a yes is kept for 5 s and no longer, a no never; questions asked at the same time are one", async () => {
  let asked = 0;
  let bonded = true;
  let isKnown = true;
  await using server = await serving((_request, response) => {
    asked++;
    const peaqos = {
      machine_id: Number(machine.registryId),
      did: machine.did,
      bond_status: bonded ? "bonded" : "unbonded",
    };
    setTimeout(
      () =>
        response
          .writeHead(isKnown ? 200 : 404, { "content-type": "application/json" })
          .end(JSON.stringify(isKnown ? { peaqos } : { detail: "Machine not registered" })),
      20,
    );
  });
  const on = await world.market.replica({ PEAQOS_MCR_API_URL: urlOf(server) });
  const agents = () => world.call("GET", `/machines/${machine.id}/agents`, { on });
  const together = await Promise.all(Array.from({ length: 10 }, agents));
  expect(together.map((each) => each.status)).toEqual(Array(10).fill(200));
  expect(asked).toBe(1);
  bonded = false;
  expect((await agents()).status).toBe(200);
  world.market.clock.add(5_000);
  const unbonded = await agents();
  expect(unbonded.body.error).toMatchObject({
    code: "MACHINE_NOT_ACTIVATED",
    details: { reason: "unbonded" },
  });
  expect(asked).toBe(2);
  isKnown = false;
  world.market.clock.add(5_000);
  for (const count of [3, 4, 5]) {
    expect((await agents()).body.error.details.reason).toBe("unknown");
    expect(asked).toBe(count);
  }
  // A clock that goes back makes no answer live longer.
  isKnown = true;
  bonded = true;
  expect((await agents()).status).toBe(200);
  bonded = false;
  world.market.clock.add(-60_000);
  expect((await agents()).status).toBe(403);
  world.market.clock.add(60_000);
  const metrics = await (await fetch(`${on.url}/metrics`)).text();
  for (const [answer, count] of [
    ["yes", 4],
    ["no", 3],
  ])
    expect(metrics).toMatch(
      new RegExp(`market_identity_answers_total\\{answer="${answer}".*\\} ${count}\\n`),
    );
  await on.stop();
});

test("our own services name themselves to the rating service", async () => {
  const seen: unknown[] = [];
  await using server = await serving((request, response) => {
    seen.push(request.headers["x-peaqos-internal-key"]);
    response
      .writeHead(404, { "content-type": "application/json" })
      .end('{"detail":"Machine not registered"}');
  });
  const key = "an internal key for tests";
  const replica = await world.market.replica({ PEAQOS_MCR_API_URL: urlOf(server), PEAQOS_INTERNAL_KEY: key });
  await world.call("GET", `/machines/${machine.id}`, { on: replica });
  expect(seen).toEqual([key]);
  await replica.stop();
});

test("an unbonded machine is read, and neither activated nor served", async () => {
  const draft = await world.machine("to be unbonded", { activate: false });
  const answer = {
    peaqos: { machine_id: Number(draft.registryId), did: draft.did, bond_status: "unbonded" },
  };
  await using server = await serving((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  const on = await world.market.replica({ PEAQOS_MCR_API_URL: urlOf(server) });
  expect((await world.call("GET", `/machines/${draft.id}`, { on })).status).toBe(200);
  const refused = await world.call("PATCH", `/machines/${draft.id}`, { on, body: { status: "active" } });
  expect(refused.body.error).toMatchObject({
    code: "MACHINE_NOT_ACTIVATED",
    details: { reason: "unbonded" },
  });
  expect(
    (await world.call("PATCH", `/machines/${draft.id}`, { on, body: { displayName: "y" } })).status,
  ).toBe(200);
  await on.stop();
});

test("where verification is optional a draft may be unproven, hidden, and never active; off asks for nothing", async () => {
  const fields = { displayName: "d", ownerId: "o", machineType: "", runtimeProfile: "" };
  const optional = await world.market.replica({ PEAQOS_MACHINE_IDENTITY_VERIFICATION: "optional" });
  const draft = await world.call("POST", "/machines", { on: optional, body: fields });
  expect(draft).toMatchObject({ status: 201, body: { item: { identityRef: null, identityProof: null } } });
  const { id } = draft.body.item;
  const list = await world.call("GET", "/machines", { on: optional });
  expect(JSON.stringify(list.body)).not.toContain(id);
  expect((await world.call("GET", `/machines/${id}`, { on: optional })).status).toBe(200);
  const active = await world.call("PATCH", `/machines/${id}`, { on: optional, body: { status: "active" } });
  expect(active.body.error.code).toBe("MACHINE_NOT_ACTIVATED");
  const strict = await world.call("GET", `/machines/${id}`);
  expect(strict.body.error.code).toBe("MACHINE_NOT_ACTIVATED");
  const off = await world.market.replica({
    PEAQOS_MACHINE_IDENTITY_VERIFICATION: "off",
    PEAQOS_MCR_API_URL: "http://127.0.0.1:9",
  });
  const free = await world.call("PATCH", `/machines/${id}`, { on: off, body: { status: "active" } });
  expect(free.body.item.status).toBe("active");
  expect((await world.call("GET", `/machines/${id}/agents`, { on: off })).status).toBe(200);
  const pairing = await world.call("POST", `/machines/${id}/agent-pairings`, {
    body: {
      agentAddress: machine.account.address,
      agentProvider: "a",
      agentRole: "b",
      agentProof: { challengeId: "x", signature: "0x" },
    },
  });
  expect(pairing.body.error.code).toBe("MACHINE_IDENTITY_PROOF_REQUIRED");
});

test("guarantee: of two drafts that take one identity at the same time one has it", async () => {
  const on = await world.market.replica({ PEAQOS_MACHINE_IDENTITY_VERIFICATION: "optional" });
  const fields = { displayName: "d", ownerId: "o", machineType: "", runtimeProfile: "" };
  const known = await world.registered("wanted by two");
  const number = `peaqos:machine:${known.registryId}`;
  const patches = await Promise.all(
    [known.did, number].map(async (identityRef) => {
      const { id } = (await world.call("POST", "/machines", { on, body: fields })).body.item;
      const { item } = (
        await world.call("POST", "/machine-identity/challenges", { on, body: { identityRef } })
      ).body;
      const signature = await known.account.signMessage({ message: item.message });
      return {
        path: `/machines/${id}`,
        body: { identityRef, identityProof: { challengeId: item.challengeId, signature } },
      };
    }),
  );
  const answers = await Promise.all(patches.map(({ path, body }) => world.call("PATCH", path, { on, body })));
  expect(answers.map((each) => each.status).sort()).toEqual([200, 409]);
  expect(answers.find((each) => each.status === 409)?.body.error.code).toBe("MACHINE_IDENTITY_EXISTS");
  await on.stop();
});
