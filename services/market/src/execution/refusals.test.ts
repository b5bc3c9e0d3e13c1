import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FaultySeller } from "../../../../examples/sellers/faulty/seller.ts";
import { executionScene, type Scene } from "../../test/execution-scene.ts";
import { errorOf } from "../../test/shop.ts";
import { succeeded } from "../../test/world.ts";

let scene: Scene;
let seller: FaultySeller;
beforeAll(async () => {
  scene = await executionScene();
  seller = await scene.seller({ id: "svc_echo" });
});
afterAll(() => scene[Symbol.asyncDispose]());

const callsOf = (orderId: string) => seller.calls.filter((call) => call.orderId === orderId);

test("what cannot be executed says why and leaves the order as it is", async () => {
  const listing = seller.listing() as object;
  await scene.world.putService({
    ...listing,
    id: "svc_grpc",
    endpoints: [{ url: seller.url, protocols: ["grpc"] }],
  });
  const grpc = await scene.order("svc_grpc");
  expect(errorOf(await scene.execute(grpc.id))).toEqual({
    ...{ status: 422, code: "EXECUTION_UNSUPPORTED", reason: "no_adapter" },
  });
  await scene.world.putService({
    ...listing,
    id: "svc_wasted",
    metadata: { contracts: { echo: { inputSchema: { type: 5 } } } },
  });
  const wasted = await scene.order("svc_wasted", {}, { input: undefined });
  expect(errorOf(await scene.execute(wasted.id))).toMatchObject({ status: 422, reason: "invalid_contract" });
  const key = { ...listing, id: "svc_key", authType: "api-key" } as const;
  await scene.world.putService(key);
  const locked = await scene.order("svc_key");
  expect(errorOf(await scene.execute(locked.id))).toMatchObject({
    status: 422,
    reason: "credentials_required",
  });
  const x402 = await scene.execute(locked.id, { body: { payment: { paymentSignature: "0xabc" } } });
  expect(errorOf(x402)).toMatchObject({ status: 400, code: "VALIDATION_ERROR", reason: "rail_not_offered" });
  for (const { id } of [grpc, wasted, locked]) expect((await scene.read(id)).status).toBe("created");
  expect(errorOf(await scene.execute("mord_000000000000"))).toMatchObject({ status: 404, code: "NOT_FOUND" });
});

/** Guarantees that only the pairing that placed an order can have it executed. */
test("another agent's token, a revoked one and none at all execute nothing", async () => {
  const order = await scene.order("svc_echo");
  const stranger = await scene.world.agent(await scene.world.machine("stranger"), { fund: false });
  const other = await scene.world.agent(scene.machine, { name: "second agent", fund: false });
  for (const { token } of [stranger, other])
    expect(errorOf(await scene.execute(order.id, { token }))).toMatchObject({
      status: 401,
      code: "AGENT_AUTH_INVALID",
    });
  expect(errorOf(await scene.execute(order.id, { token: undefined }))).toMatchObject({ status: 401 });
  const path = `/machines/${scene.machine.id}/agent-pairings/${other.pairingId}`;
  const own = succeeded(
    await scene.world.call("POST", "/market/orders", {
      token: other.token,
      body: {
        machineId: scene.machine.id,
        agentPairingId: other.pairingId,
        serviceId: "svc_echo",
        input: { text: "t" },
      },
    }),
  ).body.item;
  await scene.world.call("DELETE", path);
  expect((await scene.execute(own.id, { token: other.token })).status).toBeGreaterThanOrEqual(401);
  expect(callsOf(order.id).length + callsOf(own.id).length).toBe(0);
});

/** Guarantees that a URL in a contract cannot make the market talk to its own network, and that redirects lead nowhere. */
test("an endpoint inside the network is not asked, and the order stays ready to be executed", async () => {
  let asked = 0;
  const inside = createServer((_request, response) => {
    asked++;
    response.end("{}");
  });
  await new Promise<void>((resolve) => inside.listen(0, "127.0.0.1", resolve));
  const { port } = inside.address() as AddressInfo;
  try {
    for (const url of [
      `http://10.0.0.1:${port}`,
      `http://[::ffff:127.0.0.1]:${port}`,
      "http://169.254.169.254",
    ]) {
      const [endpoint] = seller.listing().endpoints;
      await scene.world.putService({
        ...(seller.listing() as object),
        id: "svc_inside",
        endpoints: [{ ...endpoint, url }],
      });
      const order = await scene.order("svc_inside");
      expect(errorOf(await scene.execute(order.id))).toEqual({
        ...{ status: 502, code: "ENDPOINT_UNREACHABLE", reason: "not_reached" },
      });
      expect(await scene.read(order.id)).toMatchObject({ status: "ready", errorMessage: expect.any(String) });
    }
    expect(asked).toBe(0);
  } finally {
    inside.close();
  }
});
