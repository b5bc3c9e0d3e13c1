import { z } from "zod";
import {
  enrollAgentBody,
  enrolledAgentSchema,
  heartbeatBody,
  heartbeatSchema,
  machineAgentSchema,
  runtimeEndpointSchema,
  upsertEndpointBody,
} from "../agents.ts";
import { ids, marketOperation } from "../operation.ts";
import { maybeBody, pageQuery } from "../values.ts";

/** Machine agents and runtime endpoints. */

const published = true;
const page = z.object(pageQuery);
const agentTag = ["machine agents"] as const;
const endpointTag = ["runtime endpoints"] as const;
/** The machine has to be there, active, and confirmed by the rating service. */
const confirmed = [
  "NOT_FOUND",
  "MACHINE_NOT_ACTIVE",
  "MACHINE_NOT_ACTIVATED",
  "PEAQOS_IDENTITY_UNAVAILABLE",
] as const;
export const listMachineAgents = marketOperation({
  id: "listMachineAgents",
  method: "GET",
  path: "/machines/{machineId}/agents",
  auth: "platform",
  params: ids("machineId"),
  envelope: "list",
  answer: machineAgentSchema,
  errors: [...confirmed],
  summary: "List a machine's agents",
  tags: agentTag,
  published,
});
export const enrollMachineAgent = marketOperation({
  id: "enrollMachineAgent",
  method: "POST",
  path: "/machines/{machineId}/agents/enrollment",
  auth: "platform",
  params: ids("machineId"),
  body: maybeBody(enrollAgentBody),
  envelope: "item",
  statuses: [201],
  answer: enrolledAgentSchema,
  errors: [...confirmed],
  summary: "Enrol an agent that runs on the machine",
  tags: agentTag,
  published,
});
export const revokeMachineAgent = marketOperation({
  id: "revokeMachineAgent",
  method: "DELETE",
  path: "/machines/{machineId}/agents/{agentId}",
  auth: "platform",
  params: ids("machineId", "agentId"),
  envelope: "empty",
  errors: ["NOT_FOUND"],
  summary: "Revoke a machine's agent",
  tags: agentTag,
  published,
});
export const machineAgentHeartbeat = marketOperation({
  id: "machineAgentHeartbeat",
  method: "POST",
  path: "/machine-agents/heartbeat",
  auth: "none",
  body: heartbeatBody,
  envelope: "item",
  answer: heartbeatSchema,
  errors: [
    ...confirmed,
    "AGENT_AUTH_REQUIRED",
    "AGENT_AUTH_INVALID",
    "AGENT_PAIRING_INACTIVE",
    "AGENT_POLICY_DENIED",
  ],
  summary: "An agent says that it lives and where its endpoints are",
  description: "The agent's token is in the body.",
  tags: agentTag,
  published,
});

const endpoint = ids("machineId", "providerKey");

export const listRuntimeEndpoints = marketOperation({
  id: "listRuntimeEndpoints",
  method: "GET",
  path: "/machines/{machineId}/runtime-endpoints",
  auth: "platform",
  params: ids("machineId"),
  query: page,
  envelope: "list",
  answer: runtimeEndpointSchema,
  errors: [...confirmed],
  summary: "List a machine's runtime endpoints",
  tags: endpointTag,
  published,
});
export const getRuntimeEndpoint = marketOperation({
  id: "getRuntimeEndpoint",
  method: "GET",
  path: "/machines/{machineId}/runtime-endpoints/{providerKey}",
  auth: "platform",
  params: endpoint,
  envelope: "item",
  answer: runtimeEndpointSchema,
  errors: [...confirmed],
  summary: "Read a runtime endpoint",
  tags: endpointTag,
  published,
});
export const upsertRuntimeEndpoint = marketOperation({
  id: "upsertRuntimeEndpoint",
  method: "PUT",
  path: "/machines/{machineId}/runtime-endpoints/{providerKey}",
  auth: "platform",
  params: endpoint,
  body: upsertEndpointBody,
  envelope: "item",
  statuses: [200, 201],
  answer: runtimeEndpointSchema,
  errors: [...confirmed],
  summary: "Set a runtime endpoint by hand",
  tags: endpointTag,
  published,
});
export const deleteRuntimeEndpoint = marketOperation({
  id: "deleteRuntimeEndpoint",
  method: "DELETE",
  path: "/machines/{machineId}/runtime-endpoints/{providerKey}",
  auth: "platform",
  params: endpoint,
  envelope: "empty",
  errors: [...confirmed],
  summary: "Delete a runtime endpoint",
  tags: endpointTag,
  published,
});
