import { ponder } from "ponder:registry";
import { machineEvent } from "ponder:schema";
import { createPublicClient, http } from "viem";

/**
 * Records are read past `context.client`: it starts at 20 requests a second and raises that slowly, which would
 * measure its limiter. Pages are read ahead as our own follower does; a record never changes once it is written.
 */
const client = createPublicClient({ transport: http(process.env.BENCH_RPC_URL) });
const pages = new Map<string, Awaited<ReturnType<typeof readPage>>>();

function readPage(
  contract: { abi: typeof import("../ponder.config.ts").registryAbi; address: `0x${string}` },
  machineId: bigint,
  from: bigint,
) {
  return client.readContract({ ...contract, functionName: "getEvents", args: [machineId, from, 100n] });
}

ponder.on("EventRegistry:EventSubmitted", async ({ event, context }) => {
  const { machineId, eventIndex } = event.args;
  const { abi, address } = context.contracts.EventRegistry;
  const from = eventIndex - (eventIndex % 100n);
  const key = `${machineId}:${from}`;
  let page = pages.get(key);
  if (page === undefined || page.length <= Number(eventIndex - from)) {
    page = await readPage({ abi, address }, machineId, from);
    pages.set(key, page);
  }
  const record = page[Number(eventIndex - from)];
  if (record === undefined) throw new Error(`machine ${machineId} has no event ${eventIndex}`);
  await context.db.insert(machineEvent).values({
    machineId: record.machineId,
    eventIndex,
    eventType: record.eventType,
    value: record.value,
    currency: record.currency,
    timestamp: record.timestamp,
    trustLevel: record.trustLevel,
    sourceChainId: record.sourceChainId,
    sourceTxHash: record.sourceTxHash,
    dataHash: record.dataHash,
    metadata: record.metadata,
    blockNumber: event.block.number,
    recordedAt: event.block.timestamp,
    txHash: event.transaction.hash,
  });
});
