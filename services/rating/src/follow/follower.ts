import { setTimeout as delay } from "node:timers/promises";
import { type Database, RpcCallError, type RpcClient } from "@peaqos/service-kit";
import type { Logger } from "pino";
import type { Hex } from "viem";
import {
  bindToChain,
  type ChainHead,
  HeadMoved,
  readHead as readStoredHead,
  WrongChain,
} from "../db/head.ts";
import type { EvidenceChain } from "../evidence/transactions.ts";
import type { EvidencePolicy } from "../evidence/types.ts";
import { toRow } from "../verdicts/events.ts";
import { createSchedule, keepDeciding } from "../verdicts/retry.ts";
import { readAhead } from "./catch-up.ts";
import { type BlockHead, InconsistentAnswers, readHead } from "./consistency.ts";
import { type RangeReader, RangeTooLarge } from "./fetch-range.ts";
import { findGap } from "./gap.ts";
import { emitters, type FollowedContracts, quantity } from "./logs.ts";
import { createRangePreparer, type PreparedRange, type Prices } from "./prepare-range.ts";
import { createRangeSize } from "./range-size.ts";
import { commonAncestor, rollBack, storedBlocks } from "./rollback.ts";
import { writeRange } from "./write-range.ts";

/**
 * Follows the chain into the database, block range by block range. What it guarantees:
 * - a range is in the tables whole or not at all, together with the head that says so;
 * - logs, headers and records of a range are of one fork, or the range is read again;
 * - a reorganisation rolls back to the newest block both sides know, at any depth;
 * - the registry's own event count is compared near the head: logs a node left out are found and read again;
 * - any error ends in another attempt from the stored head, later each time.
 */

export type FollowerOptions = {
  readonly rpc: RpcClient;
  readonly database: Database<unknown>;
  readonly contracts: FollowedContracts;
  readonly chainId: number;
  readonly startBlock: number;
  readonly policy: EvidencePolicy;
  readonly prices: Prices;
  readonly evidenceChains: readonly EvidenceChain[];
  readonly pollMs: number;
  readonly logger: Logger;
  /** Wall clock in milliseconds. */
  readonly now: () => number;
  readonly onHead?: (head: ChainHead, chain: BlockHead) => void;
};

/** Nearer to the head than this a range is read exactly; further away blocks are taken as settled. */
const exactDepth = 16;
/** A node may lag behind others for so long; after that its shorter chain is the truth. */
const lagToleranceMs = 30_000;
const maxBackoffMs = 2_000;
/** Just after a block the next one is looked for this much sooner: blocks come in bursts. */
const burstFactor = 25;
/** Attempts before a wrong event count is taken as a gap of earlier ranges. */
const countAttempts = 5;

export type Follower = {
  /** Follows until `signal` aborts. @throws WrongChain when the database belongs to another chain. */
  run(signal: AbortSignal): Promise<void>;
};

export function createFollower(options: FollowerOptions): Follower {
  const { rpc, database, logger, now } = options;
  const reader: { -readonly [K in keyof RangeReader]: RangeReader[K] } = {
    rpc,
    allowed: emitters(options.contracts),
    identityRegistry: options.contracts.identityRegistry,
    eventRegistry: options.contracts.eventRegistry,
    recordsPerCall: 100,
    byHash: true,
  };
  const size = createRangeSize();
  let head: ChainHead;
  let reachedAt = 0;
  let movedAt = 0;
  let wrongCounts = 0;
  /** Events the registry counts but never logged (before the start block, for example). */
  let unlogged: number | null = null;

  const seconds = () => Math.floor(now() / 1_000);
  const schedule = createSchedule(options.evidenceChains, seconds);

  const prepare = createRangePreparer({ reader, ...options });

  async function bind(): Promise<void> {
    reachedAt = now();
    const chainId = quantity(await rpc.call("eth_chainId", []));
    head = await database.transaction((client) =>
      bindToChain(client, chainId, contractsText(options.contracts), options.startBlock),
    );
    if (chainId !== options.chainId)
      throw new InconsistentAnswers(`the RPC changed from chain ${options.chainId} to ${chainId}`);
    try {
      const limit = await rpc.call<string>("eth_call", [
        { to: options.contracts.eventRegistry, data: "0x23beb3dd" },
        "latest",
      ]);
      const most = Number(BigInt(limit === "0x" ? 0 : limit));
      if (most > 0) reader.recordsPerCall = Math.min(most, 100);
    } catch (error) {
      if (!(error instanceof RpcCallError)) throw error;
    }
  }

  /** @returns false when the range does not follow the stored head: the chain was reorganised. */
  async function store(prepared: PreparedRange, complete: boolean): Promise<boolean> {
    const { range, transactions } = prepared;
    if (head.hash !== null && range.heads[0]!.parentHash !== head.hash) return false;
    const { policy, prices } = options;
    const rows = () =>
      prices.version === prepared.priced
        ? prepared.rows
        : range.events.map((event) => toRow(event, prices.books));
    head = await database.transaction((client) =>
      writeRange(client, { head, range, rows, transactions, policy, complete, schedule }),
    );
    return true;
  }

  async function reorganise(below: number): Promise<void> {
    const load = (under: number, limit: number) =>
      database.withClient((client) => storedBlocks(client, under, limit));
    const ancestor = await commonAncestor(rpc, load, below);
    const before = head.number;
    head = await database.transaction((client) => rollBack(client, head, ancestor, options.startBlock));
    unlogged = null;
    logger.warn(
      { from: before, to: head.number, depth: before - head.number },
      "reorganisation: rolled back",
    );
  }

  /** Far from the head: blocks are taken as settled, and read ahead. */
  async function catchUp(last: number, signal: AbortSignal): Promise<void> {
    for await (const prepared of readAhead({
      size,
      read: (from, to) => prepare(from, to, false),
      first: head.number + 1,
      last,
    })) {
      if (signal.aborted) return;
      if (!(await store(prepared, false))) return await reorganise(head.number + 1);
    }
  }

  /** Compares with the registry's own count; finds what earlier answers left out. */
  async function countIsRight({ range, rows }: PreparedRange): Promise<boolean> {
    if (range.totalEvents === null) return true;
    const ours = head.events + rows.length;
    if (range.totalEvents === ours + (unlogged ?? 0)) {
      wrongCounts = 0;
      return true;
    }
    if (++wrongCounts < countAttempts)
      throw new InconsistentAnswers(`the registry counts ${range.totalEvents} events, the logs give ${ours}`);
    wrongCounts = 0;
    logger.error(
      { registry: range.totalEvents, ours },
      "events are missing: comparing all blocks with the node",
    );
    const intact = await findGap(reader, database, options.startBlock, head.number);
    if (intact === head.number) {
      unlogged = range.totalEvents - ours;
      logger.error({ unlogged }, "the registry counts events it never logged: going on without them");
      return true;
    }
    await reorganiseTo(intact);
    return false;
  }

  async function reorganiseTo(last: number): Promise<void> {
    const stored = await database.withClient((client) => storedBlocks(client, last + 1, 1));
    head = await database.transaction((client) =>
      rollBack(client, head, stored[0] ?? null, options.startBlock),
    );
  }

  /** @returns whether there may be more to do at once. */
  async function step(signal: AbortSignal): Promise<boolean> {
    const latest = readHead(await rpc.call("eth_getBlockByNumber", ["latest", false]));
    options.onHead?.(head, latest);
    if (latest.number <= head.number) return behind(latest);
    if (latest.number - head.number > exactDepth) {
      await catchUp(latest.number - exactDepth, signal);
      return true;
    }
    const prepared = await prepare(head.number + 1, latest.number, true);
    if (head.hash !== null && prepared.range.heads[0]!.parentHash !== head.hash) {
      await reorganise(head.number + 1);
      return true;
    }
    if (!(await countIsRight(prepared))) return true;
    await store(prepared, true);
    reachedAt = now();
    movedAt = reachedAt;
    return true;
  }

  async function behind(latest: BlockHead): Promise<boolean> {
    if (latest.number === head.number && latest.hash === head.hash) {
      if (!head.complete) await markComplete();
      reachedAt = now();
      return false;
    }
    const stored = await database.withClient((client) => storedBlocks(client, latest.number + 1, 1));
    const isOurs = stored[0]?.number === latest.number && stored[0].hash === latest.hash;
    // The same chain, only shorter: a node that lags, unless it stays so.
    if (isOurs && now() - reachedAt < lagToleranceMs) return false;
    await reorganise(latest.number + 1);
    return true;
  }

  async function markComplete(): Promise<void> {
    await database.pool.query("update chain_head set complete = true where id = 1");
    head = { ...head, complete: true };
  }

  /** Reads what is stored: another process may have written, or our last write may have failed half-way. */
  async function refresh(): Promise<void> {
    head = (await database.withClient((client) => readStoredHead(client))) ?? head;
  }

  async function follow(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let bound = false;
    while (!signal.aborted) {
      try {
        if (!bound) await bind();
        bound = true;
        const more = await step(signal);
        failures = 0;
        if (!more) await delay(pollDelay(now() - movedAt, options.pollMs), undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof WrongChain) throw error;
        if (isRefusedHash(error) && reader.byHash && failures > 2) {
          reader.byHash = false;
          logger.warn("the node does not take block hashes in calls: reading by number");
        }
        failures += 1;
        const wait =
          error instanceof RangeTooLarge || error instanceof HeadMoved
            ? 0
            : backoff(failures, options.pollMs);
        logger[failures % 20 === 3 ? "warn" : "debug"](
          { err: error, failures, wait },
          "following failed, trying again",
        );
        await delay(wait, undefined, { signal }).catch(() => undefined);
        await refresh().catch(() => undefined);
      }
    }
  }

  return {
    async run(signal) {
      const { policy, evidenceChains: chains } = options;
      await Promise.all([
        follow(signal),
        // Beside the following: a slow evidence chain must not hold up new blocks.
        keepDeciding({ database, policy, chains, now: seconds, logger }, signal),
      ]);
    },
  };
}

/** Invalid parameters, as JSON-RPC numbers it. */
function isRefusedHash(error: unknown): boolean {
  return error instanceof RpcCallError && (error.code === -32602 || error.code === -32600);
}

/** A tenth of the time since the last block, within bounds: soon after a block, rarely when nothing happens. */
function pollDelay(sinceBlock: number, pollMs: number): number {
  return Math.min(pollMs, Math.max(pollMs / burstFactor, sinceBlock / 10));
}

function backoff(failures: number, pollMs: number): number {
  return Math.min(maxBackoffMs, Math.max(20, pollMs) * 2 ** Math.min(failures - 1, 8));
}

/** How a database remembers its contracts. */
export function contractsText(contracts: FollowedContracts): string {
  const { identityRegistry, identityStaking, eventRegistry, machineNft, didRegistry, adminFlags } = contracts;
  return [
    identityRegistry,
    identityStaking,
    eventRegistry,
    machineNft,
    didRegistry,
    adminFlags ?? ("none" as Hex),
  ].join(" ");
}
