import { setTimeout as delay } from "node:timers/promises";
import type { EventRow } from "../db/events.ts";
import { type EvidenceChain, fetchTransactions } from "../evidence/transactions.ts";
import type { EvidencePolicy, TransactionFact } from "../evidence/types.ts";
import type { RateBook } from "../fx/types.ts";
import { toEvidenceEvent, toRow } from "../verdicts/events.ts";
import { fetchRange, type RangeData, type RangeReader } from "./fetch-range.ts";

/** A range with everything its write needs from outside: records, dollars, source transactions of its claims. */
export type PreparedRange = {
  readonly range: RangeData;
  readonly rows: readonly EventRow[];
  /** `Prices.version` the rows were priced with. */
  readonly priced: number;
  readonly transactions: ReadonlyMap<string, TransactionFact>;
};

/** Exchange rates that can become better while the service runs. */
export type Prices = {
  readonly books: readonly RateBook[];
  /** Grows with every change of the books. */
  readonly version: number;
};

/** How long new blocks, and old ones, wait for source transactions; what comes later is decided later. */
const budgetMs = { exact: 1_500, settled: 15_000 } as const;

export function createRangePreparer(options: {
  readonly reader: RangeReader;
  readonly prices: Prices;
  readonly evidenceChains: readonly EvidenceChain[];
  readonly policy: EvidencePolicy;
}): (from: number, to: number, exact: boolean) => Promise<PreparedRange> {
  async function transactionsOf(
    rows: readonly EventRow[],
    wait: number,
  ): Promise<PreparedRange["transactions"]> {
    const claims = rows.filter((row) => row.trustClaimed > 0);
    if (claims.length === 0) return new Map();
    const late = new AbortController();
    try {
      return await Promise.race([
        fetchTransactions(
          claims.map((row) => toEvidenceEvent(row, new Map())),
          options.evidenceChains,
          options.policy,
        ),
        delay(wait, new Map<string, TransactionFact>(), { signal: late.signal }),
      ]);
    } finally {
      late.abort();
    }
  }

  return async (from, to, exact) => {
    const range = await fetchRange(options.reader, from, to, exact);
    const { books, version } = options.prices;
    const rows = range.events.map((event) => toRow(event, books));
    return {
      range,
      rows,
      priced: version,
      transactions: await transactionsOf(rows, exact ? budgetMs.exact : budgetMs.settled),
    };
  };
}
