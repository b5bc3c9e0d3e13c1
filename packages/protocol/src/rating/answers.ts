import { z } from "zod";
import { amountSchema, integerSchema, uintSchema, unixSecondsSchema } from "../integer.ts";
import {
  amountStatusSchema,
  bondStatusSchema,
  countSchema,
  ratingSchema,
  revenueTrendSchema,
  scoreSchema,
  trustLevelSchema,
  visibilitySchema,
} from "./common.ts";

/** The published answers of the rating API: names, types and presence as the published clients demand them. */

/** `GET /mcr/{did}`. Money is US cents. */
export const mcrSchema = z
  .object({
    did: z.string().min(1).describe("as it was given in the path"),
    machine_id: uintSchema,
    mcr_score: scoreSchema.describe("0 for Provisioned and NR"),
    mcr: ratingSchema,
    mcr_degraded: z.boolean().describe("a scored event used a stale or missing exchange rate"),
    bond_status: bondStatusSchema,
    negative_flag: z.boolean(),
    event_count: countSchema,
    revenue_event_count: countSchema,
    activity_event_count: countSchema,
    revenue_trend: revenueTrendSchema,
    total_revenue: amountSchema.describe("US cents, every revenue event that has a dollar amount"),
    average_revenue_per_event: amountSchema.describe(
      "US cents, rounded down; over the events counted in total_revenue",
    ),
    last_updated: unixSecondsSchema.nullable().describe("time of the newest event"),
    trust_policy: z.literal("claimed").optional().describe("present where claims are taken at their word"),
  })
  .meta({ id: "Mcr" });
export type Mcr = z.infer<typeof mcrSchema>;

const eventRowBase = {
  origin_value: integerSchema.describe("smallest unit of the origin currency"),
  timestamp: integerSchema,
  trust_level: trustLevelSchema,
  metadata: z.record(z.string(), z.unknown()).describe("{} when empty or not a JSON object"),
};

/** A row about money. */
export const revenueRowSchema = z.object({
  event_type: z.literal(0),
  ...eventRowBase,
  origin_currency: z.string().regex(/^[A-Z0-9]{3,10}$/),
  usd_value: amountSchema.nullable().describe("US cents"),
  origin_subunit: z.int().min(1).nullable().describe("divisor of the origin currency: 100, 1, 1000"),
  usd_subunit: z.literal(100),
  amount_status: amountStatusSchema,
});
/** A row about work that earned nothing by itself. */
export const activityRowSchema = z.object({ event_type: z.literal(1), ...eventRowBase });

/** A row of `event_data`. */
export const eventRowSchema = z
  .discriminatedUnion("event_type", [revenueRowSchema, activityRowSchema])
  .meta({ id: "EventRow" });
export type EventRow = z.infer<typeof eventRowSchema>;

/** `GET /machine/{did}` and `GET /metadata/{token_id}`: NFT metadata JSON v1.0. */
export const machineProfileSchema = z
  .object({
    schema_version: z.literal("1.0"),
    name: z.string(),
    peaqos: z.object({
      machine_id: uintSchema,
      did: z.string().min(1),
      operator: z.string().nullable(),
      mcr: ratingSchema,
      mcr_score: scoreSchema,
      bond_status: bondStatusSchema,
      negative_flag: z.boolean(),
      event_count: countSchema,
      data_visibility: visibilitySchema,
      documentation_url: z.string().nullable(),
      data_api: z.string().optional().describe("private machines, where the attribute is set"),
      event_data: z.array(eventRowSchema).optional().describe("onchain machines: the first 100 events"),
      partner_data: z
        .record(z.string(), z.unknown())
        .optional()
        .describe("public machines: what data_api answered"),
      partner_data_error: z.string().optional().describe("public machines: why partner_data is missing"),
    }),
  })
  .meta({ id: "MachineProfile" });
export type MachineProfile = z.infer<typeof machineProfileSchema>;

export const fleetEntrySchema = z
  .object({
    did: z.string().min(1),
    machine_id: uintSchema,
    mcr_score: scoreSchema,
    mcr: ratingSchema,
    negative_flag: z.boolean(),
  })
  .meta({ id: "FleetEntry" });

/** `GET /operator/{did}/machines`. `total` counts the list before unregistered ids are left out. */
export const operatorMachinesSchema = z
  .object({
    operator_did: z.string().min(1),
    machines: z.array(fleetEntrySchema),
    pagination: z.object({ offset: countSchema, limit: countSchema, total: countSchema }),
  })
  .meta({ id: "OperatorMachines" });
export type OperatorMachines = z.infer<typeof operatorMachinesSchema>;

/** `GET /machines/{machine_id}`: the Machine Card. */
export const machineCardSchema = z
  .object({
    type: z.literal("peaqos:registration:v1"),
    name: z.string(),
    description: z.literal("peaqOS machine"),
    did: z.string().min(1),
    active: z.literal(true),
    services: z.array(z.object({ name: z.literal("web"), endpoint: z.string() })).max(1),
    data_visibility: visibilitySchema,
    documentation_url: z.string(),
    operator: z.string().nullable(),
    bond_status: bondStatusSchema,
    event_count: countSchema,
    registrations: z.array(
      z.object({
        type: z.string(),
        machineId: uintSchema,
        machineRegistry: z.string().regex(/^eip155:\d+:0x/),
      }),
    ),
  })
  .meta({ id: "MachineCard" });
export type MachineCard = z.infer<typeof machineCardSchema>;

export const healthSchema = z.object({ status: z.literal("ok") }).meta({ id: "Health" });

/** `GET /ready`. Every check that fails is false; in test mode all are. */
export const readySchema = z
  .object({
    status: z.enum(["ready", "not_ready"]),
    rpc_connected: z.boolean(),
    contracts: z.object({
      identity_registry: z.boolean(),
      identity_staking: z.boolean(),
      event_registry: z.boolean(),
      machine_nft: z.boolean(),
      admin_flags: z.boolean(),
      did_registry: z.boolean(),
    }),
  })
  .meta({ id: "Ready" });
export type Ready = z.infer<typeof readySchema>;
