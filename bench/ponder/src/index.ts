import { ponder } from "ponder:registry";
import { machineEvent } from "ponder:schema";

ponder.on("EventRegistry:EventSubmitted", async ({ event, context }) => {
  // A record never changes once it is written, so Ponder may cache the read.
  const record = await context.client.readContract({
    abi: context.contracts.EventRegistry.abi,
    address: context.contracts.EventRegistry.address,
    functionName: "getEventAt",
    args: [event.args.machineId, event.args.eventIndex],
    cache: "immutable",
  });
  await context.db.insert(machineEvent).values({
    machineId: record.machineId,
    eventIndex: event.args.eventIndex,
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
