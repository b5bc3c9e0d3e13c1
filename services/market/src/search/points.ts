import type { MarketService } from "./price.ts";
import type { IntegrationStatus, RankContext } from "./types.ts";

/**
 * The components of a score, in hundredths of a point, so that sums are exact. The ranker adds prepared figures, the
 * reasons name the components; both come from here.
 */

export type Component = { readonly points: number; readonly text: string };

export const maxScore = 10_000;

export const points = {
  base: 4_000,
  operation: 1_500,
  capabilities: 1_000,
  native: 1_000,
  live: 1_000,
  region: 500,
  area: 200,
  price: 1_000,
  credentials: 500,
  production: 500,
  beta: 200,
  needsSetup: -2_000,
} as const;

/** Data older than this many seconds costs so much. */
const staleness = [
  [2_592_000, 500],
  [604_800, 400],
  [86_400, 300],
  [3_600, 200],
  [60, 100],
] as const;

/** What does not depend on the search. */
export function fixedComponents(service: MarketService): Component[] {
  const list: Component[] = [{ points: points.base, text: "on the market" }];
  if (service.executionMode === "native")
    list.push({ points: points.native, text: "executed by the market itself" });
  if (service.maturity === "production") list.push({ points: points.production, text: "in production" });
  if (service.maturity === "beta") list.push({ points: points.beta, text: "in beta" });
  const stale = staleness.find(([seconds]) => service.freshnessSeconds > seconds);
  if (stale !== undefined)
    list.push({ points: -stale[1], text: `data may be ${service.freshnessSeconds} seconds old` });
  return list;
}

/** What a service needs from the buyer's side before it can be executed. Services share setups. */
export type Setup = {
  /** Lower case. */
  readonly providerKey: string;
  readonly skillKey: string;
  readonly native: boolean;
  /** Executed at the machine's runtime endpoint of this provider, not at a URL of the seller. */
  readonly machineSide: boolean;
  readonly needsCredentials: boolean;
  /** A person has to enable it first. */
  readonly needsEnablement: boolean;
  readonly status: IntegrationStatus;
};

export function setupOf(service: MarketService): Setup {
  const native = service.executionMode === "native";
  return {
    providerKey: service.providerKey.toLowerCase(),
    skillKey: service.skillKey,
    native,
    machineSide: native && !service.endpoints.some((endpoint) => (endpoint.url ?? "") !== ""),
    needsCredentials: native && (service.authType === "api-key" || service.authType === "bearer"),
    needsEnablement: service.requiresHumanEnablement,
    status: service.integrationStatus,
  };
}

export type Standing = {
  readonly ready: boolean;
  readonly status: IntegrationStatus;
  readonly components: readonly Component[];
};

/** What the buyer's side has of what a setup needs. */
export type Has = { readonly enabled: boolean; readonly credentials: boolean; readonly live: boolean };

export function hasOf(setup: Setup, context: RankContext): Has {
  return {
    enabled: context.enabledSkills.has(setup.skillKey),
    credentials: context.credentialSkills.has(setup.skillKey) || context.credentials.has(setup.providerKey),
    live: setup.machineSide && context.liveProviders.has(setup.providerKey),
  };
}

/** Where a setup stands with what the buyer's side has. */
export function standingOf(setup: Setup, has: Has): Standing {
  const components: Component[] = [];
  if (has.live) components.push({ points: points.live, text: "the machine's runtime endpoint is live" });
  if (!setup.needsCredentials) components.push({ points: points.credentials, text: "no credentials needed" });
  else if (has.credentials) components.push({ points: points.credentials, text: "credentials are there" });
  const missing = missingOf(setup, has);
  if (missing === null) return { ready: true, status: setup.native ? "native" : setup.status, components };
  components.push({ points: points.needsSetup, text: missing.text });
  return { ready: false, status: missing.status, components };
}

/** The points of a setup for every combination of what the buyer may have; `combinationOf` finds the right one. */
export function pointsByCombination(setup: Setup): number[] {
  return Array.from({ length: combinations }, (_, bits) =>
    sumOf(
      standingOf(setup, {
        enabled: (bits & 1) !== 0,
        credentials: (bits & 2) !== 0,
        live: (bits & 4) !== 0 && setup.machineSide,
      }).components,
    ),
  );
}

export const combinations = 8;

export function combinationOf(setup: Setup, context: RankContext): number {
  const { enabled, credentials, live } = hasOf(setup, context);
  return Number(enabled) + 2 * Number(credentials) + 4 * Number(live);
}

export function sumOf(components: readonly { readonly points: number }[]): number {
  return components.reduce((sum, component) => sum + component.points, 0);
}

function missingOf(setup: Setup, has: Has): { status: IntegrationStatus; text: string } | null {
  const { status } = setup;
  if (status === "docs-only") return { status, text: "described only, it cannot be executed" };
  // A hand-off is a person's step anyway.
  if (!setup.native) return null;
  if (setup.needsEnablement && !has.enabled)
    return {
      status: status === "native" ? "setup-required" : status,
      text: "needs a person to enable the skill",
    };
  if (status === "partner-required" && !has.enabled) return { status, text: "needs the partner's approval" };
  if (has.live || has.credentials) return null;
  if (setup.needsCredentials || status === "credentials-required")
    return { status: "credentials-required", text: "needs credentials of the provider" };
  if (setup.machineSide)
    return {
      status: status === "native" ? "setup-required" : status,
      text: "needs a live runtime endpoint on the machine",
    };
  const unset = status === "local-config-required" || status === "setup-required";
  return unset && !has.enabled ? { status, text: "needs setting up" } : null;
}

/** A service on its own URL is live when its last health check was answered. */
export type Health = "unknown" | "up" | "down";

export function healthComponent(health: Health): Component[] {
  if (health === "up") return [{ points: points.live, text: "its health check answers" }];
  return health === "down" ? [{ points: 0, text: "its health check does not answer" }] : [];
}

/** Half for a price within the wish, half for how far below it lies. @param ratio price / wish, 0 to 1. */
export function pricePoints(ratio: number): number {
  return points.price / 2 + Math.floor((points.price / 2) * (1 - ratio));
}
