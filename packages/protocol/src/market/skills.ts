import { z } from "zod";
import { freeForm, mayLack, orNull, textList } from "./reading.ts";
import { filled, handoffSchema, maybe, text, timeSchema } from "./values.ts";
import {
  accessModeSchema,
  distributionSchema,
  executionModeSchema,
  integrationStatusSchema,
  maturitySchema,
  skillAuthStateSchema,
  skillAuthTypeSchema,
  skillDirectionSchema,
  skillKindSchema,
  skillScopeSchema,
  skillSourceSchema,
} from "./words.ts";

/** Skills: what a provider's integration can do, how it is configured. */

export const skillSummarySchema = z
  .object({
    key: z.string(),
    providerKey: z.string(),
    label: z.string(),
    description: z.string(),
    direction: skillDirectionSchema,
    scope: skillScopeSchema,
    source: skillSourceSchema,
    listedBy: z.string(),
    lastVerifiedAt: orNull(timeSchema),
    kind: skillKindSchema,
    serviceTypes: textList(),
    operations: textList(),
    authType: skillAuthTypeSchema,
    authState: skillAuthStateSchema,
    accessMode: accessModeSchema,
    distribution: distributionSchema,
    maturity: maturitySchema,
    executionMode: executionModeSchema,
    integrationStatus: integrationStatusSchema,
    requiredEnv: textList(),
    requiresHumanEnablement: z.boolean(),
    referenceUrl: orNull(z.string()),
    artifactUrl: orNull(z.string()),
    handoff: orNull(handoffSchema),
  })
  .meta({ id: "SkillSummary" });

export const skillManifestSchema = z
  .object({
    key: z.string(),
    providerKey: z.string(),
    label: z.string(),
    summary: z.string(),
    inputs: z.array(
      z.object({ key: z.string(), type: z.string(), required: z.boolean(), description: z.string() }),
    ),
    outputs: z.array(z.object({ key: z.string(), type: z.string(), description: z.string() })),
    version: orNull(z.string()).describe("ours"),
    configSchema: orNull(z.record(z.string(), z.unknown())).describe(
      "ours: JSON Schema of the configuration",
    ),
    homepage: orNull(z.string()).describe("ours"),
  })
  .meta({ id: "SkillManifest" });

export const skillConfigSchema = z
  .object({
    skillKey: z.string(),
    providerKey: z.string(),
    enabled: z.boolean(),
    settings: freeForm(),
    hasCredentials: z.boolean().describe("the credentials themselves are never shown"),
    updatedAt: timeSchema,
  })
  .meta({ id: "SkillConfig" });

export const updateSkillConfigBody = z
  .strictObject({
    enabled: maybe(z.boolean()),
    credentials: maybe(z.record(filled(100), text(8192))).describe("secret; kept encrypted"),
    settings: maybe(z.record(filled(100), z.union([text(2000), z.number(), z.boolean()]))),
  })
  .meta({ id: "UpdateSkillConfigRequest" });

/** A field of an operation's input or output. */
const contractField = z.object({
  key: z.string(),
  type: z.string(),
  description: orNull(z.string()),
});

/** What an operation of a service takes and gives. Read by later published clients; always a list. */
export const operationContractSchema = z
  .object({
    operation: z.string(),
    inputFields: mayLack(z.array(contractField), []),
    outputFields: mayLack(z.array(contractField), []),
    exampleInput: freeForm(),
    providerRequest: orNull(z.record(z.string(), z.unknown())),
    summary: orNull(z.string()),
    notes: textList(),
  })
  .meta({ id: "OperationContract" });
