import { z } from "zod";
import { ids, marketOperation } from "../operation.ts";
import { noBody } from "../orders.ts";
import { filled, maybe, maybeBody, pageQuery } from "../values.ts";
import {
  createEdgeBody,
  createNodeBody,
  createTaskBody,
  graphEdgeSchema,
  graphNodeSchema,
  graphSchema,
  outcomeSchema,
  resolveTaskBody,
  routeSchema,
  runSchema,
  taskSchema,
  updateEdgeBody,
  updateNodeBody,
} from "../work.ts";

/** Ours: a machine's graph, tasks, routes, runs and outcomes. */

const graphTag = ["graph"] as const;
const taskTag = ["tasks"] as const;
const node = ids("machineId", "nodeId");
const edge = ids("machineId", "edgeId");

export const getMachineGraph = marketOperation({
  id: "getMachineGraph",
  method: "GET",
  path: "/machines/{machineId}/graph",
  auth: "platform",
  params: ids("machineId"),
  envelope: "item",
  answer: graphSchema,
  errors: ["NOT_FOUND"],
  summary: "Read a machine's graph",
  tags: graphTag,
});
export const createGraphNode = marketOperation({
  id: "createGraphNode",
  method: "POST",
  path: "/machines/{machineId}/graph/nodes",
  auth: "platform",
  params: ids("machineId"),
  body: createNodeBody,
  envelope: "item",
  statuses: [201],
  answer: graphNodeSchema,
  errors: ["NOT_FOUND"],
  summary: "Add a node",
  tags: graphTag,
});
export const updateGraphNode = marketOperation({
  id: "updateGraphNode",
  method: "PATCH",
  path: "/machines/{machineId}/graph/nodes/{nodeId}",
  auth: "platform",
  params: node,
  body: maybeBody(updateNodeBody),
  envelope: "item",
  answer: graphNodeSchema,
  errors: ["NOT_FOUND"],
  summary: "Change a node",
  tags: graphTag,
});
export const deleteGraphNode = marketOperation({
  id: "deleteGraphNode",
  method: "DELETE",
  path: "/machines/{machineId}/graph/nodes/{nodeId}",
  auth: "platform",
  params: node,
  envelope: "empty",
  errors: ["NOT_FOUND"],
  summary: "Remove a node and its edges",
  tags: graphTag,
});
export const createGraphEdge = marketOperation({
  id: "createGraphEdge",
  method: "POST",
  path: "/machines/{machineId}/graph/edges",
  auth: "platform",
  params: ids("machineId"),
  body: createEdgeBody,
  envelope: "item",
  statuses: [201],
  answer: graphEdgeSchema,
  errors: ["NOT_FOUND"],
  summary: "Connect two nodes",
  tags: graphTag,
});
export const updateGraphEdge = marketOperation({
  id: "updateGraphEdge",
  method: "PATCH",
  path: "/machines/{machineId}/graph/edges/{edgeId}",
  auth: "platform",
  params: edge,
  body: maybeBody(updateEdgeBody),
  envelope: "item",
  answer: graphEdgeSchema,
  errors: ["NOT_FOUND"],
  summary: "Change an edge",
  tags: graphTag,
});
export const deleteGraphEdge = marketOperation({
  id: "deleteGraphEdge",
  method: "DELETE",
  path: "/machines/{machineId}/graph/edges/{edgeId}",
  auth: "platform",
  params: edge,
  envelope: "empty",
  errors: ["NOT_FOUND"],
  summary: "Remove an edge",
  tags: graphTag,
});

const task = ids("taskId");
const machineQuery = z.object({ machineId: maybe(filled(200)), ...pageQuery });
const taskQuery = z.object({ machineId: maybe(filled(200)), taskId: maybe(filled(200)), ...pageQuery });
const confirmed = [
  "NOT_FOUND",
  "MACHINE_NOT_ACTIVE",
  "MACHINE_NOT_ACTIVATED",
  "PEAQOS_IDENTITY_UNAVAILABLE",
  "AGENT_PAIRING_REQUIRED",
  "AGENT_PAIRING_INACTIVE",
  "AGENT_AUTH_INVALID",
] as const;

export const listTasks = marketOperation({
  id: "listTasks",
  method: "GET",
  path: "/tasks",
  auth: "platform",
  query: machineQuery,
  envelope: "list",
  answer: taskSchema,
  summary: "List tasks",
  tags: taskTag,
});
export const createTask = marketOperation({
  id: "createTask",
  method: "POST",
  path: "/tasks",
  auth: "platform",
  body: createTaskBody,
  envelope: "item",
  statuses: [201],
  answer: taskSchema,
  errors: [...confirmed],
  summary: "Create a task",
  tags: taskTag,
});
export const getTask = marketOperation({
  id: "getTask",
  method: "GET",
  path: "/tasks/{taskId}",
  auth: "platform",
  params: task,
  envelope: "item",
  answer: taskSchema,
  errors: ["NOT_FOUND"],
  summary: "Read a task",
  tags: taskTag,
});
export const discoverTask = marketOperation({
  id: "discoverTask",
  method: "POST",
  path: "/tasks/{taskId}/discover",
  auth: "platform",
  params: task,
  body: maybeBody(noBody),
  envelope: "item",
  answer: taskSchema,
  errors: [...confirmed],
  summary: "Find candidates for a task",
  tags: taskTag,
});
export const resolveTask = marketOperation({
  id: "resolveTask",
  method: "POST",
  path: "/tasks/{taskId}/resolve",
  auth: "platform",
  params: task,
  body: maybeBody(resolveTaskBody),
  envelope: "item",
  answer: taskSchema,
  errors: [...confirmed, "AGENT_POLICY_DENIED"],
  summary: "Choose a task's route",
  tags: taskTag,
});
export const executeTask = marketOperation({
  id: "executeTask",
  method: "POST",
  path: "/tasks/{taskId}/execute",
  auth: "platform",
  params: task,
  body: maybeBody(noBody),
  envelope: "item",
  answer: taskSchema,
  errors: [
    ...confirmed,
    "AGENT_POLICY_DENIED",
    "EXECUTION_UNSUPPORTED",
    "ENDPOINT_UNREACHABLE",
    "PAYMENT_REQUIRED",
  ],
  summary: "Execute a task's route",
  tags: taskTag,
});
export const listRoutes = marketOperation({
  id: "listRoutes",
  method: "GET",
  path: "/routes",
  auth: "platform",
  query: taskQuery,
  envelope: "list",
  answer: routeSchema,
  summary: "List routes",
  tags: taskTag,
});
export const getRoute = marketOperation({
  id: "getRoute",
  method: "GET",
  path: "/routes/{routeId}",
  auth: "platform",
  params: ids("routeId"),
  envelope: "item",
  answer: routeSchema,
  errors: ["NOT_FOUND"],
  summary: "Read a route",
  tags: taskTag,
});
export const listRuns = marketOperation({
  id: "listRuns",
  method: "GET",
  path: "/runs",
  auth: "platform",
  query: taskQuery,
  envelope: "list",
  answer: runSchema,
  summary: "List runs",
  tags: taskTag,
});
export const getRun = marketOperation({
  id: "getRun",
  method: "GET",
  path: "/runs/{runId}",
  auth: "platform",
  params: ids("runId"),
  envelope: "item",
  answer: runSchema,
  errors: ["NOT_FOUND"],
  summary: "Read a run",
  tags: taskTag,
});
export const listOutcomes = marketOperation({
  id: "listOutcomes",
  method: "GET",
  path: "/outcomes",
  auth: "platform",
  query: taskQuery,
  envelope: "list",
  answer: outcomeSchema,
  summary: "List outcomes",
  tags: taskTag,
});
export const getOutcome = marketOperation({
  id: "getOutcome",
  method: "GET",
  path: "/outcomes/{outcomeId}",
  auth: "platform",
  params: ids("outcomeId"),
  envelope: "item",
  answer: outcomeSchema,
  errors: ["NOT_FOUND"],
  summary: "Read an outcome",
  tags: taskTag,
});
