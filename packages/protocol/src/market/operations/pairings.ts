import { z } from "zod";
import { ids, marketOperation } from "../operation.ts";
import {
  allowanceSchema,
  createPairingBody,
  pairedSchema,
  pairingChallengeBody,
  pairingChallengeSchema,
  pairingSchema,
  pairingSessionBody,
  updatePairingBody,
} from "../pairings.ts";
import { maybeBody, pageQuery } from "../values.ts";

/** Agents paired with a machine. */

const published = true;
const page = z.object(pageQuery);
const pairingTag = ["agent pairings"] as const;
/** The machine has to be there, active, and confirmed by the rating service. */
const confirmed = [
  "NOT_FOUND",
  "MACHINE_NOT_ACTIVE",
  "MACHINE_NOT_ACTIVATED",
  "PEAQOS_IDENTITY_UNAVAILABLE",
] as const;
const pairing = ids("machineId", "pairingId");
const proofErrors = [
  "AGENT_PAIRING_PROOF_REQUIRED",
  "AGENT_PAIRING_PROOF_INVALID",
  "AGENT_PAIRING_PROOF_EXPIRED",
  "AGENT_PAIRING_UNAVAILABLE",
] as const;

export const listAgentPairings = marketOperation({
  id: "listAgentPairings",
  method: "GET",
  path: "/machines/{machineId}/agent-pairings",
  auth: "platform",
  params: ids("machineId"),
  query: page,
  envelope: "list",
  answer: pairingSchema,
  errors: ["NOT_FOUND"],
  summary: "List a machine's pairings",
  tags: pairingTag,
  published,
});
export const createAgentPairingChallenge = marketOperation({
  id: "createAgentPairingChallenge",
  method: "POST",
  path: "/machines/{machineId}/agent-pairings/challenges",
  auth: "platform",
  params: ids("machineId"),
  body: pairingChallengeBody,
  envelope: "item",
  statuses: [201],
  answer: pairingChallengeSchema,
  errors: [...confirmed, "AGENT_PAIRING_UNAVAILABLE"],
  summary: "Request a challenge for an agent",
  description: "An identical request gets the same challenge again while it is pending.",
  tags: pairingTag,
  published,
});
export const createAgentPairing = marketOperation({
  id: "createAgentPairing",
  method: "POST",
  path: "/machines/{machineId}/agent-pairings",
  auth: "platform",
  params: ids("machineId"),
  body: createPairingBody,
  envelope: "item",
  statuses: [201],
  answer: pairedSchema,
  errors: [...confirmed, ...proofErrors, "MACHINE_IDENTITY_PROOF_REQUIRED"],
  summary: "Pair an agent with a machine",
  description: "The answer holds the pairing token, once.",
  tags: pairingTag,
  published,
});
export const createAgentPairingSession = marketOperation({
  id: "createAgentPairingSession",
  method: "POST",
  path: "/machines/{machineId}/agent-pairings/{pairingId}/sessions",
  auth: "platform",
  params: pairing,
  body: maybeBody(pairingSessionBody),
  envelope: "item",
  statuses: [201],
  answer: pairedSchema,
  errors: [...confirmed, ...proofErrors, "AGENT_PAIRING_INACTIVE"],
  summary: "Rotate a pairing's token",
  tags: pairingTag,
  published,
});
export const updateAgentPairing = marketOperation({
  id: "updateAgentPairing",
  method: "PATCH",
  path: "/machines/{machineId}/agent-pairings/{pairingId}",
  auth: "platform",
  params: pairing,
  body: maybeBody(updatePairingBody),
  envelope: "item",
  answer: pairingSchema,
  errors: ["NOT_FOUND", "AGENT_PAIRING_INACTIVE"],
  summary: "Change a pairing",
  description: "A delegationPolicy replaces the old one whole and ends its sessions.",
  tags: pairingTag,
  published,
});
export const revokeAgentPairing = marketOperation({
  id: "revokeAgentPairing",
  method: "DELETE",
  path: "/machines/{machineId}/agent-pairings/{pairingId}",
  auth: "platform",
  params: pairing,
  envelope: "empty",
  errors: ["NOT_FOUND"],
  summary: "Revoke a pairing",
  tags: pairingTag,
  published,
});

// Ours from here.

export const getPairingAllowance = marketOperation({
  id: "getPairingAllowance",
  method: "GET",
  path: "/machines/{machineId}/agent-pairings/{pairingId}/allowance",
  auth: "either",
  params: pairing,
  envelope: "item",
  answer: allowanceSchema,
  errors: ["NOT_FOUND"],
  summary: "Read what a pairing may still spend today",
  description: "With the platform's key, or with a token of that pairing.",
  tags: pairingTag,
});
