import { z } from "zod";
import { freeForm, mayLack, orNull, textList } from "./reading.ts";
import { filled, handoffSchema, idSchema, jsonObject, maybe, text, timeSchema } from "./values.ts";
import {
  executionModeSchema,
  executionStatusSchema,
  graphNodeStatusSchema,
  integrationStatusSchema,
  routeStatusSchema,
  runStatusSchema,
  taskStatusSchema,
} from "./words.ts";

/** Ours: tasks with their routes, runs and outcomes, and a machine's graph. No published client binds these. */

export const taskSchema = z
  .object({
    id: idSchema,
    machineId: idSchema,
    agentPairingId: orNull(z.string()),
    orderId: orNull(z.string()),
    serviceType: z.string(),
    operation: orNull(z.string()),
    input: freeForm(),
    constraints: freeForm(),
    status: taskStatusSchema,
    candidates: mayLack(
      z.array(z.object({ serviceId: z.string(), score: z.number(), reasons: textList() })),
      [],
    ),
    routeId: orNull(z.string()),
    outcomeId: orNull(z.string()),
    errorMessage: orNull(z.string()),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "Task" });

export const createTaskBody = z
  .strictObject({
    machineId: filled(200),
    agentPairingId: maybe(text(200)),
    serviceType: filled(200),
    operation: maybe(text(200)),
    input: maybe(jsonObject),
    constraints: maybe(jsonObject),
  })
  .meta({ id: "CreateTaskRequest" });

export const resolveTaskBody = z
  .strictObject({ serviceId: maybe(text(200)).describe("default: the best candidate") })
  .meta({ id: "ResolveTaskRequest" });

export const routeSchema = z
  .object({
    id: idSchema,
    taskId: idSchema,
    machineId: idSchema,
    serviceId: z.string(),
    skillKey: z.string(),
    providerKey: z.string(),
    executionMode: executionModeSchema,
    integrationStatus: integrationStatusSchema,
    status: routeStatusSchema,
    endpoint: orNull(z.record(z.string(), z.unknown())).describe("where it leads, without secrets"),
    handoff: orNull(handoffSchema),
    createdAt: timeSchema,
  })
  .meta({ id: "Route" });

export const runSchema = z
  .object({
    id: idSchema,
    status: runStatusSchema,
    taskId: orNull(z.string()),
    routeId: orNull(z.string()),
    orderId: orNull(z.string()),
    outcomeId: orNull(z.string()),
    machineId: idSchema,
    serviceId: z.string(),
    skillKey: z.string(),
    providerKey: z.string(),
    executionMode: executionModeSchema,
    startedAt: timeSchema,
    finishedAt: orNull(timeSchema),
    latencyMs: orNull(z.int()),
  })
  .meta({ id: "Run" });

export const outcomeSchema = z
  .object({
    id: idSchema,
    status: executionStatusSchema,
    taskId: orNull(z.string()),
    runId: idSchema,
    orderId: orNull(z.string()),
    machineId: idSchema,
    serviceId: z.string(),
    skillKey: z.string(),
    executionMode: executionModeSchema,
    result: mayLack(z.unknown(), null),
    artifacts: mayLack(z.array(z.unknown()), []),
    errorMessage: orNull(z.string()),
    externalRef: orNull(z.string()),
    createdAt: timeSchema,
  })
  .meta({ id: "Outcome" });

const position = z.object({ x: z.number(), y: z.number() });

export const graphNodeSchema = z
  .object({
    id: idSchema,
    machineId: idSchema,
    kind: z.string(),
    label: z.string(),
    status: graphNodeStatusSchema,
    position: orNull(position),
    data: freeForm(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "GraphNode" });

export const graphEdgeSchema = z
  .object({
    id: idSchema,
    machineId: idSchema,
    sourceNodeId: idSchema,
    targetNodeId: idSchema,
    kind: orNull(z.string()),
    data: freeForm(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "GraphEdge" });

export const graphSchema = z
  .object({ machineId: idSchema, nodes: z.array(graphNodeSchema), edges: z.array(graphEdgeSchema) })
  .meta({ id: "MachineGraph" });

const positionInput = z.strictObject({ x: z.number(), y: z.number() });

export const createNodeBody = z
  .strictObject({
    kind: filled(200),
    label: text(200),
    status: maybe(graphNodeStatusSchema),
    position: maybe(positionInput),
    data: maybe(jsonObject),
  })
  .meta({ id: "CreateGraphNodeRequest" });

export const updateNodeBody = z
  .strictObject({
    kind: maybe(filled(200)),
    label: maybe(text(200)),
    status: maybe(graphNodeStatusSchema),
    position: maybe(positionInput),
    data: maybe(jsonObject).describe("merged into the node's data, one level deep"),
  })
  .meta({ id: "UpdateGraphNodeRequest" });

export const createEdgeBody = z
  .strictObject({
    sourceNodeId: filled(200),
    targetNodeId: filled(200),
    kind: maybe(text(200)),
    data: maybe(jsonObject),
  })
  .meta({ id: "CreateGraphEdgeRequest" });

export const updateEdgeBody = z
  .strictObject({ kind: maybe(text(200)), data: maybe(jsonObject).describe("merged, one level deep") })
  .meta({ id: "UpdateGraphEdgeRequest" });
