import { z } from "zod";
import { freeForm, mayLack, orNull, textList } from "./reading.ts";
import { operationContractSchema } from "./skills.ts";
import { handoffSchema, idSchema, timeSchema } from "./values.ts";
import {
  accessModeSchema,
  distributionSchema,
  executionModeSchema,
  integrationStatusSchema,
  maturitySchema,
  paymentRailTypeSchema,
  pricingModeSchema,
  skillAuthTypeSchema,
  skillKindSchema,
} from "./words.ts";

/** The catalogue: services, their prices, and how they are paid. */

export const pricingSchema = z
  .object({
    mode: pricingModeSchema,
    amount: orNull(z.number()).describe("in currency"),
    currency: orNull(z.string()),
    rate: orNull(z.string()).describe("per_request, per_1m_tokens, …"),
    notes: textList(),
  })
  .meta({ id: "Pricing" });

/** How a service wants to be paid; stands on services, quotes and orders. Amounts are in the pricing and the payment. */
export const railRecommendationSchema = z
  .object({
    defaultRail: paymentRailTypeSchema,
    required: z.boolean(),
    supportedRails: mayLack(z.array(paymentRailTypeSchema), []),
    notes: textList(),
    provider: orNull(z.string()),
    chain: orNull(z.string()).describe("CAIP-2, such as eip155:3338"),
    token: orNull(z.string()),
    tokenAddress: orNull(z.string()).describe("EVM contract"),
    tokenMint: orNull(z.string()).describe("Solana mint"),
    walletAddress: orNull(z.string()),
    externalUrl: orNull(z.string()),
    payerAddress: orNull(z.string()),
    payeeAddress: orNull(z.string()),
  })
  .meta({ id: "RailRecommendation" });

export const serviceEndpointSchema = z
  .object({
    label: orNull(z.string()),
    operation: orNull(z.string()),
    url: orNull(z.string()),
    method: orNull(z.string()),
    path: orNull(z.string()),
    providerName: orNull(z.string()),
    key: orNull(z.string()),
    protocols: textList(),
    networks: textList(),
  })
  .meta({ id: "ServiceEndpoint" });

export const consumptionSchema = z
  .object({
    adapterSetupPath: orNull(z.string()),
    serviceDetailPath: orNull(z.string()),
    marketSearchPath: orNull(z.string()),
    orderPath: orNull(z.string()),
  })
  .meta({ id: "Consumption" });

/** The union of the published forms: what one client needs, another ignores. */
export const marketServiceSchema = z
  .object({
    id: idSchema,
    skillKey: z.string(),
    providerKey: z.string(),
    providerId: z.string(),
    providerLabel: z.string(),
    companyName: orNull(z.string()),
    serviceType: z.string(),
    name: z.string(),
    description: z.string(),
    operations: textList(),
    capabilities: textList(),
    authType: skillAuthTypeSchema,
    accessMode: accessModeSchema,
    executionMode: executionModeSchema,
    integrationStatus: integrationStatusSchema,
    distribution: distributionSchema,
    maturity: maturitySchema,
    kind: skillKindSchema,
    region: z.string(),
    freshnessSeconds: z.number(),
    requiresHumanEnablement: z.boolean(),
    pricing: orNull(pricingSchema),
    payment: orNull(railRecommendationSchema),
    endpoints: mayLack(z.array(serviceEndpointSchema), []),
    endpoint: orNull(serviceEndpointSchema).describe("the first of endpoints"),
    consumption: orNull(consumptionSchema),
    operationContracts: mayLack(z.array(operationContractSchema), []),
    metadata: freeForm(),
    referenceUrl: orNull(z.string()),
    artifactUrl: orNull(z.string()),
    handoff: orNull(handoffSchema),
    updatedAt: timeSchema,
  })
  .meta({ id: "MarketService" });
