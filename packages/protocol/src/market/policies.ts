import { z } from "zod";
import { freeForm, mayLack, orNull, textList } from "./reading.ts";
import {
  amountNumberSchema,
  currencySchema,
  filled,
  idSchema,
  maybe,
  textsSchema,
  timeSchema,
} from "./values.ts";
import { checkStatusSchema, readinessStatusSchema } from "./words.ts";

/** Policies that stand beside a pairing's own, the audit log, liveness and readiness. */

export const policySchema = z
  .object({
    id: idSchema,
    name: z.string(),
    allowedSkillKeys: textList(),
    deniedSkillKeys: textList(),
    regionRules: textList(),
    requiredCapabilities: textList(),
    budgetCap: orNull(z.object({ currency: z.string(), amount: z.number() })),
    nativeOnly: z.boolean(),
    handoffAllowed: z.boolean(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "Policy" });

const rules = {
  allowedSkillKeys: maybe(textsSchema),
  deniedSkillKeys: maybe(textsSchema),
  regionRules: maybe(textsSchema),
  requiredCapabilities: maybe(textsSchema),
  budgetCap: maybe(z.strictObject({ currency: currencySchema, amount: amountNumberSchema })),
  nativeOnly: maybe(z.boolean()),
  handoffAllowed: maybe(z.boolean()),
};

export const createPolicyBody = z
  .strictObject({ name: filled(200), ...rules })
  .meta({ id: "CreatePolicyRequest" });

export const updatePolicyBody = z
  .strictObject({ name: maybe(filled(200)), ...rules })
  .meta({ id: "UpdatePolicyRequest" });

export const auditEventSchema = z
  .object({
    id: idSchema,
    actor: z.string().describe("platform, agent:<pairingId>, machine-agent:<agentId> or system"),
    type: z.string().describe("what happened, such as order.created"),
    resourceType: z.string(),
    resourceId: z.string(),
    payload: freeForm(),
    machineId: orNull(z.string()).describe("ours"),
    requestId: orNull(z.string()).describe("ours"),
    createdAt: timeSchema,
  })
  .meta({ id: "AuditEvent" });

/** What the verifier of the hash chains found. */
export const auditVerificationSchema = z
  .object({
    valid: z.boolean(),
    chains: z.int().min(0).describe("one for each machine, and one for what belongs to none"),
    events: z.int().min(0),
    problems: z.array(
      z.object({ chain: z.string(), seq: z.int().min(0), eventId: orNull(z.string()), problem: z.string() }),
    ),
    heads: z.array(
      z.object({
        chain: z.string(),
        seq: z.int().min(0),
        hash: z.string(),
        signedAt: orNull(timeSchema).describe("null: no signed head covers it yet"),
      }),
    ),
  })
  .meta({ id: "AuditVerification" });

export const marketHealthSchema = z
  .object({
    ok: z.literal(true),
    service: mayLack(z.string(), "").describe("ours"),
    version: mayLack(z.string(), "").describe("ours"),
    time: orNull(timeSchema).describe("ours"),
  })
  .meta({ id: "MarketHealth" });

export const readinessSchema = z
  .object({
    status: readinessStatusSchema,
    checks: mayLack(
      z.array(z.object({ name: z.string(), status: checkStatusSchema, message: orNull(z.string()) })),
      [],
    ),
  })
  .meta({ id: "Readiness" });
