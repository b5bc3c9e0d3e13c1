import { z } from "zod";
import {
  createMachineBody,
  identityChallengeBody,
  identityChallengeSchema,
  machineSchema,
  updateMachineBody,
} from "../machines.ts";
import { ids, marketOperation } from "../operation.ts";
import { maybeBody, pageQuery } from "../values.ts";

/** Machines and their identity. */

const published = true;
const page = z.object(pageQuery);
const machineTag = ["machines"] as const;

export const createMachineIdentityChallenge = marketOperation({
  id: "createMachineIdentityChallenge",
  method: "POST",
  path: "/machine-identity/challenges",
  auth: "platform",
  body: identityChallengeBody,
  envelope: "item",
  statuses: [201],
  answer: identityChallengeSchema,
  errors: ["MACHINE_NOT_ACTIVATED", "PEAQOS_IDENTITY_UNAVAILABLE"],
  summary: "Request a challenge for a machine's identity",
  description: "An identical request gets the same challenge again while it is pending.",
  tags: machineTag,
  published,
});
export const listMachines = marketOperation({
  id: "listMachines",
  method: "GET",
  path: "/machines",
  auth: "platform",
  query: page,
  envelope: "list",
  answer: machineSchema,
  errors: ["PEAQOS_IDENTITY_UNAVAILABLE"],
  summary: "List machines",
  description: "Only machines whose identity is confirmed.",
  tags: machineTag,
  published,
});
export const createMachine = marketOperation({
  id: "createMachine",
  method: "POST",
  path: "/machines",
  auth: "platform",
  body: createMachineBody,
  envelope: "item",
  statuses: [201],
  answer: machineSchema,
  errors: [
    "MACHINE_NOT_ACTIVATED",
    "MACHINE_IDENTITY_PROOF_REQUIRED",
    "MACHINE_IDENTITY_PROOF_INVALID",
    "MACHINE_IDENTITY_PROOF_EXPIRED",
    "MACHINE_IDENTITY_EXISTS",
    "PEAQOS_IDENTITY_UNAVAILABLE",
  ],
  summary: "Create a machine",
  description: "It starts as a draft.",
  tags: machineTag,
  published,
});
export const getMachine = marketOperation({
  id: "getMachine",
  method: "GET",
  path: "/machines/{machineId}",
  auth: "platform",
  params: ids("machineId"),
  envelope: "item",
  answer: machineSchema,
  errors: ["NOT_FOUND", "MACHINE_NOT_ACTIVATED", "PEAQOS_IDENTITY_UNAVAILABLE"],
  summary: "Read a machine",
  tags: machineTag,
  published,
});
export const updateMachine = marketOperation({
  id: "updateMachine",
  method: "PATCH",
  path: "/machines/{machineId}",
  auth: "platform",
  params: ids("machineId"),
  body: maybeBody(updateMachineBody),
  envelope: "item",
  answer: machineSchema,
  errors: [
    "NOT_FOUND",
    "MACHINE_IDENTITY_IMMUTABLE",
    "MACHINE_NOT_ACTIVATED",
    "MACHINE_IDENTITY_PROOF_INVALID",
    "MACHINE_IDENTITY_PROOF_EXPIRED",
    "MACHINE_IDENTITY_EXISTS",
    "PEAQOS_IDENTITY_UNAVAILABLE",
  ],
  summary: "Change a machine",
  tags: machineTag,
  published,
});
export const archiveMachine = marketOperation({
  id: "archiveMachine",
  method: "DELETE",
  path: "/machines/{machineId}",
  auth: "platform",
  params: ids("machineId"),
  envelope: "empty",
  errors: ["NOT_FOUND"],
  summary: "Archive a machine",
  tags: machineTag,
  published,
});
