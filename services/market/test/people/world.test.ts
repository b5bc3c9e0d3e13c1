import { afterAll, beforeAll, expect, test } from "vitest";
import { type MarketWorld, marketWorld } from "../world.ts";

let world: MarketWorld;
beforeAll(async () => {
  world = await marketWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

test("a machine comes to the market and an agent is paired with it", async () => {
  const machine = await world.machine("first");
  const read = await world.call("GET", `/machines/${machine.id}`);
  expect(read.body).toMatchObject({
    item: {
      id: machine.id,
      status: "active",
      identityRef: machine.did,
      identityProof: { signerAddress: machine.account.address },
    },
  });
  const agent = await world.agent(machine);
  const list = await world.call("GET", `/machines/${machine.id}/agent-pairings`);
  expect(list.body.items).toMatchObject([{ id: agent.pairingId, status: "active", hasAuthToken: true }]);
  expect(JSON.stringify(list.body)).not.toContain(agent.token);
});

test("the world's catalogue and payments are real", async () => {
  const service = await world.putService({ id: "svc_world" });
  expect((await world.call("GET", `/market/services/${service.id}`)).body.item.id).toBe(service.id);
  const machine = await world.machine("payer");
  const agent = await world.agent(machine);
  const rail = {
    tokenAddress: world.chain.deployment.usdc,
    payeeAddress: world.seller,
    metadata: { rawAmount: "5" },
  };
  expect(await world.pay(agent, { amount: 1, rail })).toMatch(/^0x/);
});
