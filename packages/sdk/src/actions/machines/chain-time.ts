import type { ClientContext } from "../../context.ts";
import type { Address } from "../../types.ts";
import { checkAddress } from "../../validate/values.ts";

/**
 * The chain's clock, Unix seconds: the time the next block will at least have. The safe newest timestamp for an
 * event. Ours.
 *
 * @throws RpcError.
 * @example
 * ```ts
 * import { chainTime } from "@peaqos/peaq-os-sdk/actions";
 * const timestamp = await chainTime(client);
 * ```
 */
export function chainTime(client: ClientContext): Promise<bigint> {
  return client.chain.heads.time();
}

/**
 * The chain id of the endpoint. Ours.
 *
 * @throws RpcError, also `WRONG_CHAIN` when the client expects another one.
 * @example
 * ```ts
 * import { chainIdOf } from "@peaqos/peaq-os-sdk/actions";
 * await chainIdOf(client); // 33380 on the devnet
 * ```
 */
export function chainIdOf(client: ClientContext): Promise<number> {
  return client.chain.chainId();
}

/**
 * Native balance of an address, in wei. Ours.
 *
 * @throws ValidationError (`address`), RpcError.
 * @example
 * ```ts
 * import { balanceOf } from "@peaqos/peaq-os-sdk/actions";
 * const wei = await balanceOf(client, client.address);
 * ```
 */
export async function balanceOf(client: ClientContext, address: Address): Promise<bigint> {
  const account = checkAddress("address", address);
  return BigInt(await client.chain.rpc.request<string>("eth_getBalance", [account, "latest"]));
}
