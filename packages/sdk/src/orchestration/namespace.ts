import * as agents from "./agents.ts";
import type { OrchestrationContext } from "./api.ts";
import { buy } from "./buy.ts";
import type { BuyParams } from "./buy-run.ts";
import type { ListQuery } from "./call.ts";
import * as endpoints from "./endpoints.ts";
import * as graph from "./graph.ts";
import * as keys from "./keys.ts";
import * as machines from "./machines.ts";
import * as market from "./market.ts";
import * as observability from "./observability.ts";
import * as orders from "./orders.ts";
import * as pairings from "./pairings.ts";
import * as payments from "./payments.ts";
import * as policies from "./policies.ts";
import * as skills from "./skills.ts";
import * as tasks from "./tasks.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  CatalogueRequest,
  CreateAgentPairingChallengeRequest,
  CreateAgentPairingRequest,
  CreateAgentPairingSessionRequest,
  CreateGraphEdgeRequest,
  CreateGraphNodeRequest,
  CreateMachineIdentityChallengeRequest,
  CreateMachineRequest,
  CreateMarketOrderRequest,
  CreateMarketOrdersRequest,
  CreatePaymentIntentRequest,
  CreatePlatformKeyRequest,
  CreatePolicyRequest,
  CreateTaskRequest,
  DisputeMarketOrderRequest,
  EnrollMachineAgentRequest,
  ExecuteMarketOrderRequest,
  GetMarketServiceOptions,
  ListAgentPairingsOptions,
  ListAuditEventsOptions,
  ListMarketOrdersOptions,
  ListMarketServicesOptions,
  ListRunsOptions,
  ListRuntimeEndpointsOptions,
  ListSkillsOptions,
  ListTasksOptions,
  LockEscrowPaymentRequest,
  MachineAgentHeartbeatRequest,
  MarketSearchRequest,
  ReasonRequest,
  RefundPaymentRequest,
  ReleasePaymentRequest,
  ResolveMarketDisputeRequest,
  ResolveTaskRequest,
  RotatePlatformKeyRequest,
  SubmitPaymentProofRequest,
  UpdateAgentPairingRequest,
  UpdateGraphEdgeRequest,
  UpdateGraphNodeRequest,
  UpdateMachineRequest,
  UpdatePolicyRequest,
  UpdateSkillConfigRequest,
  UpsertRuntimeEndpointRequest,
  VerifyAuditOptions,
} from "./types.ts";
import { type WaitForOrderOptions, waitForOrder } from "./wait-for-order.ts";

/**
 * `client.orchestration`: the market, one method per operation. Each is also a standalone function of
 * `@peaqos/peaq-os-sdk/orchestration` that takes the client first; the documentation of each is there. The last argument
 * of every method holds settings of the single call.
 *
 * Each write carries an `Idempotency-Key`; nothing is repeated unless `orchestrationMaxRetries` asks for it.
 *
 * @example
 * ```ts
 * import { PeaqosClient } from "@peaqos/peaq-os-sdk";
 * const peaqos = new PeaqosClient({ rpcUrl, privateKey, contracts, orchestrationUrl, apiKey });
 * const { items } = await peaqos.orchestration.listMachines({ limit: 20 });
 * ```
 */
export class OrchestrationClient {
  readonly #client: OrchestrationContext;

  constructor(client: OrchestrationContext) {
    this.#client = client;
  }

  // Machines
  createMachineIdentityChallenge(params: CreateMachineIdentityChallengeRequest, request?: RequestOptions) {
    return machines.createMachineIdentityChallenge(this.#client, params, request);
  }
  listMachines(options?: ListQuery, request?: RequestOptions) {
    return machines.listMachines(this.#client, options, request);
  }
  listMachinesAll(options?: Omit<ListQuery, "cursor">, request?: RequestOptions) {
    return machines.listMachinesAll(this.#client, options, request);
  }
  createMachine(params: CreateMachineRequest, request?: RequestOptions) {
    return machines.createMachine(this.#client, params, request);
  }
  getMachine(machineId: string, request?: RequestOptions) {
    return machines.getMachine(this.#client, machineId, request);
  }
  updateMachine(machineId: string, params: UpdateMachineRequest, request?: RequestOptions) {
    return machines.updateMachine(this.#client, machineId, params, request);
  }
  archiveMachine(machineId: string, request?: RequestOptions) {
    return machines.archiveMachine(this.#client, machineId, request);
  }

  // Agent pairings
  listAgentPairings(machineId: string, options?: ListAgentPairingsOptions, request?: RequestOptions) {
    return pairings.listAgentPairings(this.#client, machineId, options, request);
  }
  listAgentPairingsAll(
    machineId: string,
    options?: Omit<ListAgentPairingsOptions, "cursor">,
    request?: RequestOptions,
  ) {
    return pairings.listAgentPairingsAll(this.#client, machineId, options, request);
  }
  createAgentPairingChallenge(
    machineId: string,
    params: CreateAgentPairingChallengeRequest,
    request?: RequestOptions,
  ) {
    return pairings.createAgentPairingChallenge(this.#client, machineId, params, request);
  }
  createAgentPairing(machineId: string, params: CreateAgentPairingRequest, request?: RequestOptions) {
    return pairings.createAgentPairing(this.#client, machineId, params, request);
  }
  createAgentPairingSession(
    machineId: string,
    pairingId: string,
    params: CreateAgentPairingSessionRequest,
    request?: RequestOptions,
  ) {
    return pairings.createAgentPairingSession(this.#client, machineId, pairingId, params, request);
  }
  updateAgentPairing(
    machineId: string,
    pairingId: string,
    params: UpdateAgentPairingRequest,
    request?: RequestOptions,
  ) {
    return pairings.updateAgentPairing(this.#client, machineId, pairingId, params, request);
  }
  revokeAgentPairing(machineId: string, pairingId: string, request?: RequestOptions) {
    return pairings.revokeAgentPairing(this.#client, machineId, pairingId, request);
  }
  getPairingAllowance(machineId: string, pairingId: string, pairingToken?: string, request?: RequestOptions) {
    return pairings.getPairingAllowance(this.#client, machineId, pairingId, pairingToken, request);
  }

  // Machine agents
  listMachineAgents(machineId: string, request?: RequestOptions) {
    return agents.listMachineAgents(this.#client, machineId, request);
  }
  enrollMachineAgent(machineId: string, params?: EnrollMachineAgentRequest, request?: RequestOptions) {
    return agents.enrollMachineAgent(this.#client, machineId, params, request);
  }
  revokeMachineAgent(machineId: string, agentId: string, request?: RequestOptions) {
    return agents.revokeMachineAgent(this.#client, machineId, agentId, request);
  }
  machineAgentHeartbeat(params: MachineAgentHeartbeatRequest, request?: RequestOptions) {
    return agents.machineAgentHeartbeat(this.#client, params, request);
  }

  // Runtime endpoints
  listRuntimeEndpoints(machineId: string, options?: ListRuntimeEndpointsOptions, request?: RequestOptions) {
    return endpoints.listRuntimeEndpoints(this.#client, machineId, options, request);
  }
  listRuntimeEndpointsAll(
    machineId: string,
    options?: Omit<ListRuntimeEndpointsOptions, "cursor">,
    request?: RequestOptions,
  ) {
    return endpoints.listRuntimeEndpointsAll(this.#client, machineId, options, request);
  }
  getRuntimeEndpoint(machineId: string, providerKey: string, request?: RequestOptions) {
    return endpoints.getRuntimeEndpoint(this.#client, machineId, providerKey, request);
  }
  upsertRuntimeEndpoint(
    machineId: string,
    providerKey: string,
    params: UpsertRuntimeEndpointRequest,
    request?: RequestOptions,
  ) {
    return endpoints.upsertRuntimeEndpoint(this.#client, machineId, providerKey, params, request);
  }
  deleteRuntimeEndpoint(machineId: string, providerKey: string, request?: RequestOptions) {
    return endpoints.deleteRuntimeEndpoint(this.#client, machineId, providerKey, request);
  }

  // Skills
  listSkills(options?: ListSkillsOptions, request?: RequestOptions) {
    return skills.listSkills(this.#client, options, request);
  }
  listSkillsAll(options?: Omit<ListSkillsOptions, "cursor">, request?: RequestOptions) {
    return skills.listSkillsAll(this.#client, options, request);
  }
  getSkill(skillKey: string, request?: RequestOptions) {
    return skills.getSkill(this.#client, skillKey, request);
  }
  getSkillManifest(skillKey: string, request?: RequestOptions) {
    return skills.getSkillManifest(this.#client, skillKey, request);
  }
  updateSkillConfig(skillKey: string, params: UpdateSkillConfigRequest, request?: RequestOptions) {
    return skills.updateSkillConfig(this.#client, skillKey, params, request);
  }

  // Services and search
  listMarketServices(options?: ListMarketServicesOptions, request?: RequestOptions) {
    return market.listMarketServices(this.#client, options, request);
  }
  listMarketServicesAll(options?: Omit<ListMarketServicesOptions, "cursor">, request?: RequestOptions) {
    return market.listMarketServicesAll(this.#client, options, request);
  }
  getMarketService(serviceId: string, options?: GetMarketServiceOptions, request?: RequestOptions) {
    return market.getMarketService(this.#client, serviceId, options, request);
  }
  searchMarket(params: MarketSearchRequest, pairingToken: string, request?: RequestOptions) {
    return market.searchMarket(this.#client, params, pairingToken, request);
  }
  getMarketSearch(searchId: string, request?: RequestOptions) {
    return market.getMarketSearch(this.#client, searchId, request);
  }
  putCatalogue(params: CatalogueRequest, request?: RequestOptions) {
    return market.putCatalogue(this.#client, params, request);
  }

  // Orders
  listMarketOrders(options: ListMarketOrdersOptions, request?: RequestOptions) {
    return orders.listMarketOrders(this.#client, options, request);
  }
  listMarketOrdersAll(options: Omit<ListMarketOrdersOptions, "cursor">, request?: RequestOptions) {
    return orders.listMarketOrdersAll(this.#client, options, request);
  }
  createMarketOrder(params: CreateMarketOrderRequest, pairingToken: string, request?: RequestOptions) {
    return orders.createMarketOrder(this.#client, params, pairingToken, request);
  }
  getMarketOrder(orderId: string, request?: RequestOptions) {
    return orders.getMarketOrder(this.#client, orderId, request);
  }
  executeMarketOrder(
    orderId: string,
    params: ExecuteMarketOrderRequest,
    pairingToken: string,
    request?: RequestOptions,
  ) {
    return orders.executeMarketOrder(this.#client, orderId, params, pairingToken, request);
  }
  confirmMarketOrder(orderId: string, pairingToken: string, request?: RequestOptions) {
    return orders.confirmMarketOrder(this.#client, orderId, pairingToken, request);
  }
  disputeMarketOrder(
    orderId: string,
    params: DisputeMarketOrderRequest,
    pairingToken: string,
    request?: RequestOptions,
  ) {
    return orders.disputeMarketOrder(this.#client, orderId, params, pairingToken, request);
  }
  createMarketOrders(params: CreateMarketOrdersRequest, pairingToken: string, request?: RequestOptions) {
    return orders.createMarketOrders(this.#client, params, pairingToken, request);
  }
  checkMarketOrder(params: CreateMarketOrderRequest, pairingToken: string, request?: RequestOptions) {
    return orders.checkMarketOrder(this.#client, params, pairingToken, request);
  }
  cancelMarketOrder(
    orderId: string,
    params: ReasonRequest | undefined,
    pairingToken: string,
    request?: RequestOptions,
  ) {
    return orders.cancelMarketOrder(this.#client, orderId, params, pairingToken, request);
  }
  retryMarketOrder(
    orderId: string,
    params: ReasonRequest | undefined,
    pairingToken: string,
    request?: RequestOptions,
  ) {
    return orders.retryMarketOrder(this.#client, orderId, params, pairingToken, request);
  }
  resolveMarketDispute(orderId: string, params: ResolveMarketDisputeRequest, request?: RequestOptions) {
    return orders.resolveMarketDispute(this.#client, orderId, params, request);
  }

  waitForOrder(orderId: string, options?: WaitForOrderOptions) {
    return waitForOrder(this.#client, orderId, options);
  }
  buy(params: BuyParams) {
    return buy(this.#client, params);
  }

  // Payments
  createPaymentIntent(
    orderId: string,
    params: CreatePaymentIntentRequest,
    pairingToken: string,
    request?: RequestOptions,
  ) {
    return payments.createPaymentIntent(this.#client, orderId, params, pairingToken, request);
  }
  getMarketPayment(orderId: string, request?: RequestOptions) {
    return payments.getMarketPayment(this.#client, orderId, request);
  }
  submitPaymentProof(
    orderId: string,
    params: SubmitPaymentProofRequest,
    pairingToken: string,
    request?: RequestOptions,
  ) {
    return payments.submitPaymentProof(this.#client, orderId, params, pairingToken, request);
  }
  lockEscrowPayment(
    orderId: string,
    params: LockEscrowPaymentRequest,
    pairingToken: string,
    request?: RequestOptions,
  ) {
    return payments.lockEscrowPayment(this.#client, orderId, params, pairingToken, request);
  }
  releasePayment(
    orderId: string,
    params: ReleasePaymentRequest | undefined,
    pairingToken: string,
    request?: RequestOptions,
  ) {
    return payments.releasePayment(this.#client, orderId, params, pairingToken, request);
  }
  refundPayment(
    orderId: string,
    params: RefundPaymentRequest | undefined,
    pairingToken: string,
    request?: RequestOptions,
  ) {
    return payments.refundPayment(this.#client, orderId, params, pairingToken, request);
  }

  // Policies
  listPolicies(options?: ListQuery, request?: RequestOptions) {
    return policies.listPolicies(this.#client, options, request);
  }
  createPolicy(params: CreatePolicyRequest, request?: RequestOptions) {
    return policies.createPolicy(this.#client, params, request);
  }
  updatePolicy(policyId: string, params: UpdatePolicyRequest, request?: RequestOptions) {
    return policies.updatePolicy(this.#client, policyId, params, request);
  }
  getPolicy(policyId: string, request?: RequestOptions) {
    return policies.getPolicy(this.#client, policyId, request);
  }

  // Observability
  getHealth(request?: RequestOptions) {
    return observability.getHealth(this.#client, request);
  }
  checkHealth(request?: RequestOptions) {
    return observability.checkHealth(this.#client, request);
  }
  getReadiness(request?: RequestOptions) {
    return observability.getReadiness(this.#client, request);
  }
  listAuditEvents(options?: ListAuditEventsOptions, request?: RequestOptions) {
    return observability.listAuditEvents(this.#client, options, request);
  }
  verifyAudit(options?: VerifyAuditOptions, request?: RequestOptions) {
    return observability.verifyAudit(this.#client, options, request);
  }
  listRuns(options?: ListRunsOptions, request?: RequestOptions) {
    return observability.listRuns(this.#client, options, request);
  }
  getRun(runId: string, request?: RequestOptions) {
    return observability.getRun(this.#client, runId, request);
  }
  listRoutes(options?: ListRunsOptions, request?: RequestOptions) {
    return observability.listRoutes(this.#client, options, request);
  }
  getRoute(routeId: string, request?: RequestOptions) {
    return observability.getRoute(this.#client, routeId, request);
  }
  listOutcomes(options?: ListRunsOptions, request?: RequestOptions) {
    return observability.listOutcomes(this.#client, options, request);
  }
  getOutcome(outcomeId: string, request?: RequestOptions) {
    return observability.getOutcome(this.#client, outcomeId, request);
  }

  // Platform keys
  listPlatformKeys(options?: ListQuery, request?: RequestOptions) {
    return keys.listPlatformKeys(this.#client, options, request);
  }
  createPlatformKey(params: CreatePlatformKeyRequest, request?: RequestOptions) {
    return keys.createPlatformKey(this.#client, params, request);
  }
  rotatePlatformKey(keyId: string, params?: RotatePlatformKeyRequest, request?: RequestOptions) {
    return keys.rotatePlatformKey(this.#client, keyId, params, request);
  }
  revokePlatformKey(keyId: string, request?: RequestOptions) {
    return keys.revokePlatformKey(this.#client, keyId, request);
  }

  // Tasks
  listTasks(options?: ListTasksOptions, request?: RequestOptions) {
    return tasks.listTasks(this.#client, options, request);
  }
  createTask(params: CreateTaskRequest, request?: RequestOptions) {
    return tasks.createTask(this.#client, params, request);
  }
  getTask(taskId: string, request?: RequestOptions) {
    return tasks.getTask(this.#client, taskId, request);
  }
  discoverTask(taskId: string, request?: RequestOptions) {
    return tasks.discoverTask(this.#client, taskId, request);
  }
  resolveTask(taskId: string, params?: ResolveTaskRequest, request?: RequestOptions) {
    return tasks.resolveTask(this.#client, taskId, params, request);
  }
  executeTask(taskId: string, request?: RequestOptions) {
    return tasks.executeTask(this.#client, taskId, request);
  }

  // Graph
  getMachineGraph(machineId: string, request?: RequestOptions) {
    return graph.getMachineGraph(this.#client, machineId, request);
  }
  createGraphNode(machineId: string, params: CreateGraphNodeRequest, request?: RequestOptions) {
    return graph.createGraphNode(this.#client, machineId, params, request);
  }
  updateGraphNode(
    machineId: string,
    nodeId: string,
    params: UpdateGraphNodeRequest,
    request?: RequestOptions,
  ) {
    return graph.updateGraphNode(this.#client, machineId, nodeId, params, request);
  }
  deleteGraphNode(machineId: string, nodeId: string, request?: RequestOptions) {
    return graph.deleteGraphNode(this.#client, machineId, nodeId, request);
  }
  createGraphEdge(machineId: string, params: CreateGraphEdgeRequest, request?: RequestOptions) {
    return graph.createGraphEdge(this.#client, machineId, params, request);
  }
  updateGraphEdge(
    machineId: string,
    edgeId: string,
    params: UpdateGraphEdgeRequest,
    request?: RequestOptions,
  ) {
    return graph.updateGraphEdge(this.#client, machineId, edgeId, params, request);
  }
  deleteGraphEdge(machineId: string, edgeId: string, request?: RequestOptions) {
    return graph.deleteGraphEdge(this.#client, machineId, edgeId, request);
  }
}
