/** Every action as a function that takes a client (or `createContext`'s result) first (`@peaqos/peaq-os-sdk/actions`). */

export { findAttribute, readAttribute } from "./actions/did/read-attribute.ts";
export { planAttributes, writeAttributes } from "./actions/did/write-attributes.ts";
export { writeMachineDIDAttributes } from "./actions/did/write-machine-did-attributes.ts";
export { writeProxyDIDAttributes } from "./actions/did/write-proxy-did-attributes.ts";
export { batchSubmitEvents } from "./actions/events/batch-submit-events.ts";
export { getEventCount, getEvents } from "./actions/events/get-events.ts";
export { submitEvent } from "./actions/events/submit-event.ts";
export { submitEvents } from "./actions/events/submit-events.ts";
export { bondStatus } from "./actions/machines/bond-status.ts";
export { balanceOf, chainIdOf, chainTime } from "./actions/machines/chain-time.ts";
export { flagsOf } from "./actions/machines/flags-of.ts";
export { getMachine } from "./actions/machines/get-machine.ts";
export { machineIdOf } from "./actions/machines/machine-id-of.ts";
export { mintNft } from "./actions/nft/mint-nft.ts";
export { nftOf, tokenIdOf } from "./actions/nft/token-id-of.ts";
export { queryMachine } from "./actions/query/query-machine.ts";
export { queryMcr } from "./actions/query/query-mcr.ts";
export {
  queryMcrExplain,
  queryMcrHistory,
  queryMcrInputs,
  queryMcrInputsAll,
} from "./actions/query/query-mcr-details.ts";
export { queryOperatorMachines, queryOperatorMachinesAll } from "./actions/query/query-operator-machines.ts";
export { registerFor } from "./actions/registration/register-for.ts";
export { registerMachine } from "./actions/registration/register-machine.ts";
export type { ClientContext } from "./context.ts";
export { createContext } from "./create-context.ts";
