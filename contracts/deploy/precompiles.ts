import type { Address, Hex } from "viem";
import { numberToHex, pad } from "viem";
import { loadArtifact } from "./artifacts.ts";

/** A node-administration call (`anvil_setCode`, ...). */
export type RpcAdmin = (method: string, params: unknown[]) => Promise<unknown>;

/** DID precompile. */
export const DID_PRECOMPILE: Address = "0x0000000000000000000000000000000000000800";
/** Batch precompile. */
export const BATCH_PRECOMPILE: Address = "0x0000000000000000000000000000000000000805";
/** Where the development network keeps the code that it lends to accounts for a batch; fixed in BatchPrecompile.sol. */
export const BATCH_EXECUTOR: Address = "0x0000000000000000000000000000000000007702";

/** Puts the stand-ins for peaq's precompiles in place: what no transaction can do on a plain EVM node. */
export async function installPrecompiles(rpcAdmin: RpcAdmin): Promise<void> {
  await Promise.all([
    rpcAdmin("anvil_setCode", [DID_PRECOMPILE, loadArtifact("DIDPrecompile").deployedBytecode]),
    rpcAdmin("anvil_setCode", [BATCH_PRECOMPILE, loadArtifact("BatchPrecompile").deployedBytecode]),
    rpcAdmin("anvil_setCode", [BATCH_EXECUTOR, loadArtifact("BatchExecutor").deployedBytecode]),
  ]);
}

/**
 * Who may add DID attributes on the development network: only the account itself (the default), or anybody, which is
 * what the chain's own source does.
 */
export async function letAnybodyAddAttributes(rpcAdmin: RpcAdmin, allowed: boolean): Promise<void> {
  const word = (value: bigint): Hex => pad(numberToHex(value), { size: 32 });
  await rpcAdmin("anvil_setStorageAt", [DID_PRECOMPILE, word(0n), word(allowed ? 1n : 0n)]);
}
