import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf, place, priced } from "../../test/shop.ts";
import {
  type MarketWorld,
  marketWorld,
  succeeded,
  type WorldAgent,
  type WorldMachine,
} from "../../test/world.ts";

// Guarantees: what the policies of a machine forbid is refused for every agent of the machine.

let world: MarketWorld;
let machine: WorldMachine;
let agent: WorldAgent;
let policyId: string;

beforeAll(async () => {
  world = await marketWorld();
  await world.putService(priced(world, "svc_one", 1, { region: "eu-west", capabilities: ["audit"] }));
  await world.putService({ id: "svc_free", region: "us-east" });
  await world.putService({
    id: "svc_console",
    executionMode: "external-handoff",
    handoff: { label: "console", url: "https://console.example" },
  });
  policyId = succeeded(await world.call("POST", "/policies", { body: { name: "house rules" } })).body.item.id;
  machine = await world.machine("governed", { body: { policyIds: [policyId] } });
  agent = await world.agent(machine, { name: "governed agent", fund: false });
});
afterAll(() => world[Symbol.asyncDispose]());

/** The policy with these rules and no others. */
async function rules(change: object) {
  const none = {
    allowedSkillKeys: [],
    deniedSkillKeys: [],
    regionRules: [],
    requiredCapabilities: [],
    nativeOnly: false,
    handoffAllowed: true,
  };
  succeeded(await world.call("PATCH", `/policies/${policyId}`, { body: { ...none, ...change } }));
}

const refusal = async (service: string) => {
  const answer = await place(world, agent, service);
  return {
    ...errorOf(answer),
    rule: answer.body.error?.details?.rule,
    policy: answer.body.error?.details?.policyId,
  };
};
const denied = (rule: string) => ({
  status: 403,
  code: "AGENT_POLICY_DENIED",
  reason: undefined,
  rule,
  policy: policyId,
});

test.each([
  ["deniedSkillKeys", { deniedSkillKeys: ["svc_free-skill"] }, "svc_free", "svc_one"],
  ["allowedSkillKeys", { allowedSkillKeys: ["svc_one-skill"] }, "svc_free", "svc_one"],
  ["requiredCapabilities", { requiredCapabilities: ["Audit"] }, "svc_free", "svc_one"],
  ["regionRules", { regionRules: ["eu-*"] }, "svc_free", "svc_one"],
  ["nativeOnly", { nativeOnly: true }, "svc_console", "svc_one"],
  ["handoffAllowed", { handoffAllowed: false }, "svc_console", "svc_free"],
])("%s refuses what it forbids and nothing else", async (rule, change, forbidden, allowed) => {
  await rules(change);
  expect(await refusal(forbidden)).toEqual(denied(rule));
  expect((await place(world, agent, allowed)).status).toBe(201);
});

test("a budget cap counts what all agents of the machine spend, and the allowance shows it", async () => {
  const other = await world.machine("capped machine", { body: { policyIds: [policyId] } });
  const [first, second] = await Promise.all([
    world.agent(other, { name: "first of two", fund: false, policy: { dailySpendLimit: 10 } }),
    world.agent(other, { name: "second of two", fund: false }),
  ]);
  await rules({ budgetCap: { currency: "USD", amount: 2.5 } });
  expect((await place(world, first, "svc_one")).status).toBe(201);
  expect((await place(world, second, "svc_one")).status).toBe(201);
  const third = await place(world, first, "svc_one");
  expect(errorOf(third)).toMatchObject({ status: 403, code: "AGENT_DAILY_LIMIT_EXCEEDED" });
  expect(third.body.error.details).toMatchObject({
    rule: "budgetCap",
    policyId,
    limit: 2.5,
    spentToday: 2,
    remainingToday: 0.5,
    amount: 1,
  });
  const allowance = await world.call(
    "GET",
    `/machines/${other.id}/agent-pairings/${first.pairingId}/allowance`,
  );
  expect(allowance.body.item).toMatchObject({
    spentToday: 1,
    remainingToday: 9,
    policies: [{ policyId, cap: 2.5, spentToday: 2, remainingToday: 0.5 }],
  });
});
