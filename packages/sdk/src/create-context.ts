import { Chain } from "./chain/chain.ts";
import { type ClientConfig, checkOptions, type PeaqosClientOptions } from "./config.ts";
import type { ClientContext } from "./context.ts";
import { PeaqosError } from "./errors/base.ts";
import { sharedTracker } from "./limits/limits.ts";

/** What the standalone functions need, from checked settings. */
export function contextOf(config: ClientConfig): ClientContext {
  const { chain: options } = config;
  return {
    get address() {
      if (options.account === undefined)
        throw new PeaqosError("This context has no signing account.", {
          code: "NO_SIGNER",
          hint: "Pass privateKey or account.",
        });
      return options.account.address;
    },
    contracts: options.contracts,
    operationalLimits: config.operationalLimits,
    chain: new Chain(options),
    api: config.api,
    orchestrationApi: config.orchestrationApi,
    tracker: sharedTracker(`${options.rpcUrl}|${options.contracts.eventRegistry.toLowerCase()}`),
  };
}

/**
 * A context for the standalone functions without the class, for services that only read or bring their own signer.
 * No I/O. Ours.
 *
 * @param options as for `PeaqosClient`; without `privateKey` and `account` it can only read.
 * @throws ValidationError.
 * @example
 * ```ts
 * import { createContext, machineIdOf } from "@peaqos/peaq-os-sdk/actions";
 * const context = createContext({ rpcUrl, contracts });
 * await machineIdOf(context, "0x00000000000000000000000000000000000000ff"); // 0n
 * ```
 */
export function createContext(options: PeaqosClientOptions): ClientContext {
  return contextOf(checkOptions(options, false));
}
