import { z } from "zod";
import { defineOperation } from "../operation.ts";
import { pathIdSchema, queryInteger, queryTimeSchema } from "../query.ts";
import {
  healthSchema,
  machineCardSchema,
  machineProfileSchema,
  mcrSchema,
  operatorMachinesSchema,
  readySchema,
} from "./answers.ts";
import { basisSchema } from "./common.ts";
import { detailSchema, validationProblemSchema } from "./errors.ts";
import { explainSchema, historySchema, inputsSchema } from "./own-answers.ts";

/** Every operation of the rating (MCR) API. Read-only and without keys. */

const didParams = z.object({
  did: z.string().describe("did:peaq:0x… in any letter case, or the bare 0x address"),
});

const badRequest = { description: "not a DID or address", schema: detailSchema };
const notFound = { description: "nothing is registered under that name", schema: detailSchema };
const invalid = { description: "a parameter does not fit its rule", schema: validationProblemSchema };
const tooMany = { description: "rate limit; see Retry-After", schema: detailSchema };
const unavailable = { description: "not initialised, or no data to answer from", schema: detailSchema };
const notModified = { description: "the body named by If-None-Match is still right" };

/** What every read of the chain's data can answer besides its body. */
const common = { 304: notModified, 429: tooMany, 503: unavailable } as const;
const commonErrors = [
  "tooManyRequests",
  "notInitialised",
  "chainUnavailable",
  "databaseUnavailable",
] as const;
const didErrors = ["emptyDid", "invalidAddress", "machineNotRegistered", ...commonErrors] as const;

export const getMcr = defineOperation({
  id: "getMcr",
  method: "GET",
  path: "/mcr/{did}",
  auth: "none",
  idempotent: false,
  params: didParams,
  responses: {
    200: { description: "the rating as of the head block", schema: mcrSchema },
    400: badRequest,
    404: notFound,
    ...common,
  },
  errors: didErrors,
  summary: "Machine Credit Rating",
  tags: ["rating"],
});

export const getMachine = defineOperation({
  id: "getMachine",
  method: "GET",
  path: "/machine/{did}",
  auth: "none",
  idempotent: false,
  params: didParams,
  responses: {
    200: { description: "the machine's profile", schema: machineProfileSchema },
    400: badRequest,
    404: notFound,
    ...common,
  },
  errors: didErrors,
  summary: "Machine profile (NFT metadata JSON v1.0)",
  description: "What is shown beyond the rating follows the DID attribute data_visibility.",
  tags: ["machines"],
});

export const getOperatorMachines = defineOperation({
  id: "getOperatorMachines",
  method: "GET",
  path: "/operator/{did}/machines",
  auth: "none",
  idempotent: false,
  params: didParams,
  query: z.object({
    offset: queryInteger(0, 1_000_000).default(0),
    limit: queryInteger(1, 500).default(200),
  }),
  responses: {
    200: { description: "one page of the operator's list", schema: operatorMachinesSchema },
    400: badRequest,
    422: invalid,
    ...common,
  },
  errors: ["emptyDid", "invalidAddress", ...commonErrors],
  summary: "Machines of an operator",
  description:
    "Reads the DID attribute `machines` of the operator; ids that are not registered are left out.",
  tags: ["machines"],
});

export const getMetadata = defineOperation({
  id: "getMetadata",
  method: "GET",
  path: "/metadata/{token_id}",
  auth: "none",
  idempotent: false,
  params: z.object({ token_id: pathIdSchema }),
  responses: {
    200: { description: "the profile of the machine the token stands for", schema: machineProfileSchema },
    404: notFound,
    422: invalid,
    ...common,
  },
  errors: ["tokenNotFound", "machineNotRegistered", ...commonErrors],
  summary: "Profile by Machine NFT token (tokenURI)",
  tags: ["machines"],
});

export const getMachineCard = defineOperation({
  id: "getMachineCard",
  method: "GET",
  path: "/machines/{machine_id}",
  auth: "none",
  idempotent: false,
  params: z.object({ machine_id: pathIdSchema }),
  responses: {
    200: { description: "the Machine Card", schema: machineCardSchema },
    404: notFound,
    422: invalid,
    ...common,
  },
  errors: ["machineNotFound", "machineWalletNotFound", ...commonErrors],
  summary: "Machine Card (ERC-8004 style)",
  tags: ["machines"],
});

export const getMcrExplanation = defineOperation({
  id: "getMcrExplanation",
  method: "GET",
  path: "/mcr/{did}/explain",
  auth: "none",
  idempotent: false,
  params: didParams,
  query: z.object({ as_of: queryTimeSchema.optional(), basis: basisSchema.default("known") }),
  responses: {
    200: { description: "where every point comes from", schema: explainSchema },
    400: badRequest,
    404: notFound,
    422: invalid,
    ...common,
  },
  errors: didErrors,
  summary: "Why the rating is what it is",
  description: "Factor points and adjustments add up to raw_score; improvements say what would raise it.",
  tags: ["rating"],
});

export const getMcrHistory = defineOperation({
  id: "getMcrHistory",
  method: "GET",
  path: "/mcr/{did}/history",
  auth: "none",
  idempotent: false,
  params: didParams,
  query: z.object({
    from: queryTimeSchema.optional(),
    to: queryTimeSchema.optional(),
    step: queryInteger(86_400, 3_155_760_000).default(86_400),
    basis: basisSchema.default("known"),
  }),
  responses: {
    200: { description: "the rating at each step, at most 400", schema: historySchema },
    400: badRequest,
    404: notFound,
    422: invalid,
    ...common,
  },
  errors: didErrors,
  summary: "The rating over time",
  description:
    "Without from and to: the last 90 days. Both ends are counted; to is included when a step meets it.",
  tags: ["rating"],
});

export const getMcrInputs = defineOperation({
  id: "getMcrInputs",
  method: "GET",
  path: "/mcr/{did}/inputs",
  auth: "none",
  idempotent: false,
  params: didParams,
  query: z.object({
    cursor: z.string().max(100).optional().describe("next_cursor of the page before"),
    limit: queryInteger(1, 500).default(100),
  }),
  responses: {
    200: { description: "the events in chain order", schema: inputsSchema },
    400: badRequest,
    404: notFound,
    422: invalid,
    ...common,
  },
  errors: didErrors,
  summary: "Everything the rating was made of",
  description: "Enough to compute the rating again with any implementation of the model.",
  tags: ["rating"],
});

export const getHealth = defineOperation({
  id: "getHealth",
  method: "GET",
  path: "/health",
  auth: "none",
  idempotent: false,
  responses: { 200: { description: "the process lives", schema: healthSchema } },
  errors: [],
  summary: "Liveness",
  tags: ["operations"],
});

export const getReady = defineOperation({
  id: "getReady",
  method: "GET",
  path: "/ready",
  auth: "none",
  idempotent: false,
  responses: {
    200: { description: "ready", schema: readySchema },
    503: { description: "a check failed; its field is false", schema: readySchema },
  },
  errors: [],
  summary: "Readiness",
  tags: ["operations"],
});

export const getMetrics = defineOperation({
  id: "getMetrics",
  method: "GET",
  path: "/metrics",
  auth: "none",
  idempotent: false,
  responses: { 200: { description: "Prometheus text", contentType: "text/plain" } },
  errors: [],
  summary: "Metrics",
  tags: ["operations"],
});

export const getOpenApi = defineOperation({
  id: "getOpenApi",
  method: "GET",
  path: "/openapi.json",
  auth: "none",
  idempotent: false,
  responses: { 200: { description: "this document" } },
  errors: [],
  summary: "OpenAPI document",
  tags: ["operations"],
});

export const getDocs = defineOperation({
  id: "getDocs",
  method: "GET",
  path: "/docs",
  auth: "none",
  idempotent: false,
  responses: { 200: { description: "a page to read and try the API", contentType: "text/html" } },
  errors: [],
  summary: "API page",
  tags: ["operations"],
});

/** The operation table of the rating API. */
export const ratingOperations = {
  getMcr,
  getMachine,
  getOperatorMachines,
  getMetadata,
  getMachineCard,
  getMcrExplanation,
  getMcrHistory,
  getMcrInputs,
  getHealth,
  getReady,
  getMetrics,
  getOpenApi,
  getDocs,
} as const;
