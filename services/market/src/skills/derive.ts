import type { MarketAnswer } from "@peaqos/protocol/market";
import type { MarketService } from "../catalogue/catalogue.ts";

/**
 * Skills follow from the catalogue: the services with one skill key are one skill. What no service says may stand in
 * `metadata.skill` of any of them: label, description, direction, scope, source, listedBy, requiredEnv, version,
 * homepage, configSchema.
 */

export type SkillSummary = MarketAnswer<"getSkill">;
export type SkillManifest = MarketAnswer<"getSkillManifest">;

/** Everything but what depends on the tenant and on time. */
export type Skill = Omit<SkillSummary, "authState" | "lastVerifiedAt"> & {
  readonly services: readonly MarketService[];
};

type Hints = Readonly<Record<string, unknown>>;

const directions: readonly string[] = ["machine-offers", "machine-consumes"];
const scopes: readonly string[] = ["core-product", "bootstrap-reference", "ecosystem"];
const sources: readonly string[] = ["peaq", "partner", "clawhub", "external-marketplace"];

const isObject = (value: unknown): value is Hints =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @param services of the whole market. @returns skills by key, in the order of their keys. */
export function skillsOf(services: Iterable<MarketService>): Map<string, Skill> {
  const groups = [...Map.groupBy(services, (service) => service.skillKey)];
  groups.sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(groups.map(([key, group]) => [key, skillOf(key, byId(group))]));
}

const byId = (services: readonly MarketService[]) => services.toSorted((a, b) => (a.id < b.id ? -1 : 1));

function hintsOf(services: readonly MarketService[]): Hints {
  const all = services.map(({ metadata }) => metadata.skill).filter(isObject);
  return Object.assign({}, ...all.toReversed()) as Hints;
}

const textOr = (value: unknown, otherwise: string) => (typeof value === "string" ? value : otherwise);
const wordOr = <T extends string>(value: unknown, known: readonly string[], otherwise: T) =>
  typeof value === "string" && known.includes(value) ? (value as T) : otherwise;

function skillOf(key: string, services: readonly MarketService[]): Skill {
  const first = services[0]!;
  const hints = hintsOf(services);
  const union = (pick: (service: MarketService) => readonly string[]) => [...new Set(services.flatMap(pick))];
  return {
    key,
    providerKey: first.providerKey,
    label: textOr(hints.label, services.length === 1 ? first.name : first.providerLabel),
    description: textOr(hints.description, first.description),
    direction: wordOr(hints.direction, directions, "machine-consumes"),
    scope: wordOr(hints.scope, scopes, "ecosystem"),
    source: wordOr(hints.source, sources, sourceOf(first.distribution)),
    listedBy: textOr(hints.listedBy, first.companyName ?? first.providerLabel),
    kind: first.kind,
    serviceTypes: union((service) => [service.serviceType]),
    operations: union((service) => service.operations),
    authType: first.authType,
    accessMode: first.accessMode,
    distribution: first.distribution,
    maturity: first.maturity,
    executionMode: first.executionMode,
    integrationStatus: first.integrationStatus,
    requiredEnv: Array.isArray(hints.requiredEnv)
      ? hints.requiredEnv.filter((name) => typeof name === "string")
      : [],
    requiresHumanEnablement: services.some((service) => service.requiresHumanEnablement),
    referenceUrl: first.referenceUrl,
    artifactUrl: first.artifactUrl,
    handoff: first.handoff,
    services,
  };
}

function sourceOf(distribution: MarketService["distribution"]): SkillSummary["source"] {
  if (distribution === "peaq-native") return "peaq";
  return distribution === "clawhub" ? "clawhub" : "partner";
}

/** The contracts of all operations in one list of inputs and one of outputs; a key stands once. */
export function manifestOf(skill: Skill, catalogueVersion: string | null): SkillManifest {
  const hints = hintsOf(skill.services);
  const inputs = new Map<string, SkillManifest["inputs"][number]>();
  const outputs = new Map<string, SkillManifest["outputs"][number]>();
  for (const { operationContracts, metadata } of skill.services)
    for (const contract of operationContracts) {
      const required = requiredOf(metadata, contract.operation);
      for (const { key, type, description } of contract.inputFields)
        if (!inputs.has(key))
          inputs.set(key, { key, type, required: required.has(key), description: description ?? "" });
      for (const { key, type, description } of contract.outputFields)
        if (!outputs.has(key)) outputs.set(key, { key, type, description: description ?? "" });
    }
  return {
    key: skill.key,
    providerKey: skill.providerKey,
    label: skill.label,
    summary: skill.description,
    inputs: [...inputs.values()],
    outputs: [...outputs.values()],
    version: typeof hints.version === "string" ? hints.version : catalogueVersion,
    configSchema: isObject(hints.configSchema) ? hints.configSchema : null,
    homepage: typeof hints.homepage === "string" ? hints.homepage : skill.referenceUrl,
  };
}

function requiredOf(metadata: MarketService["metadata"], operation: string): Set<unknown> {
  const contract = isObject(metadata.contracts) ? metadata.contracts[operation] : undefined;
  const schema = isObject(contract) ? contract.inputSchema : undefined;
  return new Set(isObject(schema) && Array.isArray(schema.required) ? schema.required : []);
}
