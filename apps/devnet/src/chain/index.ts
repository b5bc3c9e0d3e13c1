import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address, Hex } from "viem";
import { adminCall } from "./admin.ts";
import { startAnvil } from "./anvil.ts";
import { ChainClock } from "./clock.ts";
import { sendRaw, startGateway } from "./gateway.ts";
import type { DiskWrite, JournalEntry } from "./journal.ts";
import { BlockProducer } from "./producer.ts";
import type { Settings } from "./recovery.ts";
import { restore } from "./recovery.ts";
import { ChainStore } from "./store.ts";

export type ChainOptions = {
  /** Where the chain is kept; absent: a temporary chain that is gone after `stop`. */
  dataDir?: string;
  /** Port of the endpoint; 0 or absent: any free one. */
  port?: number;
  /** Default 33380: nothing signed for it can be replayed on a real chain. */
  chainId?: number;
  /** Time of block 0 in seconds. Default: now. Only the first start of a data directory looks at it. */
  genesisTime?: number;
  /** Keep every block on disk before it is acknowledged. Default: true with a data directory. */
  journal?: boolean;
  /** Where the node writes its messages. Default: in the data directory. */
  logFile?: string;
  /** Secret that opens node-admin methods over HTTP. Default: random. */
  adminFlag?: string;
  /** Wall clock in milliseconds; tests put their own in. */
  wallClock?: () => number;
  /** How the journal and the snapshots are written; tests put a full disk in its place. */
  diskWrite?: DiskWrite;
  /** Told once when the chain cannot go on (node gone, disk full). */
  onFailure?: (error: Error) => void;
};

export type Chain = {
  /** JSON-RPC endpoint (the gateway's). */
  url: string;
  port: number;
  chainId: number;
  /** Value of the x-peaqos-admin header that opens node-admin methods over HTTP. */
  adminFlag: string;
  /** Process id of the node. */
  pid: number;
  /** True when this start made the chain, false when it was there before. */
  fresh: boolean;
  /** Sends a signed transaction; resolves with its hash when it is in a block. */
  send(raw: Hex): Promise<Hex>;
  /** Any JSON-RPC method, node-admin methods too, without HTTP. Signed transactions go through `send`. */
  admin<T = unknown>(method: string, params?: readonly unknown[]): Promise<T>;
  /** The contract whose code senders of batches get for the length of their call (see batch-precompile.ts). */
  setBatchExecutor(address: Address): Promise<void>;
  /** The chain's time now, in seconds. */
  now(): number;
  /** Writes the whole state to disk, so that the next start has nothing to replay. */
  save(): Promise<void>;
  /** Resolves when the node ended, wanted or not. */
  exited: Promise<void>;
  stop(): Promise<void>;
};

/**
 * A development chain: Anvil behind a gateway that makes the blocks, keeps them on disk and stands in for peaq's batch
 * precompile.
 *
 * @example
 * const chain = await startChain({});
 * const client = createPublicClient({ transport: http(chain.url) });
 * await chain.stop();
 */
export async function startChain(options: ChainOptions = {}): Promise<Chain> {
  const durable = options.dataDir !== undefined && options.journal !== false;
  const directory = options.dataDir ?? mkdtempSync(join(tmpdir(), "peaqos-chain-"));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const wall = options.wallClock ?? Date.now;
  const chainId = options.chainId ?? 33380;
  const store = durable ? ChainStore.open(directory, options.diskWrite) : undefined;
  const genesis = store?.genesis(chainId, options.genesisTime ?? Math.floor(wall() / 1000)) ?? {
    chainId,
    time: options.genesisTime ?? Math.floor(wall() / 1000),
    fresh: true,
  };

  let stopping = false;
  const adminFlag = options.adminFlag ?? randomBytes(16).toString("hex");
  const fatal = (cause: unknown): Error => {
    const reason = isDiskFull(cause)
      ? `the disk of ${directory} is full (${cause.message}). Make room and start again: every acknowledged block is kept.`
      : cause instanceof Error
        ? cause.message
        : String(cause);
    const error = new Error(`the chain has stopped taking transactions: ${reason}`, { cause });
    if (!stopping) options.onFailure?.(error);
    return error;
  };

  const logFile = options.logFile ?? join(directory, "anvil.log");
  const anvil = await startAnvil({ chainId, genesisTime: genesis.time, logFile });
  const { upstream } = anvil;
  // What the node did and the disk did not take cannot be undone: the chain is over until the next start.
  const persist = async (...entries: JournalEntry[]) => {
    // After an entry that is missing none may follow: the files would tell of another chain.
    if (producer.failed) throw producer.failed;
    try {
      await store?.append(entries);
    } catch (cause) {
      throw producer.fail(cause);
    }
  };
  const clock = new ChainClock(wall, genesis.time - Math.floor(wall() / 1000));
  const producer = new BlockProducer({
    upstream,
    clock,
    head: { number: 0, hash: "0x", time: genesis.time },
    persist,
    fatal,
  });
  const settings: Settings = [];
  const admin = <T>(method: string, params: readonly unknown[] = []): Promise<T> =>
    adminCall({ upstream, producer, clock, durable, settings, persist }, method, [...params]) as Promise<T>;
  const snapshot = async () => {
    // The node may have done what the disk did not take: the files are the chain, not its state.
    if (!store?.dirty || producer.failed) return;
    // A node that is loaded before its first block gives that block another base fee than the one that goes on; there is
    // nothing to save yet that the journal would not give as fast.
    if (producer.head.number === 0) return;
    await producer.node.prunePool();
    const pool = [...producer.node.pool.values()].map(({ raw }) => raw);
    const { number, hash, time } = producer.head;
    const { automine, executor } = producer;
    const state = await upstream.call<Hex>("anvil_dumpState");
    const meta = { number, hash, time, offset: clock.offset, automine, pool, settings };
    store.snapshot(executor ? { ...meta, executor } : meta, state);
  };

  const release = async () => {
    stopping = true;
    upstream.close();
    await anvil.child.stop(2_000);
    store?.close();
    if (options.dataDir === undefined) rmSync(directory, { recursive: true, force: true });
  };

  try {
    await producer.node.refresh();
    if (store) {
      await restore(store.saved, { upstream, producer, clock, settings });
      await snapshot();
      store.onFull = () => void producer.exclusive(snapshot).catch((cause) => producer.fail(cause));
    }
    const gateway = await startGateway({
      port: options.port ?? 0,
      upstream,
      producer,
      clock,
      adminFlag,
      admin,
    });
    void anvil.child.exited.then(({ code, signal }) => {
      if (!stopping)
        fatal(new Error(`Anvil ended by itself (${signal ?? `exit code ${code}`}).\n${anvil.child.tail()}`));
    });
    let stopped: Promise<void> | undefined;
    return {
      url: `http://127.0.0.1:${gateway.port}`,
      port: gateway.port,
      chainId,
      adminFlag,
      pid: anvil.child.pid,
      fresh: genesis.fresh,
      send: (raw) => sendRaw(producer, raw),
      admin,
      setBatchExecutor: (address) =>
        producer.exclusive(async () => {
          if (producer.executor?.toLowerCase() === address.toLowerCase()) return;
          producer.executor = address;
          await persist({ kind: "executor", address });
        }),
      now: () => clock.now(),
      save: () => producer.exclusive(snapshot),
      exited: anvil.child.exited.then(() => undefined),
      stop() {
        stopped ??= (async () => {
          await gateway.stop();
          if (anvil.child.running()) await producer.exclusive(snapshot).catch(() => {});
          await release();
        })();
        return stopped;
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

function isDiskFull(cause: unknown): cause is NodeJS.ErrnoException {
  const { code } = (cause ?? {}) as { code?: string };
  return code === "ENOSPC" || code === "EDQUOT";
}
