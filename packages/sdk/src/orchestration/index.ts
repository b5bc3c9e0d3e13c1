/** The market's client: every operation as a function that takes the client first (`@peaqos/peaq-os-sdk/orchestration`). */

export {
  enrollMachineAgent,
  listMachineAgents,
  machineAgentHeartbeat,
  revokeMachineAgent,
} from "./agents.ts";
export type { OrchestrationContext } from "./api.ts";
export { buy } from "./buy.ts";
export type { BuyEvent, BuyParams, BuyStep, Purchase } from "./buy-run.ts";
export type { ItemResponse, ListQuery, ListResponse } from "./call.ts";
export * from "./constants.ts";
export {
  deleteRuntimeEndpoint,
  getRuntimeEndpoint,
  listRuntimeEndpoints,
  listRuntimeEndpointsAll,
  upsertRuntimeEndpoint,
} from "./endpoints.ts";
export * from "./error-codes.ts";
export * from "./errors.ts";
export {
  createGraphEdge,
  createGraphNode,
  deleteGraphEdge,
  deleteGraphNode,
  getMachineGraph,
  updateGraphEdge,
  updateGraphNode,
} from "./graph.ts";
export { type JournalRecord, memoryJournal, type PurchaseJournal } from "./journal.ts";
export { createPlatformKey, listPlatformKeys, revokePlatformKey, rotatePlatformKey } from "./keys.ts";
export {
  archiveMachine,
  createMachine,
  createMachineIdentityChallenge,
  getMachine,
  listMachines,
  listMachinesAll,
  updateMachine,
} from "./machines.ts";
export {
  getMarketSearch,
  getMarketService,
  listMarketServices,
  listMarketServicesAll,
  putCatalogue,
  searchMarket,
} from "./market.ts";
export { OrchestrationClient } from "./namespace.ts";
export {
  checkHealth,
  getHealth,
  getOutcome,
  getReadiness,
  getRoute,
  getRun,
  listAuditEvents,
  listOutcomes,
  listRoutes,
  listRuns,
  verifyAudit,
} from "./observability.ts";
export {
  cancelMarketOrder,
  checkMarketOrder,
  confirmMarketOrder,
  createMarketOrder,
  createMarketOrders,
  disputeMarketOrder,
  executeMarketOrder,
  getMarketOrder,
  listMarketOrders,
  listMarketOrdersAll,
  resolveMarketDispute,
  retryMarketOrder,
} from "./orders.ts";
export {
  createAgentPairing,
  createAgentPairingChallenge,
  createAgentPairingSession,
  getPairingAllowance,
  listAgentPairings,
  listAgentPairingsAll,
  revokeAgentPairing,
  updateAgentPairing,
} from "./pairings.ts";
export { type PayWithWalletOptions, payWithWallet } from "./pay-with-wallet.ts";
export { type Pay, type PaymentRequest, paymentRequestOf, type SpendLimit } from "./payment-request.ts";
export {
  createPaymentIntent,
  getMarketPayment,
  lockEscrowPayment,
  refundPayment,
  releasePayment,
  submitPaymentProof,
} from "./payments.ts";
export { createPolicy, getPolicy, listPolicies, updatePolicy } from "./policies.ts";
export { sanitizeBody } from "./redact.ts";
export { getSkill, getSkillManifest, listSkills, listSkillsAll, updateSkillConfig } from "./skills.ts";
export { createTask, discoverTask, executeTask, getTask, listTasks, resolveTask } from "./tasks.ts";
export type { RequestOptions } from "./transport.ts";
export type * from "./types.ts";
export { type WaitForOrderOptions, waitForOrder } from "./wait-for-order.ts";
