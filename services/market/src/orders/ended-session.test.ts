import { afterAll, beforeAll, expect, test } from "vitest";
import { executionScene, type Scene } from "../../test/execution-scene.ts";
import { errorOf, orderBody } from "../../test/shop.ts";
import { succeeded, type WorldAgent } from "../../test/world.ts";

// Guarantees: a token whose session has ended learns nothing, not even the answer that it was given before.

let scene: Scene;
beforeAll(async () => {
  scene = await executionScene();
  await scene.seller({ id: "svc_echo" });
});
afterAll(() => scene[Symbol.asyncDispose]());

/** Every write of an agent, each under a key of its own, as it was sent the first time. */
async function purchase(agent: WorldAgent) {
  const send = (path: string, body: object, key: string) => () =>
    scene.world.call("POST", path, { token: agent.token, key, body });
  const wish = orderBody(agent, "svc_echo", { input: { text: "hello" } });
  const requests: [string, ReturnType<typeof send>][] = [];
  const first = async (name: string, path: string, body: object) => {
    const request = send(path, body, `${name}-${agent.pairingId}`);
    requests.push([name, request]);
    return succeeded(await request()).body;
  };
  await first("search", "/market/search", { machineId: agent.machine.id, serviceType: "machine.commerce" });
  const { id } = (await first("order", "/market/orders", wish)).item;
  await first("batch", "/market/orders/batch", { orders: [wish] });
  await first("intent", `/market/orders/${id}/payment-intent`, {});
  await first("execute", `/market/orders/${id}/execute`, {});
  await first("confirm", `/market/orders/${id}/confirm`, {});
  const other = (await first("other", "/market/orders", wish)).item;
  await first("cancel", `/market/orders/${other.id}/cancel`, {});
  const third = (await first("third", "/market/orders", wish)).item;
  await first("run", `/market/orders/${third.id}/execute`, {});
  await first("dispute", `/market/orders/${third.id}/dispute`, { reason: "not what was agreed" });
  return requests;
}

test("a session that a newer one replaced: the same requests under the same keys are refused", async () => {
  const agent = await scene.world.agent(scene.machine, { name: "rotating", fund: false });
  const requests = await purchase(agent);
  for (const [name, request] of requests) expect([name, (await request()).status]).not.toEqual([name, 401]);
  await scene.world.rotate(agent);
  for (const [name, request] of requests) {
    const answer = await request();
    // A batch tells it of each order.
    const error = name === "batch" ? answer.body.results[0].error : answer.body.error;
    expect([name, error?.code, error?.details]).toMatchObject([
      name,
      "AGENT_AUTH_INVALID",
      { reason: "session_replaced" },
    ]);
  }
});

test("a pairing that was revoked: the same requests under the same keys are refused", async () => {
  const agent = await scene.world.agent(scene.machine, { name: "revoked", fund: false });
  const requests = await purchase(agent);
  const path = `/machines/${scene.machine.id}/agent-pairings/${agent.pairingId}`;
  succeeded(await scene.world.call("DELETE", path));
  for (const [name, request] of requests) {
    const answer = await request();
    const error =
      name === "batch" ? { code: answer.body.results[0].error?.code } : { code: errorOf(answer).code };
    expect([name, error.code]).toEqual([name, "AGENT_PAIRING_INACTIVE"]);
  }
  // Nothing is told of orders, neither of one that is there nor of one that is not.
  const foreign = await scene.order("svc_echo");
  for (const id of [foreign.id, "mord_000000000000"]) {
    const path = `/market/orders/${id}/confirm`;
    const answer = await scene.world.call("POST", path, { token: agent.token, body: {} });
    expect([id, errorOf(answer).code]).toEqual([id, "AGENT_PAIRING_INACTIVE"]);
  }
});
