import { eventRegistryAbi } from "@peaqos/abi";
import { EVENT_MAX_METADATA_BYTES } from "../constants.ts";
import { RpcError } from "../errors/runtime.ts";
import type { Address, Hex } from "../types.ts";
import type { Chain } from "./chain.ts";

/** What a client has to know of the EventRegistry it talks to. */
export type RegistryInfo = {
  /** 2: `submitEvent` with a currency (ten arguments). 1: the older form with nine, still on agung. */
  readonly version: 1 | 2;
  readonly maxMetadataBytes: number;
  /** Most events one `getEvents` call returns. */
  readonly maxQueryLimit: number;
};

/** Where a proxy keeps its implementation's address (ERC-1967). */
const implementationSlot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
const submitEventV1 = "6b58c7dc";
const submitEventV2 = "e58a43ca";

/**
 * Looks at the EventRegistry once per client: is there one, does it serve the configured IdentityRegistry, and which
 * form of `submitEvent` does it have? A wrong form reverts without a reason, a wrong pair of registries accepts
 * events for another fleet's ids.
 *
 * @throws RpcError `NO_CONTRACT`, `REGISTRY_MISMATCH`, `UNSUPPORTED_REGISTRY`.
 */
export async function probeRegistry(chain: Chain): Promise<RegistryInfo> {
  const address = await chain.demandContract("eventRegistry");
  const ask = (functionName: string) =>
    chain
      .read<bigint | Address>({
        address,
        abi: eventRegistryAbi,
        functionName,
        doing: "look at the event registry",
      })
      .catch((error: unknown) => {
        if (error instanceof RpcError && error.retryable) throw error;
        return null;
      });
  const [identity, currencyLength, metadataSize, queryLimit] = await Promise.all([
    ask("identityRegistryAddress"),
    ask("CURRENCY_MAX_LEN"),
    ask("MAX_METADATA_SIZE"),
    ask("MAX_QUERY_LIMIT"),
  ]);
  const configured = chain.options.contracts.identityRegistry;
  if (typeof identity === "string" && identity.toLowerCase() !== configured.toLowerCase())
    throw new RpcError(
      `The event registry ${address} belongs to the identity registry ${identity}, but ${configured} is configured.`,
      {
        code: "REGISTRY_MISMATCH",
        args: [identity, configured],
        hint: "Take both addresses (IDENTITY_REGISTRY_ADDRESS, EVENT_REGISTRY_ADDRESS) from one deployment.",
      },
    );
  const limits = {
    maxMetadataBytes: typeof metadataSize === "bigint" ? Number(metadataSize) : EVENT_MAX_METADATA_BYTES,
    maxQueryLimit: typeof queryLimit === "bigint" && queryLimit > 0n ? Number(queryLimit) : 100,
  };
  if (typeof currencyLength === "bigint") return { version: 2, ...limits };
  const code = await implementationCode(chain, address);
  if (code.includes(submitEventV2)) return { version: 2, ...limits };
  if (code.includes(submitEventV1)) return { version: 1, ...limits };
  throw new RpcError(`The contract at ${address} has no submitEvent this client knows.`, {
    code: "UNSUPPORTED_REGISTRY",
    hint: "Check EVENT_REGISTRY_ADDRESS, or use a client of another version.",
  });
}

async function implementationCode(chain: Chain, address: Address): Promise<Hex> {
  const [own, slot] = await Promise.all([
    chain.codeAt(address),
    chain.rpc.request<Hex>("eth_getStorageAt", [address, implementationSlot, "latest"]),
  ]);
  const implementation: Address = `0x${slot.slice(-40)}`;
  return /^0x0*$/.test(slot) ? own : chain.codeAt(implementation);
}
