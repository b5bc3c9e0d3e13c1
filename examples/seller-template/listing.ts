import type {
  CatalogueService,
  Contract,
  ContractField,
  JsonObject,
  JsonSchema,
  Price,
  SellerDefinition,
} from "./types.ts";

const PROTOCOL = "peaqos-http-1";

/** The catalogue entry of a seller that answers at `url`. */
export function listingOf(definition: SellerDefinition, url: string): CatalogueService {
  const { service, price, handoff } = definition;
  const contracts = definition.operations.map(({ contract }) => contract);
  const called = handoff === undefined;
  return {
    id: service.id,
    skillKey: service.skillKey,
    providerKey: service.providerKey,
    providerId: service.providerKey,
    providerLabel: service.providerLabel,
    companyName: service.providerLabel,
    serviceType: service.serviceType,
    name: service.name,
    description: service.description,
    operations: contracts.map(({ operation }) => operation),
    capabilities: [...service.capabilities],
    authType: "none",
    accessMode: "public",
    executionMode: called ? "native" : "external-handoff",
    integrationStatus: called ? "native" : "partner-required",
    distribution: "openapi",
    maturity: "reference",
    kind: called ? "runtime" : "reference",
    region: service.region,
    freshnessSeconds: service.freshnessSeconds,
    requiresHumanEnablement: !called,
    pricing: {
      mode: "fixed",
      amount: price === null ? 0 : Number(price.amount),
      currency: price === null ? "USD" : price.token.symbol,
      rate: "per_request",
      notes: [...(price?.notes ?? [])],
    },
    payment: paymentOf(price),
    endpoints: called
      ? contracts.map(({ operation, path, summary }) => ({
          label: summary,
          operation,
          url,
          method: "POST",
          path,
          providerName: service.providerLabel,
          key: `${service.skillKey}:${operation}`,
          protocols: [PROTOCOL],
          networks: [],
        }))
      : [],
    operationContracts: contracts.map((contract) => operationContract(contract, called)),
    metadata: {
      healthUrl: `${url}/health`,
      contracts: Object.fromEntries(
        contracts.map(({ operation, inputSchema, outputSchema }) => [
          operation,
          { inputSchema, outputSchema },
        ]),
      ),
    },
    referenceUrl: null,
    artifactUrl: null,
    handoff:
      handoff === undefined
        ? null
        : { label: handoff.label, url: url + handoff.path, notes: [...handoff.notes] },
  };
}

function paymentOf(price: Price | null): CatalogueService["payment"] {
  const rail = price?.rail ?? "not-required";
  return {
    defaultRail: rail,
    required: price !== null,
    supportedRails: [rail],
    notes: [],
    provider: null,
    chain: price === null ? null : `eip155:${price.token.chainId}`,
    token: price?.token.symbol ?? null,
    tokenAddress: price?.token.address ?? null,
    tokenMint: null,
    walletAddress: null,
    externalUrl: null,
    payeeAddress: price?.payee ?? null,
  };
}

function operationContract(
  contract: Contract,
  called: boolean,
): CatalogueService["operationContracts"][number] {
  return {
    operation: contract.operation,
    inputFields: fieldsOf(contract.inputSchema),
    outputFields: fieldsOf(contract.outputSchema),
    exampleInput: contract.exampleInput,
    providerRequest: called ? { method: "POST", path: contract.path } : null,
    summary: contract.summary,
    notes: [...contract.notes],
  };
}

/** The top level of a JSON Schema as the list of fields that clients show. */
function fieldsOf(schema: JsonSchema): ContractField[] {
  const required = new Set(schema.required as string[] | undefined);
  return Object.entries((schema.properties ?? {}) as Record<string, JsonObject>).map(([key, field]) => ({
    key,
    type: [field.type ?? "any"].flat().join(" or "),
    description:
      [...(required.has(key) ? [] : ["optional"]), ...(field.description ? [field.description] : [])].join(
        ": ",
      ) || null,
  }));
}
