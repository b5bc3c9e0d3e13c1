import { eventRegistryAbi } from "@peaqos/abi";
import { viemChain } from "@peaqos/devnet";
import { createPublicClient, type Hex, http, type PublicClient } from "viem";
import type { Running } from "./devnet.ts";

/** The chain as the demo reads it. */
export function readerOf(running: Running): PublicClient {
  const chain = viemChain({ chainId: running.file.chain_id, url: running.file.urls.rpc });
  return createPublicClient({ chain, transport: http(running.file.urls.rpc), cacheTime: 0 });
}

/** Transactions after a block that stored events, with how many each stored. */
export async function eventTransactions(
  running: Running,
  after: bigint,
): Promise<{ hash: Hex; events: number }[]> {
  const reader = readerOf(running);
  // A node refuses logs from a block it does not have yet.
  if ((await reader.getBlockNumber()) <= after) return [];
  const logs = await reader.getContractEvents({
    address: running.file.contracts.eventRegistry,
    abi: eventRegistryAbi,
    eventName: "EventSubmitted",
    fromBlock: after + 1n,
  });
  const counts = new Map<Hex, number>();
  for (const { transactionHash } of logs) counts.set(transactionHash, (counts.get(transactionHash) ?? 0) + 1);
  return [...counts].map(([hash, events]) => ({ hash, events }));
}
