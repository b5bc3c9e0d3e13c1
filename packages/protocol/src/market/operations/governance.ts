import { z } from "zod";
import {
  createPlatformKeyBody,
  newPlatformKeySchema,
  platformKeySchema,
  rotatePlatformKeyBody,
} from "../keys.ts";
import { ids, marketOperation } from "../operation.ts";
import {
  auditEventSchema,
  auditVerificationSchema,
  createPolicyBody,
  marketHealthSchema,
  policySchema,
  readinessSchema,
  updatePolicyBody,
} from "../policies.ts";
import { filled, maybe, maybeBody, pageQuery } from "../values.ts";

/** Liveness, audit, policies and platform keys. */

const published = true;
const operationsTag = ["operations"] as const;
const policyTag = ["policies"] as const;
const keyTag = ["platform keys"] as const;

export const getHealth = marketOperation({
  id: "getHealth",
  method: "GET",
  path: "/health",
  auth: "none",
  envelope: "bare",
  answer: marketHealthSchema,
  summary: "Is the process alive?",
  description: "Also at the host's root.",
  tags: operationsTag,
  published,
});
export const getReadiness = marketOperation({
  id: "getReadiness",
  method: "GET",
  path: "/readiness",
  auth: "none",
  envelope: "bare",
  answer: readinessSchema,
  summary: "Can the market work?",
  description: "200 also when it cannot: clients read anything else as an error.",
  tags: operationsTag,
  published,
});
export const listAuditEvents = marketOperation({
  id: "listAuditEvents",
  method: "GET",
  path: "/audit-events",
  auth: "platform",
  query: z.object({ machineId: maybe(filled(200)), resourceType: maybe(filled(200)), ...pageQuery }),
  envelope: "list",
  answer: auditEventSchema,
  summary: "Read the audit log, newest first",
  tags: operationsTag,
  published,
});

export const listPolicies = marketOperation({
  id: "listPolicies",
  method: "GET",
  path: "/policies",
  auth: "platform",
  query: z.object(pageQuery),
  envelope: "list",
  answer: policySchema,
  summary: "List policies",
  tags: policyTag,
  published,
});
export const createPolicy = marketOperation({
  id: "createPolicy",
  method: "POST",
  path: "/policies",
  auth: "platform",
  body: createPolicyBody,
  envelope: "item",
  statuses: [201],
  answer: policySchema,
  summary: "Create a policy",
  tags: policyTag,
  published,
});
export const updatePolicy = marketOperation({
  id: "updatePolicy",
  method: "PATCH",
  path: "/policies/{policyId}",
  auth: "platform",
  params: ids("policyId"),
  body: maybeBody(updatePolicyBody),
  envelope: "item",
  answer: policySchema,
  errors: ["NOT_FOUND"],
  summary: "Change a policy",
  tags: policyTag,
  published,
});

// Ours from here.

export const getPolicy = marketOperation({
  id: "getPolicy",
  method: "GET",
  path: "/policies/{policyId}",
  auth: "platform",
  params: ids("policyId"),
  envelope: "item",
  answer: policySchema,
  errors: ["NOT_FOUND"],
  summary: "Read a policy",
  tags: policyTag,
});

export const verifyAudit = marketOperation({
  id: "verifyAudit",
  method: "GET",
  path: "/audit-events/verify",
  auth: "platform",
  query: z.object({ machineId: maybe(filled(200)).describe("one machine's chain; absent: all") }),
  envelope: "bare",
  answer: auditVerificationSchema,
  summary: "Check the hash chains of the audit log",
  tags: operationsTag,
});

export const listPlatformKeys = marketOperation({
  id: "listPlatformKeys",
  method: "GET",
  path: "/platform-keys",
  auth: "platform",
  query: z.object(pageQuery),
  envelope: "list",
  answer: platformKeySchema,
  summary: "List the tenant's platform keys",
  description: "Needs the scope keys.",
  tags: keyTag,
});
export const createPlatformKey = marketOperation({
  id: "createPlatformKey",
  method: "POST",
  path: "/platform-keys",
  auth: "platform",
  body: createPlatformKeyBody,
  envelope: "item",
  statuses: [201],
  answer: newPlatformKeySchema,
  summary: "Create a platform key",
  description: "The answer holds the key, once. Needs the scope keys, and each scope it hands on.",
  tags: keyTag,
});
export const rotatePlatformKey = marketOperation({
  id: "rotatePlatformKey",
  method: "POST",
  path: "/platform-keys/{keyId}/rotate",
  auth: "platform",
  params: ids("keyId"),
  body: maybeBody(rotatePlatformKeyBody),
  envelope: "item",
  statuses: [201],
  answer: newPlatformKeySchema,
  errors: ["NOT_FOUND"],
  summary: "Replace a platform key",
  description:
    "The answer holds the new key, once; the old one works until the grace time ends. Needs the scope keys.",
  tags: keyTag,
});
export const revokePlatformKey = marketOperation({
  id: "revokePlatformKey",
  method: "DELETE",
  path: "/platform-keys/{keyId}",
  auth: "platform",
  params: ids("keyId"),
  envelope: "empty",
  errors: ["NOT_FOUND"],
  summary: "Revoke a platform key",
  description: "It opens nothing from then on. Needs the scope keys.",
  tags: keyTag,
});
