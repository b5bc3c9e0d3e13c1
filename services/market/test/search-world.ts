import {
  type MarketWorld,
  marketWorld,
  type WorldAgent,
  type WorldAnswer,
  type WorldMachine,
} from "./world.ts";

/** A world with one buyer and five services to find. */
export type SearchWorld = AsyncDisposable & {
  readonly world: MarketWorld;
  readonly machine: WorldMachine;
  readonly agent: WorldAgent;
  search(body: object, by?: WorldAgent, key?: string): Promise<WorldAnswer>;
};

/** Services of an answer's quotes, best first. */
export const idsOf = (answer: WorldAnswer): string[] =>
  answer.body.item.quotes.map((quote: { serviceId: string }) => quote.serviceId);

export const cheapRail = (world: MarketWorld) => ({
  defaultRail: "wallet" as const,
  chain: world.chainName,
  token: "USDC",
  tokenAddress: world.chain.deployment.usdc,
  payeeAddress: world.seller,
});

export async function searchWorld(): Promise<SearchWorld> {
  const world = await marketWorld({ settings: { PEAQOS_MARKET_HEALTH_SECONDS: "0" } });
  const machine = await world.machine("searcher", {
    body: { capabilities: ["ocpp"], labels: { site: "north" } },
  });
  const agent = await world.agent(machine, { fund: false });
  const rail = cheapRail(world);
  const url = "https://rates.example";
  await world.putService({
    id: "svc_free",
    capabilities: ["fx"],
    maturity: "reference",
    endpoints: [{ url }],
  });
  await world.putService({
    id: "svc_cheap",
    skillKey: "cheap-skill",
    capabilities: ["fx", "crypto"],
    region: "eu-west",
    pricing: { mode: "fixed", amount: 0.1, currency: "USDC" },
    payment: rail,
    endpoints: [{ url }],
  });
  await world.putService({
    id: "svc_dear",
    capabilities: ["fx"],
    pricing: { mode: "fixed", amount: 10.01, currency: "USDC" },
    payment: rail,
    endpoints: [{ url }],
  });
  await world.putService({
    id: "svc_keyed",
    providerKey: "keyed",
    serviceType: "storage.object",
    authType: "api-key",
    operations: ["put-object"],
    operationContracts: [],
    endpoints: [{ url }],
  });
  await world.putService({
    id: "svc_hand",
    executionMode: "external-handoff",
    serviceType: "network.partner-console",
    handoff: { label: "Console", url: "https://console.example" },
  });
  return {
    world,
    machine,
    agent,
    search: (body, by = agent, key) => world.call("POST", "/market/search", { token: by.token, body, key }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}
