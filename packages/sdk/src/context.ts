import type { Chain } from "./chain/chain.ts";
import type { HttpApi } from "./http/api.ts";
import type { EventRateTracker } from "./limits/limits.ts";
import type { OrchestrationApi } from "./orchestration/api.ts";
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
  /** Market access; null where no `orchestrationUrl` is set. Not part of the stable surface. */
  readonly orchestrationApi: OrchestrationApi | null;
  /** Counts events for `operationalLimits`. Not part of the stable surface. */
  readonly tracker: EventRateTracker;
};
