import { z } from "zod";
import {
  addressSchema,
  amountNumberSchema,
  currencySchema,
  filled,
  idSchema,
  jsonObject,
  maybe,
  text,
  textsSchema,
} from "./values.ts";
import {
  accessModeSchema,
  distributionSchema,
  executionModeSchema,
  integrationStatusSchema,
  maturitySchema,
  paymentRailTypeSchema,
  pricingModeSchema,
  serviceTypeSchema,
  skillAuthTypeSchema,
  skillKindSchema,
} from "./words.ts";

/** The catalogue as its owner writes it: a versioned file, or the body of the operation that replaces it. */

const handoffInput = z.strictObject({
  label: filled(200),
  url: filled(2048),
  notes: maybe(textsSchema),
});

const pricingInput = z
  .strictObject({
    mode: pricingModeSchema,
    amount: maybe(amountNumberSchema).describe("in currency"),
    currency: maybe(currencySchema),
    rate: maybe(text(100)).describe("per_request, per_1m_tokens, …"),
    notes: maybe(textsSchema),
  })
  .meta({ id: "CataloguePricing" });

const railInput = z
  .strictObject({
    defaultRail: paymentRailTypeSchema,
    required: maybe(z.boolean()).describe("default: unless defaultRail is not-required"),
    supportedRails: maybe(z.array(paymentRailTypeSchema).max(20)),
    notes: maybe(textsSchema),
    provider: maybe(text(200)),
    chain: maybe(text(200)).describe("CAIP-2, such as eip155:3338"),
    token: maybe(text(100)),
    tokenAddress: maybe(addressSchema).describe("EVM contract"),
    tokenMint: maybe(text(200)).describe("Solana mint"),
    walletAddress: maybe(text(200)),
    externalUrl: maybe(text(2048)),
    payeeAddress: maybe(text(200)),
  })
  .meta({ id: "CatalogueRail" });

const endpointInput = z
  .strictObject({
    label: maybe(text(200)),
    operation: maybe(text(200)),
    url: maybe(text(2048)),
    method: maybe(z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"])),
    path: maybe(text(2048)),
    providerName: maybe(text(200)),
    key: maybe(text(200)),
    protocols: maybe(textsSchema),
    networks: maybe(textsSchema),
  })
  .meta({ id: "CatalogueEndpoint" });

const fieldInput = z.strictObject({ key: filled(200), type: filled(100), description: maybe(text(2000)) });

const contractInput = z
  .strictObject({
    operation: filled(200),
    inputFields: maybe(z.array(fieldInput).max(200)),
    outputFields: maybe(z.array(fieldInput).max(200)),
    exampleInput: maybe(jsonObject),
    providerRequest: maybe(jsonObject).describe("how the adapter calls the provider"),
    summary: maybe(text(2000)),
    notes: maybe(textsSchema),
  })
  .meta({ id: "CatalogueContract" });

/** One service. `endpoint`, `consumption` and `updatedAt` are the market's own and follow from the rest. */
export const catalogueServiceInput = z
  .strictObject({
    id: idSchema,
    skillKey: idSchema,
    providerKey: idSchema,
    providerId: maybe(filled(200)).describe("default: providerKey"),
    providerLabel: filled(200),
    companyName: maybe(text(200)),
    serviceType: serviceTypeSchema,
    name: filled(200),
    description: maybe(text(4000)),
    operations: maybe(textsSchema).describe("default: those of operationContracts"),
    capabilities: maybe(textsSchema),
    authType: maybe(skillAuthTypeSchema).describe("default none"),
    accessMode: maybe(accessModeSchema).describe("default public"),
    executionMode: maybe(executionModeSchema).describe("default native"),
    integrationStatus: maybe(integrationStatusSchema).describe("default native"),
    distribution: maybe(distributionSchema).describe("default openapi"),
    maturity: maybe(maturitySchema).describe("default beta"),
    kind: maybe(skillKindSchema).describe("default runtime"),
    region: maybe(text(200)).describe("default global"),
    freshnessSeconds: maybe(z.number().min(0).max(1e9)).describe("default 0"),
    requiresHumanEnablement: maybe(z.boolean()).describe("default false"),
    pricing: maybe(pricingInput),
    payment: maybe(railInput),
    endpoints: maybe(z.array(endpointInput).max(50)),
    operationContracts: maybe(z.array(contractInput).max(100)),
    metadata: maybe(jsonObject),
    referenceUrl: maybe(text(2048)),
    artifactUrl: maybe(text(2048)),
    handoff: maybe(handoffInput),
  })
  .meta({ id: "CatalogueService" });
export type CatalogueServiceInput = z.input<typeof catalogueServiceInput>;

/** The whole catalogue; a service that is missing here is taken off the market. */
export const catalogueBody = z
  .strictObject({ version: filled(100), services: z.array(catalogueServiceInput).max(1000) })
  .meta({ id: "CatalogueRequest" });
export type CatalogueBody = z.input<typeof catalogueBody>;

/** What a replacement of the catalogue changed, in services. */
export const catalogueChangeSchema = z
  .object({
    version: z.string(),
    services: z.int().min(0),
    added: z.int().min(0),
    changed: z.int().min(0),
    removed: z.int().min(0),
    unchanged: z.int().min(0),
  })
  .meta({ id: "CatalogueChange" });
