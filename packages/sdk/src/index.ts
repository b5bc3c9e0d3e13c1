/**
 * peaqOS SDK: machine identity, events and ratings. This entry is safe in browsers.
 *
 * Sub-paths: `./actions` (every function, without the class), `./did` (reading and writing single DID attributes),
 * `./orchestration` (the market's functions), `./errors`, `./node` (what needs Node).
 */

export {
  type WriteMachineDIDOptions,
  writeMachineDIDAttributes,
} from "./actions/did/write-machine-did-attributes.ts";
export {
  type WriteProxyDIDOptions,
  writeProxyDIDAttributes,
} from "./actions/did/write-proxy-did-attributes.ts";
export { batchSubmitEvents } from "./actions/events/batch-submit-events.ts";
export {
  type GetEventsOptions,
  getEventCount,
  getEvents,
  type MachineEvent,
} from "./actions/events/get-events.ts";
export { submitEvent } from "./actions/events/submit-event.ts";
export {
  type SubmitEventsOptions,
  type SubmitEventsResult,
  submitEvents,
} from "./actions/events/submit-events.ts";
export { type BondStatus, bondStatus } from "./actions/machines/bond-status.ts";
export { balanceOf, chainIdOf, chainTime } from "./actions/machines/chain-time.ts";
export { flagsOf, type MachineFlags } from "./actions/machines/flags-of.ts";
export { getMachine, type Machine } from "./actions/machines/get-machine.ts";
export { machineIdOf } from "./actions/machines/machine-id-of.ts";
export { mintNft } from "./actions/nft/mint-nft.ts";
export { type MachineNft, nftOf, tokenIdOf } from "./actions/nft/token-id-of.ts";
export { queryMachine } from "./actions/query/query-machine.ts";
export { queryMcr } from "./actions/query/query-mcr.ts";
export {
  type ExplainOptions,
  type HistoryOptions,
  type InputsOptions,
  queryMcrExplain,
  queryMcrHistory,
  queryMcrInputs,
  queryMcrInputsAll,
} from "./actions/query/query-mcr-details.ts";
export {
  type PageOptions,
  queryOperatorMachines,
  queryOperatorMachinesAll,
} from "./actions/query/query-operator-machines.ts";
export type * from "./actions/query/types.ts";
export type { RegisterOptions } from "./actions/registration/register.ts";
export { registerFor } from "./actions/registration/register-for.ts";
export { registerMachine } from "./actions/registration/register-machine.ts";
export { PeaqosClient } from "./client.ts";
export { computeDataHash } from "./codec/data-hash.ts";
export type { PeaqosClientOptions } from "./config.ts";
export * from "./constants.ts";
export type { ClientContext } from "./context.ts";
export { createContext } from "./create-context.ts";
export * from "./errors/index.ts";
export { type CaseOptions, camelToSnakeKey, snakeToCamelKey, toCamelCase, toSnakeCase } from "./http/case.ts";
export { generateKeypair } from "./keypair.ts";
export { checkOperationalLimits, EventRateTracker } from "./limits/limits.ts";
export type { OrchestrationContext } from "./orchestration/api.ts";
export type { ItemResponse, ListQuery, ListResponse } from "./orchestration/call.ts";
export * from "./orchestration/constants.ts";
export * from "./orchestration/error-codes.ts";
export { OrchestrationClient } from "./orchestration/namespace.ts";
export type { RequestOptions } from "./orchestration/transport.ts";
// `Machine` here is the chain's; the market's own is `MarketMachine`.
export type * from "./orchestration/types.ts";
export type { Machine as MarketMachine } from "./orchestration/types.ts";
export type * from "./types.ts";
export {
  addressFromDid,
  type DataVisibility,
  didOf,
  type MachineDIDAttributes,
  type ProxyDIDAttributes,
  validateMachineDIDAttributes,
  validateProxyDIDAttributes,
} from "./validate/did.ts";
export { type EventRules, validateSubmitEventParams } from "./validate/event.ts";
export { SDK_VERSION } from "./version.ts";
