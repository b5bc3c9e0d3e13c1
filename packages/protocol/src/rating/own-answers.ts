import { z } from "zod";
import { amountSchema, integerSchema, uintSchema, unixSecondsSchema } from "../integer.ts";
import {
  basisSchema,
  countSchema,
  eventTypeSchema,
  hash32Schema,
  ratingSchema,
  scoreSchema,
  trustLevelSchema,
  trustPolicySchema,
} from "./common.ts";

/** Answers that only this rating service gives: why a rating is what it is, how it came about, and what it was made of. */

export const factorIds = ["revenue_level", "revenue_trend", "cadence", "trust", "history"] as const;
export const factorIdSchema = z.enum(factorIds);
export const ratingStatusSchema = z.enum(["rated", "provisioned", "unbonded", "below_threshold"]);

/** Why a claimed trust level was not believed. */
export const evidenceReasons = [
  "no_rpc",
  "tx_missing",
  "tx_failed",
  "tx_not_final",
  "tx_too_old",
  "tx_after_event",
  "unknown_token",
  "no_transfer_to_machine",
  "self_payment",
  "transfer_reused",
  "amount_mismatch",
  "no_hardware_key",
  "hardware_not_attested",
  "bad_signature",
  "signature_reused",
] as const;
export const evidenceReasonSchema = z.enum(evidenceReasons);

/** Where a dollar amount comes from; the two degraded names are published. */
export const usdSources = ["identity", "ecb", "http", "stale_latest", "default_usd_fx_outage"] as const;
export const usdSourceSchema = z.enum(usdSources);

const figuresSchema = z.record(z.string(), integerSchema.nullable());

export const gateSchema = z
  .object({ id: z.string(), passed: z.boolean(), value: integerSchema, needed: integerSchema })
  .meta({ id: "Gate" });
export const factorSchema = z
  .object({
    id: factorIdSchema,
    points: countSchema,
    max: countSchema,
    inputs: figuresSchema,
    reason: z.string().describe("one plain sentence with the figures"),
  })
  .meta({ id: "Factor" });
export const adjustmentSchema = z
  .object({
    id: z.literal("negative_flag"),
    points: z.int().max(0),
    until: unixSecondsSchema,
    reason: z.string(),
  })
  .meta({ id: "Adjustment" });
export const improvementSchema = z
  .object({ id: z.string(), action: z.string(), points_gain: z.int(), reaches: ratingSchema })
  .meta({ id: "Improvement" });

const trustCountsSchema = z.object({ self: countSchema, onchain: countSchema, hardware: countSchema });

/** `GET /mcr/{did}/explain`. The points of the factors and adjustments add up to `raw_score`. */
export const explainSchema = z
  .object({
    did: z.string().min(1),
    machine_id: uintSchema,
    model: z.string(),
    trust_policy: trustPolicySchema,
    as_of: unixSecondsSchema,
    basis: basisSchema,
    block_number: uintSchema.describe("the chain as it was read up to this block"),
    mcr: ratingSchema,
    mcr_score: scoreSchema,
    raw_score: scoreSchema,
    status: ratingStatusSchema,
    gates: z.array(gateSchema),
    factors: z.array(factorSchema),
    adjustments: z.array(adjustmentSchema),
    improvements: z.array(improvementSchema).max(3),
    evidence: z.object({
      claimed: trustCountsSchema,
      effective: trustCountsSchema,
      paid: countSchema,
      downgraded: z.array(z.object({ reason: evidenceReasonSchema, count: countSchema })),
    }),
    degraded: z.object({ count: countSchema, sources: z.array(usdSourceSchema) }),
  })
  .meta({ id: "Explanation" });
export type Explain = z.infer<typeof explainSchema>;

/** `GET /mcr/{did}/history`. */
export const historySchema = z
  .object({
    did: z.string().min(1),
    machine_id: uintSchema,
    basis: basisSchema,
    trust_policy: trustPolicySchema,
    items: z
      .array(
        z.object({
          as_of: unixSecondsSchema,
          model: z.string(),
          mcr: ratingSchema,
          mcr_score: scoreSchema,
          raw_score: scoreSchema,
          factors: z.object({
            revenue_level: countSchema,
            revenue_trend: countSchema,
            cadence: countSchema,
            trust: countSchema,
            history: countSchema,
          }),
        }),
      )
      .max(400),
  })
  .meta({ id: "History" });
export type History = z.infer<typeof historySchema>;

export const inputItemSchema = z
  .object({
    index: countSchema,
    block_number: uintSchema,
    recorded_at: unixSecondsSchema,
    tx_hash: hash32Schema,
    event_type: eventTypeSchema,
    timestamp: uintSchema,
    value: uintSchema,
    currency: z.string(),
    usd: amountSchema.nullable().describe("US cents"),
    usd_source: usdSourceSchema.nullable(),
    scoring_usd: amountSchema.nullable().describe("US cents that count; null for activity"),
    trust_claimed: trustLevelSchema,
    trust_effective: trustLevelSchema,
    trust_reason: evidenceReasonSchema.nullable(),
    paid: z.boolean(),
    source_chain_id: uintSchema,
    source_tx_hash: hash32Schema,
    data_hash: hash32Schema,
  })
  .meta({ id: "InputItem" });
export type InputItem = z.infer<typeof inputItemSchema>;

/** `GET /mcr/{did}/inputs`: everything a rating follows from, in chain order. */
export const inputsSchema = z
  .object({
    machine: z.object({
      machine_id: uintSchema,
      bonded_at: unixSecondsSchema.nullable(),
      flags: z.array(z.object({ at: unixSecondsSchema, cleared_at: unixSecondsSchema.nullable() })),
      overrides: z.array(
        z.object({ at: unixSecondsSchema, value: countSchema, cleared_at: unixSecondsSchema.nullable() }),
      ),
    }),
    items: z.array(inputItemSchema),
    next_cursor: z.string().optional(),
  })
  .meta({ id: "Inputs" });
export type Inputs = z.infer<typeof inputsSchema>;
