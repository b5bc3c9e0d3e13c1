import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { marketErrorSchema } from "@peaqos/protocol/market";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type MarketWorld,
  marketWorld,
  type WorldAgent,
  type WorldMachine,
} from "../services/market/test/world.ts";
import {
  type Any,
  calls,
  file,
  operationOf,
  type Recorded,
  refusals,
  requests,
  textOf,
} from "./market-replay-requests.ts";

/**
 * The requests recorded from the published client, sent to a real market. First as they were recorded: their ids are
 * nobody's, so most are refused, and each answer has the one shape the client reads. Then with ids, tokens and
 * signatures that exist: each gets a success of its operation's table, its envelope and its fields.
 */

let world: MarketWorld;
let url: string;
let seller: Server;
let machine: WorldMachine;
let agent: WorldAgent;

beforeAll(async () => {
  world = await marketWorld({ settings: { PEAQOS_MARKET_HEALTH_SECONDS: "0" } });
  const keyHash = createHash("sha256").update(file.meta.setup.apiKey).digest("hex");
  const settings = { PEAQOS_REQUIRE_API_AUTH: "true", PEAQOS_API_KEYS: keyHash };
  url = (await world.market.replica(settings)).url;
  // A seller that does whatever it is asked.
  seller = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"result":{"done":true}}');
    });
  });
  await new Promise<void>((resolve) => seller.listen(0, "127.0.0.1", resolve));
  const sellerUrl = `http://127.0.0.1:${(seller.address() as AddressInfo).port}`;
  const run = {
    skillKey: "mock.paper",
    operationContracts: [{ operation: "run" }],
    endpoints: [
      {
        url: sellerUrl,
        path: "/run",
        operation: "run",
        method: "POST" as const,
        protocols: ["peaqos-http-1"],
      },
    ],
  };
  await world.putService({ id: "svc_free", ...run });
  await world.putService({
    id: "svc_paid",
    ...run,
    pricing: { mode: "fixed", amount: 5, currency: "USDT" },
    payment: {
      defaultRail: "wallet",
      required: true,
      chain: world.chainName,
      token: "USDT",
      tokenAddress: world.chain.deployment.usdt,
      payeeAddress: world.seller,
    },
  });
  machine = await world.machine("replayed");
  agent = await world.agent(machine);
});
afterAll(async () => {
  seller?.close();
  await world?.[Symbol.asyncDispose]();
});

async function send({ method, path, headers, body }: Recorded) {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: textOf(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

/** A success with one of the operation's statuses, in its envelope, with its fields. */
function expectSuccess(request: Recorded, { status, body }: { status: number; body: Any }): void {
  const operation = operationOf(request);
  expect(Object.keys(operation.responses).map(Number), JSON.stringify(body)).toContain(status);
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  const schema = operation.answer;
  if (operation.envelope === "empty") expect([status, body]).toEqual([204, undefined]);
  else if (operation.envelope === "item") schema?.parse(body.item);
  else if (operation.envelope === "list") {
    for (const each of body.items) schema?.parse(each);
    if ("nextCursor" in body) expect(body.nextCursor).toMatch(/^[A-Za-z0-9][\w-]*$/);
  } else schema?.parse(body);
}

describe("as recorded", () => {
  test.each([...requests.keys()])("%s", async (id) => {
    const request = requests.get(id) as Recorded;
    const answer = await send(request);
    const refusal = refusals[id];
    if (refusal === undefined) return expectSuccess(request, answer);
    const { error } = marketErrorSchema.parse(answer.body);
    expect([answer.status, error.code], error.message).toEqual(refusal);
  });
});

/** The recorded request with another path, token or body. */
function having(
  id: string,
  change: { ids?: Record<string, string>; token?: string; body?: object },
): Recorded {
  const { path, headers, body, ...request } = requests.get(id) as Recorded;
  let filled = path;
  for (const [placeholder, value] of Object.entries(change.ids ?? {}))
    filled = filled.replaceAll(placeholder, value);
  return {
    ...request,
    path: filled,
    headers:
      "x-agent-pairing-token" in headers
        ? { ...headers, "x-agent-pairing-token": change.token ?? agent.token }
        : headers,
    ...(body === undefined ? {} : { body: { ...body, ...change.body } }),
  };
}

const item = async (path: string, body: object, token?: string) => {
  const { status, body: answer } = await world.call("POST", path, { body, token });
  if (status >= 300) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer.item ?? answer;
};
const agentFields = () => ({ agentAddress: agent.address, agentProvider: "claude", agentRole: "buyer" });
const agentProof = async (fields: object = agentFields()) => {
  const { challengeId, message } = await item(`/machines/${machine.id}/agent-pairings/challenges`, fields);
  return { challengeId, signature: await agent.account.signMessage({ message }) };
};
const identityProof = async (of: Omit<WorldMachine, "id">) => {
  const { challengeId, message } = await item("/machine-identity/challenges", { identityRef: of.did });
  return { challengeId, signature: await of.account.signMessage({ message }) };
};
const order = async (serviceId: string): Promise<string> =>
  (
    await item(
      "/market/orders",
      { machineId: machine.id, agentPairingId: agent.pairingId, serviceId },
      agent.token,
    )
  ).id;
const ids = (orderId: string) => ({ mach_1: machine.id, ord_1: orderId });
const proofOf = (payment: Any, transactionHash: string) => ({
  chain: payment.rail.chain,
  token: payment.rail.token,
  payerAddress: payment.rail.payerAddress,
  payeeAddress: payment.rail.payeeAddress,
  amount: String(payment.amount),
  transactionHash,
  tokenAddress: payment.rail.tokenAddress,
  tokenDecimals: payment.rail.metadata.tokenDecimals,
  rawAmount: payment.rail.metadata.rawAmount,
});
async function paidOrder(): Promise<string> {
  const id = await order("svc_paid");
  const payment = await item(`/market/orders/${id}/payment-intent`, {}, agent.token);
  const proof = proofOf(payment, await world.pay(agent, payment));
  await item(`/market/orders/${id}/payment-proof`, { verificationMode: "recorded", ...proof }, agent.token);
  return id;
}
async function executed(id: string): Promise<string> {
  await item(`/market/orders/${id}/execute`, {}, agent.token);
  return id;
}

/** Each recorded request as its caller would send it for something that is there. */
const real: Record<string, () => Promise<Recorded> | Recorded> = {
  "create-machine": async () => {
    const fresh = await world.registered("created");
    return having("create-machine", {
      body: { identityRef: fresh.did, identityProof: await identityProof(fresh) },
    });
  },
  "update-machine": () => having("update-machine", { ids: ids("") }),
  "archive-machine": async () =>
    having("archive-machine", { ids: { mach_1: (await world.machine("archived")).id } }),
  "list-machines": async () => {
    await world.machine("one more");
    const { body } = await world.call("GET", "/machines?limit=1");
    const request = having("list-machines", {});
    return { ...request, path: request.path.replace(/cursor=.*/, `cursor=${body.nextCursor}`) };
  },
  "identity-challenge": async () => having("identity-challenge", { body: { identityRef: machine.did } }),
  "pairing-challenge": () =>
    having("pairing-challenge", { ids: ids(""), body: { agentAddress: agent.address } }),
  "pairing-create": async () => {
    const recorded = requests.get("pairing-create")?.body;
    const fields = {
      agentAddress: agent.address,
      agentProvider: recorded.agentProvider,
      agentRole: recorded.agentRole,
    };
    return having("pairing-create", {
      ids: ids(""),
      body: { ...fields, agentProof: await agentProof(fields) },
    });
  },
  "pairing-session": async () => {
    const made = await item(`/machines/${machine.id}/agent-pairings`, {
      ...agentFields(),
      agentProof: await agentProof(),
    });
    return having("pairing-session", {
      ids: { mach_1: machine.id, pair_1: made.id },
      body: { agentProof: await agentProof() },
    });
  },
  "pairing-update": async () => {
    const made = await item(`/machines/${machine.id}/agent-pairings`, {
      ...agentFields(),
      agentProof: await agentProof(),
    });
    return having("pairing-update", { ids: { mach_1: machine.id, pair_1: made.id } });
  },
  "pairing-revoke": async () => {
    const made = await item(`/machines/${machine.id}/agent-pairings`, {
      ...agentFields(),
      agentProof: await agentProof(),
    });
    return having("pairing-revoke", { ids: { mach_1: machine.id, pair_1: made.id } });
  },
  "agent-enroll-no-params": () => having("agent-enroll-no-params", { ids: ids("") }),
  "agent-enroll": () => having("agent-enroll", { ids: ids("") }),
  "agent-heartbeat": async () => {
    const made = await item(`/machines/${machine.id}/agents/enrollment`, {});
    const body = { machineId: machine.id, agentId: made.id, agentToken: made.provisioningToken };
    return having("agent-heartbeat", { body });
  },
  "endpoint-upsert": () => having("endpoint-upsert", { ids: ids("") }),
  "endpoint-delete": () => having("endpoint-delete", { ids: ids("") }),
  search: () => having("search", { body: { machineId: machine.id } }),
  "orders-list": () => having("orders-list", { ids: ids("") }),
  "order-create": async () => {
    const found = await item("/market/search", { machineId: machine.id, operation: "run" }, agent.token);
    const quote = found.quotes.find(({ serviceId }: Any) => serviceId === "svc_paid");
    const body = {
      machineId: machine.id,
      agentPairingId: agent.pairingId,
      serviceId: "svc_paid",
      searchId: found.id,
      quoteId: quote.id,
    };
    return having("order-create", { body });
  },
  "payment-intent-empty": async () => having("payment-intent-empty", { ids: ids(await order("svc_paid")) }),
  "payment-get": async () => having("payment-get", { ids: ids(await order("svc_paid")) }),
  "payment-proof": async () => {
    const id = await order("svc_paid");
    const payment = await item(`/market/orders/${id}/payment-intent`, {}, agent.token);
    return having("payment-proof", { ids: ids(id), body: proofOf(payment, await world.pay(agent, payment)) });
  },
  execute: async () => having("execute", { ids: ids(await order("svc_free")) }),
  "execute-no-input": async () => having("execute-no-input", { ids: ids(await order("svc_free")) }),
  confirm: async () => having("confirm", { ids: ids(await executed(await order("svc_free"))) }),
  dispute: async () => having("dispute", { ids: ids(await executed(await paidOrder())) }),
  "release-none": async () => {
    const id = await executed(await paidOrder());
    await item(`/market/orders/${id}/confirm`, {}, agent.token);
    return having("release-none", { ids: ids(id) });
  },
  refund: async () => having("refund", { ids: ids(await paidOrder()) }),
};

describe("with what is there", () => {
  test.each(Object.keys(real))("%s", async (id) => {
    const request = await (real[id] as () => Promise<Recorded>)();
    expectSuccess(request, await send(request));
  });

  test("escrow-lock: this deployment says that it has no such rail", async () => {
    const answer = await send(having("escrow-lock", { ids: ids(await paidOrder()) }));
    const { error } = marketErrorSchema.parse(answer.body);
    expect([answer.status, error.code, error.details]).toMatchObject([
      400,
      "VALIDATION_ERROR",
      { reason: "rail_not_offered" },
    ]);
  });
});

test("all 44: every request is sent, those the client keeps to itself are named", () => {
  expect(calls).toHaveLength(44);
  const kept = calls.map(({ id }: Any) => id.slice("wire/".length)).filter((id: string) => !requests.has(id));
  expect(kept).toEqual([
    "create-machine-blank-name",
    "get-machine-blank-id",
    "pairing-session-blank-signature",
    "agent-heartbeat-no-endpoints",
    "search-blank-token",
    "orders-list-limit",
    "escrow-lock-blank-hash",
  ]);
  const refused = Object.keys(refusals).filter((id) => !(id in real));
  expect(refused).toEqual(["get-machine-id-not-encoded", "escrow-lock", "policies-no-api-key"]);
});
