import type {
  ExecutionMode,
  MarketPaymentRailType,
  MarketRequest,
  ServiceType,
  SkillDirection,
  SkillScope,
  SkillSource,
} from "@peaqos/protocol/market";
import type { AnswerOf, ItemResponse, ListQuery } from "./call.ts";

/** Shapes of the market, from the wire's own schemas. Money is in the currency named beside it. */

export type { ExecutionMode, MarketPaymentRailType, ServiceType, SkillDirection, SkillScope, SkillSource };

export type Machine = AnswerOf<"getMachine">;
export type CreateMachineRequest = MarketRequest<"createMachine">;
export type UpdateMachineRequest = MarketRequest<"updateMachine">;
export type CreateMachineIdentityChallengeRequest = MarketRequest<"createMachineIdentityChallenge">;
export type MachineIdentityChallengeResponse = AnswerOf<"createMachineIdentityChallenge">;
/** `{ challengeId, signature }`: the signed identity challenge. */
export type MachineIdentityProofInput = NonNullable<CreateMachineRequest["identityProof"]>;

export type AgentPairing = AnswerOf<"updateAgentPairing">;
export type ListAgentPairingsOptions = ListQuery;
export type CreateAgentPairingChallengeRequest = MarketRequest<"createAgentPairingChallenge">;
export type AgentPairingChallengeResponse = AnswerOf<"createAgentPairingChallenge">;
/** `{ challengeId, signature }`: the signed pairing challenge. */
export type AgentPairingProof = NonNullable<MarketRequest<"createAgentPairing">["agentProof"]>;
export type CreateAgentPairingRequest = MarketRequest<"createAgentPairing"> & {
  readonly agentProof: AgentPairingProof;
};
export type CreateAgentPairingSessionRequest = { readonly agentProof: AgentPairingProof };
export type PairingAllowance = AnswerOf<"getPairingAllowance">;
export type UpdateAgentPairingRequest = MarketRequest<"updateAgentPairing">;

export type MachineAgent = AnswerOf<"listMachineAgents">;
export type EnrollMachineAgentRequest = MarketRequest<"enrollMachineAgent">;
export type MachineAgentHeartbeatRequest = MarketRequest<"machineAgentHeartbeat"> & {
  readonly agentToken: string;
};
export type MachineAgentHeartbeat = AnswerOf<"machineAgentHeartbeat">;
export type MachineAgentHeartbeatResponse = MachineAgentHeartbeat & ItemResponse<MachineAgentHeartbeat>;

export type RuntimeEndpoint = AnswerOf<"getRuntimeEndpoint">;
export type ListRuntimeEndpointsOptions = ListQuery;
export type UpsertRuntimeEndpointRequest = MarketRequest<"upsertRuntimeEndpoint">;

export type SkillSummary = AnswerOf<"getSkill">;
export type SkillManifest = AnswerOf<"getSkillManifest">;
export type SkillConfigResponse = AnswerOf<"updateSkillConfig">;
export type UpdateSkillConfigRequest = MarketRequest<"updateSkillConfig">;
export type ListSkillsOptions = ListQuery & {
  readonly scope?: SkillScope | undefined;
  readonly direction?: SkillDirection | undefined;
  readonly source?: SkillSource | undefined;
};

export type MarketService = AnswerOf<"getMarketService">;
export type ListMarketServicesOptions = ListQuery & {
  readonly machineId?: string | undefined;
  readonly serviceType?: ServiceType | undefined;
  readonly executionMode?: ExecutionMode | undefined;
  readonly providerKey?: string | undefined;
};
export type GetMarketServiceOptions = { readonly machineId?: string | undefined };
export type CatalogueRequest = MarketRequest<"putCatalogue">;
export type CatalogueService = CatalogueRequest["services"][number];
export type CatalogueChange = AnswerOf<"putCatalogue">;
export type MarketSearchRequest = MarketRequest<"searchMarket">;
export type MarketSearch = AnswerOf<"getMarketSearch">;
export type MarketQuote = MarketSearch["quotes"][number];
/** Credentials by provider key; redacted before anything is kept. */
export type ProviderCredentials = NonNullable<MarketSearchRequest["providerCredentials"]>;

export type MarketOrder = AnswerOf<"getMarketOrder">;
export type ListMarketOrdersOptions = ListQuery & { readonly machineId: string };
export type CreateMarketOrderRequest = MarketRequest<"createMarketOrder">;
export type CreateMarketOrdersRequest = MarketRequest<"createMarketOrders">;
export type ExecuteMarketOrderRequest = MarketRequest<"executeMarketOrder">;
/** Whether an order would pass, rule by rule. */
export type MarketOrderCheck = AnswerOf<"checkMarketOrder">;
export type PlacedMarketOrders = AnswerOf<"createMarketOrders">;
/** Native (`statusCode` 200) or handed off (202). */
export type ExecuteMarketOrderResponse = Discriminated<AnswerOf<"executeMarketOrder">>;
export type ConfirmMarketOrderResponse = AnswerOf<"confirmMarketOrder">;
export type DisputeMarketOrderRequest = MarketRequest<"disputeMarketOrder">;
export type DisputeMarketOrderResponse = AnswerOf<"disputeMarketOrder">;
export type ReasonRequest = MarketRequest<"cancelMarketOrder">;
export type ResolveMarketDisputeRequest = MarketRequest<"resolveMarketDispute">;

/** One `execution` that is told apart by its statusCode, instead of two whole answers. */
type Discriminated<T extends { readonly order: unknown; readonly execution: unknown }> = {
  readonly order: T["order"];
  readonly execution: T["execution"];
};

export type MarketPayment = AnswerOf<"createPaymentIntent">;
export type CreatePaymentIntentRequest = MarketRequest<"createPaymentIntent">;
export type SubmitPaymentProofRequest = MarketRequest<"submitPaymentProof">;
export type LockEscrowPaymentRequest = MarketRequest<"lockEscrowPayment">;
export type ReleasePaymentRequest = MarketRequest<"releasePayment">;
export type RefundPaymentRequest = MarketRequest<"refundPayment">;

export type Policy = AnswerOf<"getPolicy">;
export type CreatePolicyRequest = MarketRequest<"createPolicy">;
export type UpdatePolicyRequest = MarketRequest<"updatePolicy">;

export type HealthResponse = AnswerOf<"getHealth">;
export type ReadinessResponse = AnswerOf<"getReadiness">;
export type AuditEvent = AnswerOf<"listAuditEvents">;
export type ListAuditEventsOptions = {
  readonly machineId?: string | undefined;
  readonly resourceType?: string | undefined;
  readonly limit?: number | undefined;
};

export type AuditVerification = AnswerOf<"verifyAudit">;
export type VerifyAuditOptions = { readonly machineId?: string | undefined };

export type PlatformKey = AnswerOf<"listPlatformKeys">;
/** The answer of create and rotate: with `key`, once. */
export type NewPlatformKey = AnswerOf<"createPlatformKey">;
export type CreatePlatformKeyRequest = MarketRequest<"createPlatformKey">;
export type RotatePlatformKeyRequest = MarketRequest<"rotatePlatformKey">;

export type Run = AnswerOf<"getRun">;
export type Route = AnswerOf<"getRoute">;
export type Outcome = AnswerOf<"getOutcome">;
export type ListRunsOptions = ListQuery & {
  readonly machineId?: string | undefined;
  readonly taskId?: string | undefined;
};

export type Task = AnswerOf<"getTask">;
export type CreateTaskRequest = MarketRequest<"createTask">;
export type ResolveTaskRequest = MarketRequest<"resolveTask">;
export type ListTasksOptions = ListQuery & { readonly machineId?: string | undefined };

export type MachineGraph = AnswerOf<"getMachineGraph">;
export type GraphNode = AnswerOf<"createGraphNode">;
export type CreateGraphNodeRequest = MarketRequest<"createGraphNode">;
export type UpdateGraphNodeRequest = MarketRequest<"updateGraphNode">;
export type GraphEdge = AnswerOf<"createGraphEdge">;
export type CreateGraphEdgeRequest = MarketRequest<"createGraphEdge">;
export type UpdateGraphEdgeRequest = MarketRequest<"updateGraphEdge">;
