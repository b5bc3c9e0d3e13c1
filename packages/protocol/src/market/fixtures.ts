import type { z } from "zod";
import type {
  enrolledAgentSchema,
  heartbeatSchema,
  machineAgentSchema,
  runtimeEndpointSchema,
} from "./agents.ts";
import type { catalogueChangeSchema } from "./catalogue.ts";
import type { newPlatformKeySchema } from "./keys.ts";
import type { identityChallengeSchema, machineSchema } from "./machines.ts";
import type { MarketOperationId } from "./operations.ts";
import type {
  confirmationSchema,
  disputingSchema,
  handoffExecutionSchema,
  marketOrderSchema,
  nativeExecutionSchema,
  orderCheckSchema,
} from "./orders.ts";
import type { allowanceSchema, pairedSchema, pairingChallengeSchema, pairingSchema } from "./pairings.ts";
import type { marketPaymentSchema } from "./payments.ts";
import type {
  auditEventSchema,
  auditVerificationSchema,
  marketHealthSchema,
  policySchema,
  readinessSchema,
} from "./policies.ts";
import type { marketSearchSchema } from "./search.ts";
import type { marketServiceSchema, railRecommendationSchema } from "./services.ts";
import type { skillConfigSchema, skillManifestSchema, skillSummarySchema } from "./skills.ts";
import type {
  graphEdgeSchema,
  graphNodeSchema,
  outcomeSchema,
  routeSchema,
  runSchema,
  taskSchema,
} from "./work.ts";

/** One complete answer of every operation, as JSON, for stubs and contract tests (`@peaqos/protocol/market/fixtures`). */

const time = "2026-01-02T03:04:05.000Z";
const later = "2026-01-02T04:04:05.000Z";
const address = "0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D";
const seller = "0x00000000000000000000000000000000000000aa";
const did = `did:peaq:${address}`;
const hash = `0x${"ab".repeat(32)}`;
const times = { createdAt: time, updatedAt: time };

const machine: z.input<typeof machineSchema> = {
  id: "mach_61f043950cf1",
  displayName: "Charger 7",
  status: "active",
  ownerId: "op_1",
  identityRef: did,
  identityProof: {
    method: "eip191",
    identityRef: did,
    signerAddress: address,
    challengeId: "mich_0123456789abcdef",
    verifiedAt: time,
    challengeExpiresAt: later,
    controllerAddresses: [address],
    resolutionSource: "peaqos-mcr",
  },
  machineType: "iot-device",
  runtimeProfile: "linux-native",
  capabilities: ["charge"],
  labels: { rack_no: "7", siteName: "B" },
  policyIds: [],
  skillKeys: [],
  ...times,
};

const identityChallenge: z.input<typeof identityChallengeSchema> = {
  challengeId: "mich_0123456789abcdef",
  identityRef: did,
  message: "peaqOS market: prove a machine's identity\n\nChallenge ID: mich_0123456789abcdef",
  expiresAt: later,
  verificationMethod: "eip191",
  controllerAddresses: [address],
};

const pairing: z.input<typeof pairingSchema> = {
  id: "pair_67c50f8fdd3c",
  machineId: machine.id,
  agentAddress: address,
  agentDid: `did:pkh:eip155:1:${address}`,
  agentProvider: "anthropic",
  agentRole: "buyer",
  status: "active",
  description: null,
  verification: { method: "eip191", signerAddress: address, verifiedAt: time, challengeExpiresAt: later },
  delegationPolicy: {
    allowedSkillKeys: [],
    deniedSkillKeys: [],
    allowedServiceIds: [],
    deniedServiceIds: [],
    perTransactionLimit: 2.5,
    dailySpendLimit: 5,
    currency: "USD",
  },
  hasAuthToken: true,
  tokenLastFour: "wxyz",
  sessionId: "asess_0123456789ab",
  sessionTokenId: "jti_0123456789ab",
  sessionIssuedAt: time,
  sessionExpiresAt: later,
  ...times,
};
const paired: z.input<typeof pairedSchema> = { ...pairing, pairingToken: "header.payload.wxyz" };

const allowance: z.input<typeof allowanceSchema> = {
  pairingId: pairing.id,
  machineId: machine.id,
  currency: "USD",
  perTransactionLimit: 2.5,
  dailySpendLimit: 5,
  spentToday: 0.25,
  remainingToday: 4.75,
  day: "2026-01-02",
  resetsAt: "2026-01-03T00:00:00.000Z",
  policies: [
    {
      policyId: "pol_0123456789ab",
      name: "Europe only",
      currency: "USD",
      cap: 100,
      spentToday: 0.25,
      remainingToday: 99.75,
    },
  ],
};

const pairingChallenge: z.input<typeof pairingChallengeSchema> = {
  challengeId: "apch_0123456789abcdef",
  agentAddress: address,
  message: "peaqOS market: pair an agent with a machine\n\nChallenge ID: apch_0123456789abcdef",
  expiresAt: later,
  verificationMethod: "eip191",
  machineId: machine.id,
  machineIdentityRef: did,
  agentDid: `did:pkh:eip155:1:${address}`,
};

const machineAgent: z.input<typeof machineAgentSchema> = {
  id: "magent_0123456789ab",
  machineId: machine.id,
  label: "Runtime",
  allowedProviderKeys: ["qvac"],
  status: "active",
  lastSeenAt: time,
  provisioningToken: null,
  tokenLastFour: "abcd",
  revokedAt: null,
  ...times,
};
const enrolledAgent: z.input<typeof enrolledAgentSchema> = {
  ...machineAgent,
  status: "provisioned",
  lastSeenAt: null,
  provisioningToken: "mat_secret_abcd",
  agentToken: "mat_secret_abcd",
};

const heartbeat: z.input<typeof heartbeatSchema> = {
  machineId: machine.id,
  agentId: machineAgent.id,
  leaseTtlSeconds: 120,
  observedAt: time,
  endpoints: [
    {
      providerKey: "qvac",
      endpointBaseUrl: "http://127.0.0.1:9",
      status: "active",
      leaseExpiresAt: later,
      healthError: null,
    },
  ],
  serverTime: time,
  nextHeartbeatSeconds: 60,
};

const runtimeEndpoint: z.input<typeof runtimeEndpointSchema> = {
  id: "rtep_0123456789ab",
  machineId: machine.id,
  agentId: null,
  providerKey: "qvac",
  source: "manual",
  label: "QVAC runtime",
  endpointBaseUrl: "http://127.0.0.1:9",
  authType: "none",
  hasAuthToken: false,
  modelAlias: null,
  networkScope: "loopback",
  probePath: "/v1/models",
  status: "active",
  leaseExpiresAt: null,
  lastCheckedAt: time,
  lastHealthyAt: time,
  lastProbeError: null,
  ...times,
};

const skill: z.input<typeof skillSummarySchema> = {
  key: "price-feed",
  providerKey: "reference-rates",
  label: "Price feed",
  description: "Reference exchange rates",
  direction: "machine-consumes",
  scope: "bootstrap-reference",
  source: "partner",
  listedBy: "peaqos",
  lastVerifiedAt: null,
  kind: "runtime",
  serviceTypes: ["oracle.price-feed"],
  operations: ["get-latest-price"],
  authType: "none",
  authState: "configured",
  accessMode: "public",
  distribution: "openapi",
  maturity: "reference",
  executionMode: "native",
  integrationStatus: "native",
  requiredEnv: [],
  requiresHumanEnablement: false,
  referenceUrl: null,
  artifactUrl: null,
  handoff: null,
};

const skillManifest: z.input<typeof skillManifestSchema> = {
  key: skill.key,
  providerKey: skill.providerKey,
  label: skill.label,
  summary: "Answers the latest reference rate",
  inputs: [{ key: "base_symbol", type: "string", required: true, description: "such as EUR" }],
  outputs: [{ key: "rate", type: "number", description: "units of the quote currency" }],
  version: "1.0.0",
  configSchema: null,
  homepage: null,
};

const skillConfig: z.input<typeof skillConfigSchema> = {
  skillKey: skill.key,
  providerKey: skill.providerKey,
  enabled: true,
  settings: { max_retries: 3 },
  hasCredentials: false,
  updatedAt: time,
};

const recommendation: z.input<typeof railRecommendationSchema> = {
  defaultRail: "wallet",
  required: true,
  supportedRails: ["wallet", "wdk-usdt-transfer"],
  notes: [],
  provider: null,
  chain: "eip155:33380",
  token: "USDC",
  tokenAddress: seller,
  tokenMint: null,
  walletAddress: seller,
  externalUrl: null,
  payerAddress: address,
  payeeAddress: seller,
};

const pricing = { mode: "fixed" as const, amount: 0.25, currency: "USDC", rate: "per_request", notes: [] };
const serviceEndpoint = {
  label: "rates",
  operation: "get-latest-price",
  url: null,
  method: "POST",
  path: "/rates",
  providerName: "Reference rates",
  key: null,
  protocols: [],
  networks: ["peaqos"],
};

const service: z.input<typeof marketServiceSchema> = {
  id: "svc_0123456789ab",
  skillKey: skill.key,
  providerKey: skill.providerKey,
  providerId: "prov_1",
  providerLabel: "Reference rates",
  companyName: null,
  serviceType: "oracle.price-feed",
  name: "Reference rates",
  description: "Exchange rates of the day",
  operations: ["get-latest-price"],
  capabilities: ["fx"],
  authType: "none",
  accessMode: "public",
  executionMode: "native",
  integrationStatus: "native",
  distribution: "openapi",
  maturity: "reference",
  kind: "runtime",
  region: "global",
  freshnessSeconds: 86_400,
  requiresHumanEnablement: false,
  pricing,
  payment: recommendation,
  endpoints: [serviceEndpoint],
  endpoint: serviceEndpoint,
  consumption: {
    adapterSetupPath: null,
    serviceDetailPath: "/api/v1/market/services/svc_0123456789ab",
    marketSearchPath: "/api/v1/market/search",
    orderPath: "/api/v1/market/orders",
  },
  operationContracts: [
    {
      operation: "get-latest-price",
      inputFields: [{ key: "base_symbol", type: "string", description: null }],
      outputFields: [{ key: "rate", type: "number", description: null }],
      exampleInput: { base_symbol: "EUR" },
      providerRequest: null,
      summary: null,
      notes: [],
    },
  ],
  metadata: {},
  referenceUrl: null,
  artifactUrl: null,
  handoff: null,
  updatedAt: time,
};

const search: z.input<typeof marketSearchSchema> = {
  id: "msearch_0123456789ab",
  machineId: machine.id,
  agentPairingId: pairing.id,
  requestPayload: { serviceType: "oracle.price-feed", providerCredentials: "[REDACTED]" },
  normalizedTask: {
    serviceType: "oracle.price-feed",
    requiredCapabilities: [],
    allowExternalHandoff: true,
    requireNativeExecution: false,
    operation: null,
    region: null,
    budget: null,
    maxResults: null,
    machine: null,
  },
  status: "completed",
  quotes: [
    {
      id: "mquote_0123456789ab",
      serviceId: service.id,
      skillKey: skill.key,
      providerKey: skill.providerKey,
      executionMode: "native",
      integrationStatus: "native",
      operation: "get-latest-price",
      score: 72.5,
      reasons: ["runs without a hand-off"],
      pricing,
      payment: recommendation,
      expiresAt: later,
      handoff: null,
      createdAt: time,
    },
  ],
  matches: { considered: 3, matched: 1, dropped: { above_budget: 2 } },
  createdAt: time,
};

const order: z.input<typeof marketOrderSchema> = {
  id: "mord_0123456789ab",
  machineId: machine.id,
  agentPairingId: pairing.id,
  searchId: search.id,
  quoteId: "mquote_0123456789ab",
  serviceId: service.id,
  skillKey: skill.key,
  providerKey: skill.providerKey,
  serviceType: service.serviceType,
  operation: "get-latest-price",
  executionMode: "native",
  integrationStatus: "native",
  status: "created",
  input: { base_symbol: "EUR", nested: { "GPU-Model": "x" } },
  budget: { amount: 0.25, currency: "USDC" },
  payment: recommendation,
  serviceSnapshot: { id: service.id, pricing },
  taskId: null,
  routeId: null,
  runId: null,
  outcomeId: null,
  handoff: null,
  errorMessage: null,
  deliveredAt: null,
  confirmedAt: null,
  cancelledAt: null,
  confirmBy: null,
  retryCount: 0,
  ...times,
};

const payment: z.input<typeof marketPaymentSchema> = {
  id: "mpay_0123456789ab",
  orderId: order.id,
  machineId: machine.id,
  status: "intent_created",
  rail: {
    type: "wallet",
    chain: "eip155:33380",
    token: "USDC",
    tokenAddress: seller,
    tokenMint: null,
    escrowAddress: null,
    externalUrl: null,
    provider: null,
    accountId: null,
    walletAddress: seller,
    payerAddress: address,
    payeeAddress: seller,
    paymentIntentId: null,
    metadata: { rawAmount: "250000", tokenDecimals: 6 },
  },
  notes: [],
  amount: 0.25,
  currency: "USDC",
  proof: null,
  outcome: null,
  release: null,
  refund: null,
  ...times,
};
const held: z.input<typeof marketPaymentSchema> = {
  ...payment,
  status: "held",
  outcome: "settled",
  proof: {
    chain: "eip155:33380",
    token: "USDC",
    transactionHash: hash,
    payerAddress: address,
    verifiedAt: time,
    verificationMode: "rpc",
    metadata: null,
  },
};

const orderCheck: z.input<typeof orderCheckSchema> = {
  allowed: false,
  amount: 0.25,
  currency: "USDC",
  service: { id: service.id, name: service.name },
  rail: "wallet",
  payeeAddress: seller,
  checks: [
    { rule: "machine", passed: true, code: null, message: "the machine is active", details: null },
    {
      rule: "dailySpendLimit",
      passed: false,
      code: "AGENT_DAILY_LIMIT_EXCEEDED",
      message: "0.25 USDC is more than the 0.1 USD left of 5 USD for 2026-01-02 (UTC)",
      details: { limit: 5, spentToday: 4.9, remainingToday: 0.1, amount: 0.25, currency: "USD" },
    },
  ],
};
const catalogueChange: z.input<typeof catalogueChangeSchema> = {
  version: "2026-01-02",
  services: 5,
  added: 1,
  changed: 1,
  removed: 0,
  unchanged: 3,
};

const executed: z.input<typeof nativeExecutionSchema> = {
  order: {
    ...order,
    status: "delivered",
    runId: "run_0123456789ab",
    outcomeId: "out_0123456789ab",
    deliveredAt: time,
  },
  execution: {
    statusCode: 200,
    run: {
      id: "run_0123456789ab",
      status: "completed",
      executionMode: "native",
      skillKey: skill.key,
      serviceId: service.id,
      outcomeId: "out_0123456789ab",
    },
    outcome: {
      id: "out_0123456789ab",
      status: "completed",
      skillKey: skill.key,
      serviceId: service.id,
      executionMode: "native",
      result: { rate_value: 1.08, nestedKey: { "GPU-Model": "x" } },
      errorMessage: null,
      externalRef: null,
    },
  },
};
/** The other success of `executeMarketOrder`. */
export const handoffFixture: z.input<typeof handoffExecutionSchema> = {
  order: { ...order, status: "handoff" },
  execution: {
    statusCode: 202,
    handoff: { label: "Open the desk", url: "https://example.com/desk", notes: [] },
  },
};

const confirmed: z.input<typeof confirmationSchema> = {
  order: { ...executed.order, status: "confirmed", confirmedAt: time },
  payment: { ...held, status: "release_pending" },
};
const disputed: z.input<typeof disputingSchema> = {
  order: { ...executed.order, status: "disputed" },
  payment: { ...held, status: "frozen" },
  dispute: {
    id: "mdisp_0123456789ab",
    orderId: order.id,
    machineId: machine.id,
    status: "open",
    reason: "late",
    evidence: { photo_url: "x" },
    agentPairingId: pairing.id,
    resolution: null,
    resolveBy: later,
    ...times,
  },
};

const policy: z.input<typeof policySchema> = {
  id: "pol_0123456789ab",
  name: "Europe only",
  allowedSkillKeys: [],
  deniedSkillKeys: [],
  regionRules: ["eu"],
  requiredCapabilities: [],
  budgetCap: { currency: "USD", amount: 100 },
  nativeOnly: false,
  handoffAllowed: true,
  ...times,
};

const auditEvent: z.input<typeof auditEventSchema> = {
  id: "aud_0123456789ab",
  actor: `agent:${pairing.id}`,
  type: "order.created",
  resourceType: "market-order",
  resourceId: order.id,
  payload: { after: { status: "created" } },
  machineId: machine.id,
  requestId: null,
  createdAt: time,
};

const auditVerification: z.input<typeof auditVerificationSchema> = {
  valid: true,
  chains: 1,
  events: 1,
  problems: [],
  heads: [{ chain: machine.id, seq: 1, hash: "ab".repeat(32), signedAt: time }],
};

const newPlatformKey: z.input<typeof newPlatformKeySchema> = {
  id: "pkey_0123456789ab",
  name: "Operations",
  scopes: ["read", "write"],
  lastFour: "wxyz",
  createdAt: time,
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
  replacedBy: null,
  key: "pk_example_wxyz",
};
const { key: _key, ...platformKey } = newPlatformKey;

const health: z.input<typeof marketHealthSchema> = { ok: true, service: "market", version: "0.1.0", time };
const readiness: z.input<typeof readinessSchema> = {
  status: "ready",
  checks: [{ name: "database", status: "pass", message: null }],
};

const node: z.input<typeof graphNodeSchema> = {
  id: "gnode_0123456789ab",
  machineId: machine.id,
  kind: "sensor",
  label: "Meter",
  status: "active",
  position: { x: 1, y: 2 },
  data: {},
  ...times,
};
const edge: z.input<typeof graphEdgeSchema> = {
  id: "gedge_0123456789ab",
  machineId: machine.id,
  sourceNodeId: node.id,
  targetNodeId: node.id,
  kind: null,
  data: {},
  ...times,
};

const task: z.input<typeof taskSchema> = {
  id: "task_0123456789ab",
  machineId: machine.id,
  agentPairingId: null,
  orderId: null,
  serviceType: "oracle.price-feed",
  operation: null,
  input: {},
  constraints: {},
  status: "created",
  candidates: [{ serviceId: service.id, score: 72.5, reasons: [] }],
  routeId: null,
  outcomeId: null,
  errorMessage: null,
  ...times,
};
const route: z.input<typeof routeSchema> = {
  id: "route_0123456789ab",
  taskId: task.id,
  machineId: machine.id,
  serviceId: service.id,
  skillKey: skill.key,
  providerKey: skill.providerKey,
  executionMode: "native",
  integrationStatus: "native",
  status: "selected",
  endpoint: null,
  handoff: null,
  createdAt: time,
};
const run: z.input<typeof runSchema> = {
  id: "run_0123456789ab",
  status: "running",
  taskId: task.id,
  routeId: route.id,
  orderId: null,
  outcomeId: null,
  machineId: machine.id,
  serviceId: service.id,
  skillKey: skill.key,
  providerKey: skill.providerKey,
  executionMode: "native",
  startedAt: time,
  finishedAt: null,
  latencyMs: null,
};
const outcome: z.input<typeof outcomeSchema> = {
  id: "out_0123456789ab",
  status: "completed",
  taskId: task.id,
  runId: run.id,
  orderId: null,
  machineId: machine.id,
  serviceId: service.id,
  skillKey: skill.key,
  executionMode: "native",
  result: { rate_value: 1.08 },
  artifacts: [],
  errorMessage: null,
  externalRef: null,
  createdAt: time,
};

const item = <T>(value: T) => ({ item: value });
const list = <T>(value: T) => ({ items: [value] });

/** Operation id to the body of its success; null where there is none (204). */
export const marketFixtures: Readonly<Record<MarketOperationId, object | null>> = {
  createMachineIdentityChallenge: item(identityChallenge),
  listMachines: list(machine),
  createMachine: item({ ...machine, status: "draft" }),
  getMachine: item(machine),
  updateMachine: item(machine),
  archiveMachine: null,
  listAgentPairings: list(pairing),
  createAgentPairingChallenge: item(pairingChallenge),
  createAgentPairing: item(paired),
  createAgentPairingSession: item(paired),
  updateAgentPairing: item(pairing),
  revokeAgentPairing: null,
  getPairingAllowance: item(allowance),
  listMachineAgents: list(machineAgent),
  enrollMachineAgent: item(enrolledAgent),
  revokeMachineAgent: null,
  machineAgentHeartbeat: item(heartbeat),
  listRuntimeEndpoints: list(runtimeEndpoint),
  getRuntimeEndpoint: item(runtimeEndpoint),
  upsertRuntimeEndpoint: item(runtimeEndpoint),
  deleteRuntimeEndpoint: null,
  listSkills: list(skill),
  getSkill: item(skill),
  getSkillManifest: item(skillManifest),
  updateSkillConfig: item(skillConfig),
  listMarketServices: list(service),
  getMarketService: item(service),
  searchMarket: item(search),
  getMarketSearch: item(search),
  putCatalogue: catalogueChange,
  listMarketOrders: list(order),
  createMarketOrder: item(order),
  getMarketOrder: item(order),
  createPaymentIntent: item(payment),
  getMarketPayment: item(payment),
  submitPaymentProof: item(held),
  lockEscrowPayment: item(held),
  releasePayment: item({
    ...held,
    status: "released",
    release: { transactionHash: null, notes: null, at: time },
  }),
  refundPayment: item({
    ...held,
    status: "refunded",
    refund: { transactionHash: null, reason: "r", at: time },
  }),
  executeMarketOrder: executed,
  confirmMarketOrder: confirmed,
  disputeMarketOrder: disputed,
  createMarketOrders: {
    placed: 1,
    refused: 1,
    results: [
      { order, error: null },
      {
        order: null,
        error: {
          code: "AGENT_DAILY_LIMIT_EXCEEDED",
          message: "0.25 USDC is more than the 0.1 USD left of 5 USD for 2026-01-02 (UTC)",
          details: { limit: 5, remainingToday: 0.1 },
        },
      },
    ],
  },
  checkMarketOrder: orderCheck,
  cancelMarketOrder: item({ ...order, status: "cancelled", cancelledAt: time }),
  retryMarketOrder: item({ ...order, status: "ready", retryCount: 1 }),
  resolveMarketDispute: disputed,
  getHealth: health,
  getReadiness: readiness,
  listAuditEvents: list(auditEvent),
  listPolicies: list(policy),
  createPolicy: item(policy),
  updatePolicy: item(policy),
  getPolicy: item(policy),
  verifyAudit: auditVerification,
  listPlatformKeys: list(platformKey),
  createPlatformKey: item(newPlatformKey),
  rotatePlatformKey: item(newPlatformKey),
  revokePlatformKey: null,
  getMachineGraph: item({ machineId: machine.id, nodes: [node], edges: [edge] }),
  createGraphNode: item(node),
  updateGraphNode: item(node),
  deleteGraphNode: null,
  createGraphEdge: item(edge),
  updateGraphEdge: item(edge),
  deleteGraphEdge: null,
  listTasks: list(task),
  createTask: item(task),
  getTask: item(task),
  discoverTask: item(task),
  resolveTask: item(task),
  executeTask: item(task),
  listRoutes: list(route),
  getRoute: item(route),
  listRuns: list(run),
  getRun: item(run),
  listOutcomes: list(outcome),
  getOutcome: item(outcome),
};
