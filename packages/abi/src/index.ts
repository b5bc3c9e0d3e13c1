/** Typed ABIs, revert names with hints, and public networks of peaqOS. Data only: no dependency, no I/O. */
export type { Address } from "./address.ts";
export { adminFlagsAbi } from "./generated/adminFlagsAbi.ts";
export { batchAbi } from "./generated/batchAbi.ts";
export { didAbi } from "./generated/didAbi.ts";
export { eventRegistryAbi } from "./generated/eventRegistryAbi.ts";
export { eventRegistryV1Abi } from "./generated/eventRegistryV1Abi.ts";
export { identityRegistryAbi } from "./generated/identityRegistryAbi.ts";
export { identityStakingAbi } from "./generated/identityStakingAbi.ts";
export { machineAccountFactoryAbi } from "./generated/machineAccountFactoryAbi.ts";
export { machineNftAbi } from "./generated/machineNftAbi.ts";
export { machineNftAdapterAbi } from "./generated/machineNftAdapterAbi.ts";
export { machineNftBaseAbi } from "./generated/machineNftBaseAbi.ts";
export { machineSmartAccountAbi } from "./generated/machineSmartAccountAbi.ts";
export { testUsdcAbi } from "./generated/testUsdcAbi.ts";
export { testUsdtAbi } from "./generated/testUsdtAbi.ts";
export { wpeaqAbi } from "./generated/wpeaqAbi.ts";
export {
  BATCH_PRECOMPILE,
  type ContractAddresses,
  DID_PRECOMPILE,
  type NetworkName,
  type NetworkPreset,
  networks,
  WPEAQ_PRECOMPILE,
} from "./networks.ts";
export { type RevertHint, type RevertName, revertHints } from "./revert-hints.ts";
