import { onchainTable, primaryKey } from "ponder";

export const machineEvent = onchainTable(
  "machine_event",
  (t) => ({
    machineId: t.bigint().notNull(),
    eventIndex: t.bigint().notNull(),
    eventType: t.integer().notNull(),
    value: t.bigint().notNull(),
    currency: t.text().notNull(),
    timestamp: t.bigint().notNull(),
    trustLevel: t.integer().notNull(),
    sourceChainId: t.bigint().notNull(),
    sourceTxHash: t.hex().notNull(),
    dataHash: t.hex().notNull(),
    metadata: t.hex().notNull(),
    blockNumber: t.bigint().notNull(),
    recordedAt: t.bigint().notNull(),
    txHash: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.machineId, table.eventIndex] }) }),
);
