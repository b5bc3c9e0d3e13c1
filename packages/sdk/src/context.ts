import type { Chain } from "./chain/chain.ts";
import type { HttpApi } from "./http/api.ts";
import type { EventRateTracker } from "./limits/limits.ts";
import type { Address, ContractAddresses, OperationalLimits } from "./types.ts";

/**
 * What the standalone functions work on. A `PeaqosClient` is one; `createContext` makes one without the class.
 */
export type ClientContext = {
  /** The signing account. */
  readonly address: Address;
  readonly contracts: ContractAddresses;
  readonly operationalLimits: OperationalLimits;
  /** Chain access. Not part of the stable surface. */
  readonly chain: Chain;
  /** Rating API access. Not part of the stable surface. */
  readonly api: HttpApi;
  /** Counts events for `operationalLimits`. Not part of the stable surface. */
  readonly tracker: EventRateTracker;
};
