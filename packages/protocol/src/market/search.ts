import { z } from "zod";
import { alsoReads, freeForm, orNull, textList } from "./reading.ts";
import { pricingSchema, railRecommendationSchema } from "./services.ts";
import {
  currencySchema,
  filled,
  handoffSchema,
  idSchema,
  maybe,
  text,
  textsSchema,
  timeSchema,
} from "./values.ts";
import { executionModeSchema, integrationStatusSchema, searchStatusSchema } from "./words.ts";

/** Searching the market: a flat, tolerant request; quotes ranked best first. */

/** Fields of one provider's credentials, by name. */
const credentialsInput = z.record(filled(100), maybe(text(8192)));

/**
 * Credentials by provider key. One published page nests the map under `providers`; when that is the only key and holds
 * maps, it is unwrapped.
 */
export const providerCredentialsInput = z
  .record(filled(100), z.unknown())
  .transform((given) => unwrapped(given))
  .pipe(z.record(filled(100), credentialsInput)) as unknown as z.ZodType<
  Record<string, Record<string, string | undefined>>,
  Record<string, Record<string, string | null | undefined>>
>;

function unwrapped(given: Record<string, unknown>): Record<string, unknown> {
  const [key, ...others] = Object.keys(given);
  const inner = key === "providers" && others.length === 0 ? given.providers : undefined;
  const isMap = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap(inner) && Object.values(inner as object).every(isMap)
    ? (inner as Record<string, unknown>)
    : given;
}

const wish = maybe(z.number().max(1e15));

/**
 * Every field is optional and unknown ones are ignored. An unknown service type is no error: it finds nothing. Both
 * execution switches together mean native only; `maxResults` below 1 means all.
 */
export const marketSearchBody = z
  .object({
    machineId: maybe(filled(200)),
    agentPairingId: maybe(filled(200)),
    serviceType: maybe(text(200)).describe("a service type or one of its short words"),
    operation: maybe(text(200)),
    requiredCapabilities: maybe(textsSchema),
    region: maybe(text(200)),
    maxResults: maybe(z.int()),
    allowExternalHandoff: maybe(z.boolean()),
    requireNativeExecution: maybe(z.boolean()),
    budget: maybe(z.object({ max: wish, amount: wish, preferred: wish, currency: maybe(currencySchema) })),
    providerCredentials: maybe(providerCredentialsInput).describe("secret; redacted before anything is kept"),
  })
  .meta({ id: "MarketSearchRequest" });

export const normalizedTaskSchema = z
  .object({
    serviceType: z.string(),
    requiredCapabilities: textList(),
    allowExternalHandoff: z.boolean(),
    requireNativeExecution: z.boolean(),
    operation: orNull(z.string()),
    region: orNull(z.string()),
    budget: orNull(
      z.object({
        max: orNull(z.number()),
        amount: orNull(z.number()),
        preferred: orNull(z.number()),
        currency: orNull(z.string()),
      }),
    ).describe("ours"),
    maxResults: orNull(z.int()).describe("ours"),
    machine: orNull(z.record(z.string(), z.unknown())).describe("ours: what was known of the machine"),
  })
  .meta({ id: "NormalizedTask" });

export const marketQuoteSchema = z
  .object({
    id: idSchema,
    serviceId: idSchema,
    skillKey: z.string(),
    providerKey: z.string(),
    executionMode: executionModeSchema,
    integrationStatus: integrationStatusSchema,
    operation: z.string(),
    score: z.number().min(0).max(100).describe("two decimals"),
    reasons: textList(),
    pricing: pricingSchema,
    payment: railRecommendationSchema,
    expiresAt: timeSchema,
    handoff: orNull(handoffSchema),
    createdAt: orNull(timeSchema).describe("ours"),
  })
  .meta({ id: "MarketQuote" });

/** How many services a search looked at, and why it left some out. */
export const searchMatchesSchema = z
  .object({
    considered: z.int().min(0).describe("services of the type"),
    matched: z.int().min(0).describe("of them, what passed every filter"),
    dropped: z
      .record(z.string(), z.int().min(1))
      .describe("by the first reason that applied, such as above_budget or policy_denied"),
  })
  .meta({ id: "SearchMatches" });

export const marketSearchSchema = alsoReads(
  z
    .object({
      id: idSchema,
      machineId: z.string(),
      agentPairingId: orNull(z.string()),
      requestPayload: freeForm().describe("the request, secrets redacted"),
      normalizedTask: normalizedTaskSchema,
      status: searchStatusSchema,
      quotes: z.array(marketQuoteSchema).describe("best first"),
      matches: orNull(searchMatchesSchema).describe("ours"),
      createdAt: timeSchema,
    })
    .meta({ id: "MarketSearch" }),
  { requestPayload: "request" },
);

export const serviceListQuery = {
  machineId: maybe(filled(200)),
  serviceType: maybe(text(200)),
  executionMode: maybe(executionModeSchema),
  providerKey: maybe(text(200)),
};
