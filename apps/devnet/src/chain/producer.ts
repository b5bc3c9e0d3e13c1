import type { Address, Hex } from "viem";
import { designator } from "./batch-precompile.ts";
import type { ChainClock } from "./clock.ts";
import type { JournalEntry } from "./journal.ts";
import type { Head, Lend } from "./node.ts";
import { NodeBlocks } from "./node.ts";
import type { Upstream } from "./upstream.ts";

/** A raw transaction on its way into a block. `batchSender` is set when it calls the batch precompile. */
type Send = {
  raw: Hex;
  batchSender?: Address | undefined;
  resolve: (hash: Hex) => void;
  reject: (error: unknown) => void;
};

type Accepted = { send: Send; hash: Hex };

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

/**
 * Makes the blocks. Everything that changes the chain passes through one queue: raw transactions that wait at the
 * same moment share a block, admin calls stand alone. A block's transactions and time are on disk before the node
 * mines it, so nobody ever sees a block that a crash could take back.
 */
export class BlockProducer {
  automine = true;
  executor: Address | undefined;
  readonly node: NodeBlocks;
  readonly #options: ProducerOptions;
  readonly #queue: (Send | (() => Promise<void>))[] = [];
  #working = false;
  #failed: Error | undefined;
  #lastArrival = 0;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.node = new NodeBlocks(options.upstream, options.head);
  }

  get head(): Head {
    return this.node.head;
  }

  /** Resolves with the hash when the transaction is in a block (or durably in the pool), rejects as the node does. */
  send(raw: Hex, batchSender?: Address): Promise<Hex> {
    return new Promise((resolve, reject) => this.#enqueue({ raw, batchSender, resolve, reject }));
  }

  /** Runs a task with nothing else going on. */
  exclusive<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => this.#enqueue(() => task().then(resolve, reject)));
  }

  /** Mines one block now with what the pool holds; call it inside `exclusive`. */
  async mine(): Promise<void> {
    await this.#seal([], {
      lend: this.#lend([...this.node.pool.values()].map(({ batchSender }) => batchSender)),
    });
  }

  /** Why the chain is over, once it is. */
  get failed(): Error | undefined {
    return this.#failed;
  }

  /** From now on every transaction is refused. Answers what to tell. */
  fail(cause: unknown): Error {
    this.#failed ??= this.#options.fatal(cause);
    return this.#failed;
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
        const failed = this.fail(cause);
        for (const send of sends) send.reject(failed);
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
    const pooled = [...this.node.pool.values()];
    if (this.automine && [...sends, ...pooled].some(({ batchSender }) => batchSender))
      return this.#apart(sends);
    const accepted = await this.#submit(sends);
    if (accepted.length === 0) return;
    if (!this.automine) {
      await this.#options.persist({ kind: "block", txs: accepted.map(({ send }) => send.raw) });
    } else {
      await this.#seal(accepted, {});
      // More than a block holds: go on until only transactions with a gap in their nonces are left.
      while (await this.node.hasReady()) {
        const waiting = this.node.pool.size;
        await this.#seal([], {});
        if (this.node.pool.size === waiting) break; // nothing of it could be executed
      }
    }
    for (const { send, hash } of accepted) send.resolve(hash);
  }

  /**
   * Calls to the batch precompile get blocks of their own, because an account with lent code cannot take a plain
   * transfer of 21,000 gas. Both kinds take turns, each with the node's pool for itself, until neither gets further;
   * what is left has a gap in its nonces and waits in the pool.
   */
  async #apart(sends: Send[]): Promise<void> {
    const silent = { resolve: () => {}, reject: () => {} };
    let waiting: Send[] = [...[...this.node.pool.values()].map((each) => ({ ...each, ...silent })), ...sends];
    if (this.node.pool.size > 0) {
      await this.#options.persist({ kind: "drop" });
      await this.node.dropPool();
    }
    let stuck = 0;
    for (let batch = false; stuck < 2; batch = !batch) {
      const turn = waiting.filter(({ batchSender }) => Boolean(batchSender) === batch);
      const accepted = await this.#submit(turn);
      if (accepted.length === 0 || !(await this.node.hasReady())) {
        stuck++;
        waiting = waiting.filter(
          (send) => !turn.includes(send) || accepted.some((each) => each.send === send),
        );
        await this.node.dropPool();
        continue;
      }
      const lend = batch ? this.#lend(turn.map(({ batchSender }) => batchSender)) : undefined;
      const mined = new Set(await this.#seal(accepted, { lend, dropRest: true }));
      stuck = mined.size > 0 ? 0 : stuck + 1;
      await this.node.dropPool();
      const left = new Set(accepted.filter(({ hash }) => !mined.has(hash)).map(({ send }) => send));
      for (const { send, hash } of accepted) if (mined.has(hash)) send.resolve(hash);
      waiting = waiting.filter((send) => !turn.includes(send) || left.has(send));
    }
    const pooled = await this.#submit(waiting);
    if (pooled.length === 0) return;
    await this.#options.persist({ kind: "block", txs: pooled.map(({ send }) => send.raw) });
    for (const { send, hash } of pooled) send.resolve(hash);
  }

  /** Hands transactions to the node's pool; those it refuses are answered with its words. */
  async #submit(sends: Send[]): Promise<Accepted[]> {
    const accepted: Accepted[] = [];
    const answers = await this.node.submit(sends);
    for (const [i, send] of sends.entries()) {
      const answer = answers[i];
      if (typeof answer === "string") accepted.push({ send, hash: answer });
      else send.reject(answer);
    }
    return accepted;
  }

  /** Writes the block down, lets the node mine it, answers the hashes of its transactions. */
  async #seal(accepted: Accepted[], options: { lend?: Lend | undefined; dropRest?: true }): Promise<Hex[]> {
    const { persist, clock } = this.#options;
    const time = clock.take(this.head.time);
    const parent = this.head.hash;
    const txs = accepted.map(({ send }) => send.raw);
    const { lend, dropRest } = options;
    await persist({
      kind: "block",
      time,
      txs,
      parent,
      ...(lend ? { lend } : {}),
      ...(dropRest ? { dropRest } : {}),
    });
    const order = await this.node.mine(time, lend);
    const mined = new Set(order);
    const expected = accepted.filter(({ hash }) => mined.has(hash)).map(({ hash }) => hash);
    const own = new Set(expected);
    if (expected.join() !== order.filter((hash) => own.has(hash)).join()) {
      // Not seen so far: the node took them in another order than they were handed over.
      const raws = new Map(accepted.map(({ send, hash }) => [hash, send.raw]));
      const front = order.map((hash) => raws.get(hash)).filter((raw) => raw !== undefined);
      await persist({ kind: "order", txs: [...front, ...txs.filter((raw) => !front.includes(raw))] });
    }
    return order;
  }

  #lend(senders: (Address | undefined)[]): Lend | undefined {
    const accounts = [...new Set(senders.filter((each) => each !== undefined))];
    return this.executor && accounts.length > 0 ? { code: designator(this.executor), accounts } : undefined;
  }
}
