import type { Address, Hex } from "viem";
import { designator } from "./batch-precompile.ts";
import type { ChainClock } from "./clock.ts";
import type { JournalEntry } from "./journal.ts";
import type { JsonRpcResponse } from "./rpc.ts";
import { RpcFailure } from "./rpc.ts";
import type { Upstream } from "./upstream.ts";

export type Head = { number: number; hash: Hex; time: number };

/** A raw transaction on its way into a block. `batchSender` is set when it calls the batch precompile. */
type Send = {
  raw: Hex;
  batchSender?: Address;
  resolve: (hash: Hex) => void;
  reject: (error: unknown) => void;
};

export type ProducerOptions = {
  upstream: Upstream;
  clock: ChainClock;
  head: Head;
  /** Resolves when the entries are on disk. */
  persist: (...entries: JournalEntry[]) => Promise<void>;
  /** The chain's files and the node no longer agree: nothing more may be acknowledged. Answers what to tell. */
  fatal: (cause: unknown) => Error;
};

/** How long to wait for company before a block is made: until nothing came for QUIET_MS, at most WINDOW_MS. */
const QUIET_MS = 2;
const WINDOW_MS = 20;
/** Transactions handed to the node in one request. */
const CHUNK = 250;

/**
 * Makes the blocks. Everything that changes the chain passes through one queue: raw transactions that wait at the
 * same moment share a block, admin calls stand alone. A block's transactions and time are on disk before the node
 * mines it, so nobody ever sees a block that a crash could take back.
 */
export class BlockProducer {
  head: Head;
  automine = true;
  executor: Address | undefined;
  /** Accepted by the node, not in a block yet (a gap in the nonces): raw transaction by hash. */
  readonly pool = new Map<Hex, { raw: Hex; batchSender?: Address }>();
  readonly #options: ProducerOptions;
  readonly #queue: (Send | (() => Promise<void>))[] = [];
  #working = false;
  #failed: Error | undefined;
  #lastArrival = 0;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.head = options.head;
  }

  /** Resolves with the hash when the transaction is in a block (or durably in the pool), rejects as the node does. */
  send(raw: Hex, batchSender?: Address): Promise<Hex> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ raw, resolve, reject, ...(batchSender ? { batchSender } : {}) });
    });
  }

  /** Runs a task with nothing else going on. */
  exclusive<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enqueue(() => task().then(resolve, reject));
    });
  }

  /** Mines one block now with what the pool holds; call it inside `exclusive`. */
  async mine(): Promise<Head> {
    await this.block([]);
    return this.head;
  }

  /** Reads the head again after a call that moved it (revert, reorg). */
  async refresh(): Promise<void> {
    this.head = (await this.#latest()).head;
  }

  /** Puts transactions into the pool and, unless told otherwise, mines a block. Call it inside `exclusive`. */
  async block(sends: Send[], options: { mine: boolean } = { mine: true }): Promise<void> {
    const { upstream, clock } = this.#options;
    const accepted: { send: Send; hash: Hex }[] = [];
    for (let at = 0; at < sends.length; at += CHUNK) {
      const chunk = sends.slice(at, at + CHUNK);
      const answers = await upstream.batch(
        chunk.map(({ raw }) => ["eth_sendRawTransaction", [raw]] as const),
      );
      answers.forEach((answer: JsonRpcResponse, i) => {
        const send = chunk[i] as Send;
        if (answer.error) send.reject(new RpcFailure(answer.error));
        else accepted.push({ send, hash: answer.result as Hex });
      });
    }
    if (sends.length > 0 && accepted.length === 0) return;
    for (const { send, hash } of accepted) {
      this.track(hash, send.raw, send.batchSender);
    }
    const txs = accepted.map(({ send }) => send.raw);
    if (!options.mine) {
      await this.#options.persist({ kind: "block", txs });
    } else {
      const lend = this.#lend();
      const time = clock.take(this.head.time);
      await this.#options.persist({
        kind: "block",
        time,
        txs,
        parent: this.head.hash,
        ...(lend ? { lend } : {}),
      });
      const order = await this.applyBlock(time, lend);
      const mined = new Set(order);
      const expected = accepted.map(({ hash }) => hash).filter((hash) => mined.has(hash));
      const own = new Set(expected);
      if (expected.join() !== order.filter((hash) => own.has(hash)).join()) {
        const raws = new Map(accepted.map(({ send, hash }) => [hash, send.raw]));
        const rest = accepted.filter(({ hash }) => !mined.has(hash)).map(({ send }) => send.raw);
        const front = order.map((hash) => raws.get(hash)).filter((raw) => raw !== undefined);
        await this.#options.persist({ kind: "order", txs: [...front, ...rest] });
      }
    }
    for (const { send, hash } of accepted) send.resolve(hash);
  }

  /** The node's part of a block, also used by the replay. Answers the hashes of its transactions. */
  async applyBlock(time: number, lend: { code: Hex; accounts: Address[] } | undefined): Promise<Hex[]> {
    const { upstream } = this.#options;
    const before: Hex[] = [];
    for (const account of lend?.accounts ?? []) {
      before.push(await upstream.call<Hex>("eth_getCode", [account, "latest"]));
      await upstream.call("anvil_setCode", [account, lend?.code]);
    }
    try {
      await upstream.call("evm_mine", [time]);
    } finally {
      for (const [i, account] of (lend?.accounts ?? []).entries()) {
        await upstream.call("anvil_setCode", [account, before[i] ?? "0x"]);
      }
    }
    const { head, transactions } = await this.#latest();
    this.head = head;
    for (const hash of transactions) this.pool.delete(hash);
    return transactions;
  }

  /** Notes a transaction that the node has taken into its pool; the replay's way in. */
  track(hash: Hex, raw: Hex, batchSender?: Address): void {
    this.pool.set(hash, batchSender ? { raw, batchSender } : { raw });
  }

  /** Forgets pool entries the node no longer has (replaced by a higher fee, dropped). */
  async prunePool(): Promise<void> {
    if (this.pool.size === 0) return;
    for (const hash of [...this.pool.keys()]) {
      const known = await this.#options.upstream.call<unknown>("eth_getTransactionByHash", [hash]);
      if (!known) this.pool.delete(hash);
    }
  }

  async #latest(): Promise<{ head: Head; transactions: Hex[] }> {
    const block = await this.#options.upstream.call<{
      number: Hex;
      hash: Hex;
      timestamp: Hex;
      transactions: Hex[];
    }>("eth_getBlockByNumber", ["latest", false]);
    const head = { number: Number(block.number), hash: block.hash, time: Number(block.timestamp) };
    return { head, transactions: block.transactions };
  }

  #lend(): { code: Hex; accounts: Address[] } | undefined {
    if (!this.executor) return undefined;
    const senders = [...this.pool.values()]
      .map(({ batchSender }) => batchSender)
      .filter((each) => each !== undefined);
    return senders.length === 0
      ? undefined
      : { code: designator(this.executor), accounts: [...new Set(senders)] };
  }

  #enqueue(item: Send | (() => Promise<void>)): void {
    if (this.#failed && typeof item !== "function") {
      item.reject(this.#failed);
      return;
    }
    this.#queue.push(item);
    this.#lastArrival = performance.now();
    if (this.#working) return;
    this.#working = true;
    void this.#work();
  }

  async #work(): Promise<void> {
    await this.#company();
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      if (typeof next === "function") {
        this.#queue.shift();
        await next();
        continue;
      }
      const until = this.#queue.findIndex((item) => typeof item === "function");
      const sends = this.#queue.splice(0, until < 0 ? this.#queue.length : until) as Send[];
      try {
        if (this.#failed) throw this.#failed;
        await this.#produce(sends);
      } catch (cause) {
        this.#fail(cause, sends);
      }
    }
    this.#working = false;
  }

  /** Waits while transactions keep arriving, so that those sent together share a block. */
  async #company(): Promise<void> {
    const start = performance.now();
    while (!this.#queue.some((item) => typeof item === "function")) {
      const now = performance.now();
      if (now - this.#lastArrival >= QUIET_MS || now - start >= WINDOW_MS) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async #produce(sends: Send[]): Promise<void> {
    if (!this.automine) return this.block(sends, { mine: false });
    // Calls to the batch precompile get a block of their own: an account with lent code cannot take a plain
    // transfer of 21,000 gas in the same block.
    const plain = sends.filter(({ batchSender }) => !batchSender);
    const batch = sends.filter(({ batchSender }) => batchSender);
    if (plain.length > 0) await this.block(plain);
    if (batch.length > 0) await this.block(batch);
    // More than a block holds: go on until only transactions with a gap in their nonces are left.
    while (this.pool.size > 0) {
      const status = await this.#options.upstream.call<{ pending: Hex }>("txpool_status");
      const waiting = this.pool.size;
      if (Number(status.pending) === 0) break;
      await this.block([]);
      if (this.pool.size === waiting) break; // nothing of it could be executed
    }
  }

  #fail(cause: unknown, sends: Send[]): void {
    this.#failed ??= this.#options.fatal(cause);
    for (const send of sends) send.reject(this.#failed);
  }
}
