import { z } from "zod";
import { alsoReads, mayLack, orNull, textList } from "./reading.ts";
import { filled, idSchema, maybe, text, textsSchema, timeSchema } from "./values.ts";
import {
  endpointAuthTypeSchema,
  endpointSourceSchema,
  endpointStatusSchema,
  machineAgentStatusSchema,
  networkScopeSchema,
} from "./words.ts";

/** Agents that run on a machine, their heartbeats, and the endpoints they or the operator name. */

const agentFields = {
  id: idSchema,
  machineId: idSchema,
  label: z.string(),
  allowedProviderKeys: textList(),
  status: machineAgentStatusSchema,
  lastSeenAt: orNull(timeSchema),
  provisioningToken: orNull(z.string()).describe("null except once, in the enrolment's answer"),
  tokenLastFour: orNull(z.string()).describe("ours"),
  revokedAt: orNull(timeSchema).describe("ours"),
  createdAt: timeSchema,
  updatedAt: timeSchema,
};

export const machineAgentSchema = z.object(agentFields).meta({ id: "MachineAgent" });

/** The enrolment's answer. Two published readers name the one-time token differently, so it is sent under both names. */
export const enrolledAgentSchema = alsoReads(
  z
    .object({
      ...agentFields,
      provisioningToken: z.string().describe("shown once"),
      agentToken: orNull(z.string()).describe("the same"),
    })
    .meta({ id: "EnrolledMachineAgent" }),
  { provisioningToken: "agentToken" },
);

export const enrollAgentBody = z
  .strictObject({ label: maybe(filled(200)), allowedProviderKeys: maybe(textsSchema) })
  .meta({ id: "EnrollMachineAgentRequest" });

/** Bounds of a heartbeat's lease, in seconds. */
export const leaseSeconds = { min: 30, max: 3600, default: 120 } as const;

const providerKey = filled(200).describe("kept in lower case");

const heartbeatEndpointInput = z.strictObject({
  providerKey,
  endpointBaseUrl: filled(2048),
  label: maybe(text(200)),
  authType: maybe(endpointAuthTypeSchema),
  authToken: maybe(text(8192)),
  modelAlias: maybe(text(200)),
  networkScope: maybe(networkScopeSchema),
  probePath: maybe(text(500)),
});

/** `provider_key` is `providerKey`: one published client spells the fields of heartbeat endpoints in snake_case. */
function inCamelCase(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
      inner,
    ]),
  );
}

export const heartbeatBody = z
  .strictObject({
    machineId: filled(200),
    agentId: filled(200),
    agentToken: maybe(filled(8192)).describe("may also come in x-agent-pairing-token or as a bearer token"),
    endpoints: z
      .array(
        z.preprocess(inCamelCase, heartbeatEndpointInput) as unknown as z.ZodType<
          z.output<typeof heartbeatEndpointInput>,
          z.input<typeof heartbeatEndpointInput>
        >,
      )
      .min(1)
      .max(100),
    leaseTtlSeconds: maybe(z.int().min(leaseSeconds.min).max(leaseSeconds.max)).describe(
      `null: ${leaseSeconds.default}`,
    ),
  })
  .meta({ id: "HeartbeatRequest" });

export const heartbeatEndpointSchema = z
  .object({
    providerKey: z.string(),
    endpointBaseUrl: z.string(),
    status: endpointStatusSchema,
    leaseExpiresAt: timeSchema,
    healthError: orNull(z.string()),
  })
  .meta({ id: "HeartbeatEndpoint" });

export const heartbeatSchema = z
  .object({
    machineId: idSchema,
    agentId: idSchema,
    leaseTtlSeconds: z.int(),
    observedAt: timeSchema,
    endpoints: z.array(heartbeatEndpointSchema),
    serverTime: orNull(timeSchema).describe("ours"),
    nextHeartbeatSeconds: orNull(z.int()).describe("ours: when to send the next one"),
  })
  .meta({ id: "HeartbeatResult" });

export const runtimeEndpointSchema = z
  .object({
    id: idSchema,
    machineId: idSchema,
    agentId: orNull(z.string()),
    providerKey: z.string(),
    source: endpointSourceSchema,
    label: z.string(),
    endpointBaseUrl: z.string(),
    authType: endpointAuthTypeSchema,
    hasAuthToken: z.boolean().describe("the token itself is never shown"),
    modelAlias: orNull(z.string()),
    networkScope: networkScopeSchema,
    probePath: mayLack(z.string(), ""),
    status: endpointStatusSchema,
    leaseExpiresAt: orNull(timeSchema),
    lastCheckedAt: orNull(timeSchema),
    lastHealthyAt: orNull(timeSchema),
    lastProbeError: orNull(z.string()).describe("ours"),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "RuntimeEndpoint" });

export const upsertEndpointBody = z
  .strictObject({
    endpointBaseUrl: filled(2048).describe(
      "http or https; white space around it is dropped, path, query and hash too",
    ),
    label: maybe(text(200)),
    authType: maybe(endpointAuthTypeSchema),
    authToken: maybe(text(8192)),
    modelAlias: maybe(text(200)),
    networkScope: maybe(networkScopeSchema),
    probePath: maybe(text(500)),
    status: maybe(endpointStatusSchema),
    leaseExpiresAt: maybe(timeSchema),
  })
  .meta({ id: "UpsertRuntimeEndpointRequest" });
