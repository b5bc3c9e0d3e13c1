import { createHash } from "node:crypto";
import { type CatalogueServiceInput, type MarketAnswer, marketBasePath } from "@peaqos/protocol/market";

/** From an entry of the catalogue to the service as the market shows it: every published field filled. */

export type MarketService = MarketAnswer<"getMarketService">;

/** Everything of a service but the time of its last change. */
export type ServiceDocument = Omit<MarketService, "updatedAt">;

export function documentOf(entry: CatalogueServiceInput): ServiceDocument {
  const operations = [
    ...new Set(entry.operations ?? (entry.operationContracts ?? []).map((contract) => contract.operation)),
  ];
  const endpoints = (entry.endpoints ?? []).map(endpointOf);
  return {
    id: entry.id,
    skillKey: entry.skillKey,
    providerKey: entry.providerKey,
    providerId: entry.providerId ?? entry.providerKey,
    providerLabel: entry.providerLabel,
    companyName: entry.companyName ?? null,
    serviceType: entry.serviceType,
    name: entry.name,
    description: entry.description ?? "",
    operations,
    capabilities: [...new Set(entry.capabilities ?? [])],
    authType: entry.authType ?? "none",
    accessMode: entry.accessMode ?? "public",
    executionMode: entry.executionMode ?? "native",
    integrationStatus: entry.integrationStatus ?? "native",
    distribution: entry.distribution ?? "openapi",
    maturity: entry.maturity ?? "beta",
    kind: entry.kind ?? "runtime",
    region: entry.region ?? "global",
    freshnessSeconds: entry.freshnessSeconds ?? 0,
    requiresHumanEnablement: entry.requiresHumanEnablement ?? false,
    pricing: pricingOf(entry),
    payment: paymentOf(entry.payment),
    endpoints,
    endpoint: endpoints[0] ?? null,
    consumption: {
      adapterSetupPath: `${marketBasePath}/skills/${entry.skillKey}/config`,
      serviceDetailPath: `${marketBasePath}/market/services/${entry.id}`,
      marketSearchPath: `${marketBasePath}/market/search`,
      orderPath: `${marketBasePath}/market/orders`,
    },
    operationContracts: (entry.operationContracts ?? []).map(contractOf),
    metadata: entry.metadata ?? {},
    referenceUrl: entry.referenceUrl ?? null,
    artifactUrl: entry.artifactUrl ?? null,
    handoff: handoffOf(entry.handoff),
  };
}

/** A service that asks for no payment and names no price costs nothing, and says so. */
function pricingOf({ pricing, payment }: CatalogueServiceInput): ServiceDocument["pricing"] {
  const free = (payment?.defaultRail ?? "not-required") === "not-required";
  const given = pricing ?? (free ? { mode: "fixed" as const, amount: 0, currency: "USD" } : null);
  return {
    mode: given?.mode ?? "provider-defined",
    amount: given?.amount ?? null,
    currency: given?.currency ?? null,
    rate: pricing?.rate ?? null,
    notes: pricing?.notes ?? [],
  };
}

function paymentOf(rail: CatalogueServiceInput["payment"]): ServiceDocument["payment"] {
  const defaultRail = rail?.defaultRail ?? "not-required";
  const supported = rail?.supportedRails ?? [];
  return {
    defaultRail,
    required: rail?.required ?? defaultRail !== "not-required",
    supportedRails: supported.includes(defaultRail)
      ? [...new Set(supported)]
      : [defaultRail, ...new Set(supported)],
    notes: rail?.notes ?? [],
    provider: rail?.provider ?? null,
    chain: rail?.chain ?? null,
    token: rail?.token ?? null,
    tokenAddress: rail?.tokenAddress ?? null,
    tokenMint: rail?.tokenMint ?? null,
    walletAddress: rail?.walletAddress ?? null,
    externalUrl: rail?.externalUrl ?? null,
    // The buyer's side fills it.
    payerAddress: null,
    payeeAddress: rail?.payeeAddress ?? rail?.walletAddress ?? null,
  };
}

function endpointOf(
  endpoint: NonNullable<CatalogueServiceInput["endpoints"]>[number],
): ServiceDocument["endpoints"][number] {
  return {
    label: endpoint.label ?? null,
    operation: endpoint.operation ?? null,
    url: endpoint.url ?? null,
    method: endpoint.method ?? null,
    path: endpoint.path ?? null,
    providerName: endpoint.providerName ?? null,
    key: endpoint.key ?? null,
    protocols: endpoint.protocols ?? [],
    networks: endpoint.networks ?? [],
  };
}

function handoffOf(handoff: CatalogueServiceInput["handoff"]): ServiceDocument["handoff"] {
  return handoff ? { label: handoff.label, url: handoff.url, notes: handoff.notes ?? [] } : null;
}

type Contract = NonNullable<CatalogueServiceInput["operationContracts"]>[number];

function contractOf(contract: Contract): ServiceDocument["operationContracts"][number] {
  const fields = (list: Contract["inputFields"]) =>
    (list ?? []).map(({ key, type, description }) => ({ key, type, description: description ?? null }));
  return {
    operation: contract.operation,
    inputFields: fields(contract.inputFields),
    outputFields: fields(contract.outputFields),
    exampleInput: contract.exampleInput ?? {},
    providerRequest: contract.providerRequest ?? null,
    summary: contract.summary ?? null,
    notes: contract.notes ?? [],
  };
}

/** Same content, same hash, whatever the order of keys. */
export function hashOfDocument(document: ServiceDocument): string {
  return createHash("sha256").update(canonical(document)).digest("hex");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}
