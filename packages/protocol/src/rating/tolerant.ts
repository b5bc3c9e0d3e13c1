import { z } from "zod";
import { integerSchema, unixSecondsSchema } from "../integer.ts";
import {
  activityRowSchema,
  fleetEntrySchema,
  machineProfileSchema,
  mcrSchema,
  operatorMachinesSchema,
  revenueRowSchema,
} from "./answers.ts";
import { scoreSchema } from "./common.ts";

/**
 * How a client reads the published answers: the server's own schemas, opened where the published client is
 * tolerant (other servers leave these out or send null), and closed where it refuses.
 */

const scoreOrZero = scoreSchema.nullish().transform((value) => value ?? 0);
const secondsOrNull = unixSecondsSchema.nullish().transform((value) => value ?? null);
/** The published text leaves open whether the totals are whole, so a fraction passes. */
const amount = z.union([z.number(), z.bigint()]);

/** A field of the wrong type counts as absent. */
function orDropped<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined);
}

export const readMcrSchema = mcrSchema.extend({
  mcr_score: scoreOrZero,
  total_revenue: amount,
  average_revenue_per_event: amount,
  last_updated: secondsOrNull,
});
export type ReadMcr = z.infer<typeof readMcrSchema>;

const trustLevel = { trust_level: integerSchema };
const readEventRowSchema = z.discriminatedUnion("event_type", [
  revenueRowSchema.extend(trustLevel),
  activityRowSchema.extend(trustLevel),
]);

/** Not an array: absent. An array with one bad row: refused. */
const eventData = z
  .unknown()
  .optional()
  .transform((value, context) => {
    if (!Array.isArray(value)) return undefined;
    const rows = z.array(readEventRowSchema).safeParse(value);
    if (rows.success) return rows.data;
    for (const issue of rows.error.issues)
      context.addIssue({ code: "custom", path: issue.path, message: issue.message });
    return z.NEVER;
  });

const profile = machineProfileSchema.shape.peaqos;

export const readMachineProfileSchema = machineProfileSchema.extend({
  schema_version: z.string().min(1),
  peaqos: profile.extend({
    mcr_score: scoreOrZero,
    operator: z
      .string()
      .nullish()
      .transform((value) => value ?? null),
    documentation_url: z
      .string()
      .nullish()
      .transform((value) => value ?? null),
    data_visibility: z.string().min(1),
    data_api: orDropped(z.string()),
    partner_data: orDropped(z.record(z.string(), z.unknown())),
    partner_data_error: orDropped(z.string()),
    event_data: eventData,
  }),
});
export type ReadMachineProfile = z.infer<typeof readMachineProfileSchema>;

export const readOperatorMachinesSchema = operatorMachinesSchema.extend({
  machines: z.array(fleetEntrySchema.extend({ mcr_score: scoreOrZero })),
});
export type ReadOperatorMachines = z.infer<typeof readOperatorMachinesSchema>;
