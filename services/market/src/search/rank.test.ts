/**
 * Guarantees that a denied or too dear service never appears in a search, whatever the policies and the catalogue, and
 * that the answer depends on nothing but its inputs: checked against a ranker written once more, one service at a time.
 */
import { compareAmounts } from "@peaqos/protocol/market";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Health } from "./points.ts";
import { type MarketService, priceOf, unitOf } from "./price.ts";
import { randomCatalogue, randomFrom, words } from "./random-catalogue.ts";
import { rank } from "./rank.ts";
import { buildIndex, setHealth } from "./service-index.ts";
import type { PolicyRules, RankContext, Task } from "./types.ts";
import { regionAllowed } from "./words.ts";

const runs = { numRuns: Number(process.env.PEAQOS_PROPERTY_RUNS ?? 600) };

const amounts = fc.oneof(
  fc.constantFrom(0, 0.01, 4.99, 5, 5.01, "5.000", "5.0000001", "4.9999999", 19.99, 1e15, -1),
  fc.integer({ min: 0, max: 2_000 }).map((cents) => cents / 100),
);
const currency = fc.option(fc.constantFrom("USD", "usdc", "USDT", "EUR", "GBP"));
const operations = fc.constantFrom(...words.operations, "Get_Latest Price", "no-such-operation");
const capabilities = fc.constantFrom(...words.capabilities, "FX", "no-such-capability");
const regions = fc.constantFrom(...words.regions, "EU-West", "eu-north", "mars");
const serviceIds = fc.integer({ min: 0, max: 130 }).map((i) => `svc_${i.toString(36).padStart(6, "0")}`);
const skills = fc.integer({ min: 0, max: 12 }).map((i) => `skill-${i}`);
const few = <T>(arbitrary: fc.Arbitrary<T>, max = 3) => fc.array(arbitrary, { maxLength: max });
/** Mostly nothing, so that most searches find something. */
const seldom = <T, N>(arbitrary: fc.Arbitrary<T>, otherwise: N) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });

const tasks: fc.Arbitrary<Task> = fc.record({
  serviceType: fc.option(
    fc.constantFrom(
      "oracle.price-feed",
      "storage.object",
      "device.control",
      "compute.inference",
      "__proto__",
    ),
  ),
  operation: fc.option(operations),
  requiredCapabilities: few(capabilities, 2),
  region: fc.option(regions),
  allowExternalHandoff: fc.boolean(),
  requireNativeExecution: seldom(fc.constant(true), false),
  budget: fc.option(fc.record({ max: seldom(amounts, null), amount: fc.option(amounts), currency }), {
    freq: 1,
  }),
  maxResults: fc.integer({ min: 1, max: 20 }),
});
const policies: fc.Arbitrary<PolicyRules> = fc.record(
  {
    allowedSkillKeys: seldom(few(skills, 8), []),
    deniedSkillKeys: few(skills),
    allowedServiceIds: seldom(few(serviceIds, 60), []),
    deniedServiceIds: few(serviceIds, 20),
    requiredCapabilities: seldom(few(capabilities, 1), []),
    regionRules: seldom(few(fc.constantFrom("eu-*", "!us-*", "global", "!eu-west", "*", "EU_West"), 2), []),
    nativeOnly: seldom(fc.constant(true), false),
    handoffAllowed: seldom(fc.constant(false), true),
    budgetCap: seldom(fc.record({ amount: amounts, currency }), null),
  },
  { requiredKeys: [] },
);
const providers = fc.integer({ min: 0, max: 8 }).map((i) => `provider-${i}`);
const contexts: fc.Arbitrary<RankContext> = fc.record({
  liveProviders: few(providers).map((list) => new Set(list)),
  credentials: few(providers).map((list) => new Set(list)),
  enabledSkills: few(skills).map((list) => new Set(list)),
  credentialSkills: few(skills).map((list) => new Set(list)),
  disabledSkills: few(skills).map((list) => new Set(list)),
});
const searches = fc.record({
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  size: fc.oneof(fc.constantFrom(0, 1, 31, 32, 33), fc.integer({ min: 0, max: 130 })),
  task: tasks,
  policies: few(policies, 2),
  context: contexts,
});

const word = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, "-");
const offers = (list: readonly string[], wanted: string) => list.some((each) => word(each) === word(wanted));

/** The rules of one policy, read out loud. */
function allows(policy: PolicyRules, service: MarketService): boolean {
  const { allowedSkillKeys = [], allowedServiceIds = [] } = policy;
  if (policy.deniedSkillKeys?.includes(service.skillKey)) return false;
  if (policy.deniedServiceIds?.includes(service.id)) return false;
  if (allowedSkillKeys.length > 0 && !allowedSkillKeys.includes(service.skillKey)) return false;
  if (allowedServiceIds.length > 0 && !allowedServiceIds.includes(service.id)) return false;
  if (!(policy.requiredCapabilities ?? []).every((each) => offers(service.capabilities, each))) return false;
  if (policy.nativeOnly && service.executionMode !== "native") return false;
  if (policy.handoffAllowed === false && service.executionMode !== "native") return false;
  return regionAllowed(policy.regionRules ?? [], service.region);
}

function withinLimit(service: MarketService, amount: string | number, limitCurrency: string | null): boolean {
  const price = priceOf(service);
  if (price === null) return true;
  if (price.unit !== null && price.unit !== unitOf(limitCurrency)) return false;
  return compareAmounts(price.amount, amount) <= 0;
}

function passes(
  service: MarketService,
  task: Task,
  rules: readonly PolicyRules[],
  context: RankContext,
): boolean {
  if (task.serviceType !== null && service.serviceType !== task.serviceType) return false;
  if (task.operation !== null && !offers(service.operations, task.operation)) return false;
  if (!task.requiredCapabilities.every((each) => offers(service.capabilities, each))) return false;
  const handoffs = task.allowExternalHandoff && !task.requireNativeExecution;
  if (!handoffs && service.executionMode !== "native") return false;
  if (!rules.every((policy) => allows(policy, service))) return false;
  if (context.disabledSkills.has(service.skillKey)) return false;
  if (task.budget?.max != null && !withinLimit(service, task.budget.max, task.budget.currency)) return false;
  return rules.every(
    ({ budgetCap }) => !budgetCap || withinLimit(service, budgetCap.amount, budgetCap.currency),
  );
}

/** A reason ends with its points. */
const pointsOf = (reason: string) => Math.round(Number(/: ([+-]?[\d.]+)$/.exec(reason)?.[1] ?? "0") * 100);

function healthsOf(catalogue: readonly MarketService[], seed: number): Map<string, Health> {
  const random = randomFrom(seed);
  return new Map(
    catalogue.map(({ id }) => [id, (["unknown", "up", "down"] as const)[Math.floor(random() * 3)]!]),
  );
}

test("exactly the services that every filter and policy lets pass are found, and every other one is counted", () => {
  fc.assert(
    fc.property(searches, ({ seed, size, task, policies: rules, context }) => {
      const catalogue = randomCatalogue(size, seed);
      const wide = { ...task, maxResults: 1_000 };
      const { quotes, considered, matched, dropped } = rank(buildIndex(catalogue), wide, rules, context);
      const expected = catalogue.filter((service) => passes(service, task, rules, context));
      expect(quotes.map((quote) => quote.service.id).sort()).toEqual(expected.map(({ id }) => id).sort());
      const ofType = catalogue.filter(
        (each) => task.serviceType === null || each.serviceType === task.serviceType,
      );
      expect(considered).toBe(ofType.length);
      expect(matched).toBe(expected.length);
      const sum = Object.values(dropped).reduce((a, b) => a + b, 0);
      expect(matched + sum).toBe(considered);
    }),
    runs,
  );
});

test("scores are the sum of their reasons, between 0 and 100; order is score, price, id; maxResults only cuts", () => {
  fc.assert(
    fc.property(searches, ({ seed, size, task, policies: rules, context }) => {
      const catalogue = randomCatalogue(size, seed);
      const healths = healthsOf(catalogue, seed);
      const index = buildIndex(catalogue, (id) => healths.get(id)!);
      const all = rank(index, { ...task, maxResults: 1_000 }, rules, context).quotes;
      for (const { score, reasons } of all) {
        expect(Math.round(score * 100)).toBe(
          Math.min(
            10_000,
            reasons.map(pointsOf).reduce((a, b) => a + b, 0),
          ),
        );
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100);
      }
      const order = all.toSorted((a, b) => {
        const [left, right] = [priceOf(a.service), priceOf(b.service)];
        if (a.score !== b.score) return b.score - a.score;
        if (left === null || right === null)
          return left === right ? (a.service.id < b.service.id ? -1 : 1) : left === null ? 1 : -1;
        if (left.unit !== right.unit) return (left.unit ?? "") < (right.unit ?? "") ? -1 : 1;
        return compareAmounts(left.amount, right.amount) || (a.service.id < b.service.id ? -1 : 1);
      });
      expect(all.map((quote) => quote.service.id)).toEqual(order.map((quote) => quote.service.id));
      expect(rank(index, task, rules, context).quotes).toEqual(all.slice(0, task.maxResults));
    }),
    runs,
  );
});

test("the same search gives the same answer, in whatever order the catalogue came and whatever was asked before", () => {
  fc.assert(
    fc.property(searches, searches, ({ seed, size, task, policies: rules, context }, other) => {
      const catalogue = randomCatalogue(size, seed);
      const index = buildIndex(catalogue);
      const first = rank(index, task, rules, context);
      rank(index, other.task, other.policies, other.context);
      expect(rank(index, task, rules, context)).toEqual(first);
      expect(rank(buildIndex(catalogue.toReversed()), task, rules, context)).toEqual(first);
    }),
    runs,
  );
});

test("a health check's result changes the index as if it had been built with it", () => {
  fc.assert(
    fc.property(searches, ({ seed, size, task, policies: rules, context }) => {
      const catalogue = randomCatalogue(size, seed);
      const [before, after] = [healthsOf(catalogue, seed), healthsOf(catalogue, seed + 1)];
      const index = buildIndex(catalogue, (id) => before.get(id)!);
      for (const [id, health] of after) setHealth(index, id, health);
      const built = buildIndex(catalogue, (id) => after.get(id)!);
      expect(rank(index, task, rules, context)).toEqual(rank(built, task, rules, context));
    }),
    { numRuns: 100 },
  );
});

test("a budget is exact to the last decimal place", () => {
  const [service] = randomCatalogue(1, 1);
  const priced = (amount: number, unit = "USD") => ({
    ...service!,
    id: `svc_${amount}${unit}`,
    executionMode: "native" as const,
    pricing: { mode: "fixed" as const, amount, currency: unit, rate: null, notes: [] },
  });
  const index = buildIndex([
    priced(0.1),
    priced(0.3),
    priced(0.30000000000000004),
    priced(0.3, "EUR"),
    priced(0, "EUR"),
  ]);
  const task = { ...anyTask, budget: { max: "0.3", amount: null, currency: "usdt" } };
  const { quotes, dropped } = rank(index, task, [], nothing);
  expect(quotes.map((quote) => quote.service.id).sort()).toEqual(["svc_0.1USD", "svc_0.3USD", "svc_0EUR"]);
  expect(dropped).toEqual({ above_budget: 1, other_currency: 1 });
});

test("a provider that needs setting up drops, and comes back with credentials, configuration or a live endpoint", () => {
  const [base] = randomCatalogue(1, 1);
  const service = (fields: Partial<MarketService>): MarketService => ({
    ...base!,
    executionMode: "native",
    authType: "none",
    integrationStatus: "native",
    requiresHumanEnablement: false,
    providerKey: "Walrus",
    ...fields,
  });
  const machineSide = service({ id: "machine-side", endpoints: [], endpoint: null });
  const keyed = service({
    id: "keyed",
    authType: "api-key",
    endpoints: [{ ...emptyEndpoint, url: "https://x.example" }],
  });
  const scoreOf = (offered: MarketService, context: Partial<RankContext>) => {
    const [quote] = rank(buildIndex([offered]), anyTask, [], { ...nothing, ...context }).quotes;
    return [quote!.score, quote!.integrationStatus] as const;
  };
  const [bare, status] = scoreOf(machineSide, {});
  expect(status).toBe("setup-required");
  expect(scoreOf(machineSide, { liveProviders: new Set(["walrus"]) })).toEqual([bare + 30, "native"]);
  const skill = new Set([base!.skillKey]);
  const configured = { enabledSkills: skill, credentialSkills: skill };
  expect(scoreOf(machineSide, configured)).toEqual([bare + 20, "native"]);
  expect(scoreOf(machineSide, { enabledSkills: skill })).toEqual([bare, "setup-required"]);
  const [without, missing] = scoreOf(keyed, {});
  expect(missing).toBe("credentials-required");
  expect(scoreOf(keyed, { credentials: new Set(["walrus"]) })).toEqual([without + 25, "native"]);
});

const nothing: RankContext = {
  liveProviders: new Set(),
  credentials: new Set(),
  enabledSkills: new Set(),
  credentialSkills: new Set(),
  disabledSkills: new Set(),
};
const anyTask: Task = {
  serviceType: null,
  operation: null,
  requiredCapabilities: [],
  region: null,
  allowExternalHandoff: true,
  requireNativeExecution: false,
  budget: null,
  maxResults: 100,
};
const emptyEndpoint = {
  label: null,
  operation: null,
  url: null,
  method: null,
  path: null,
  providerName: null,
  key: null,
  protocols: [],
  networks: [],
};
