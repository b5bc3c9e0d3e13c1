import { z } from "zod";
import { ids, marketOperation } from "../operation.ts";
import {
  auditEventSchema,
  createPolicyBody,
  marketHealthSchema,
  policySchema,
  readinessSchema,
  updatePolicyBody,
} from "../policies.ts";
import { filled, maybe, maybeBody, pageQuery } from "../values.ts";

/** Liveness, audit and policies; getPolicy is ours. */

const published = true;
const operationsTag = ["operations"] as const;
const policyTag = ["policies"] as const;

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
