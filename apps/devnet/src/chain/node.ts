import type { Address, Hex } from "viem";
import { RpcFailure } from "./rpc.ts";
import type { Upstream } from "./upstream.ts";

export type Head = { number: number; hash: Hex; time: number };

/** Accounts that get the batch executor's code while a block is made. */
export type Lend = { code: Hex; accounts: Address[] };

export type PoolEntry = { raw: Hex; batchSender?: Address | undefined };

/** Transactions handed to the node in one request. */
const CHUNK = 250;

/** The node's side of making blocks, the same for new blocks and for the replay of old ones. */
export class NodeBlocks {
  head: Head;
  /** Accepted by the node, not in a block yet: raw transaction by hash. */
  readonly pool = new Map<Hex, PoolEntry>();
  readonly #upstream: Upstream;

  constructor(upstream: Upstream, head: Head) {
    this.#upstream = upstream;
    this.head = head;
  }

  /** Hands over transactions; answers for each its hash or the node's refusal. */
  async submit(entries: readonly PoolEntry[]): Promise<(Hex | RpcFailure)[]> {
    const results: (Hex | RpcFailure)[] = [];
    for (let at = 0; at < entries.length; at += CHUNK) {
      const chunk = entries.slice(at, at + CHUNK);
      const calls = chunk.map(({ raw }) => ["eth_sendRawTransaction", [raw]] as const);
      for (const [i, answer] of (await this.#upstream.batch(calls)).entries()) {
        if (answer.error) {
          results.push(new RpcFailure(answer.error));
          continue;
        }
        const hash = answer.result as Hex;
        const { raw, batchSender } = chunk[i] as PoolEntry;
        this.pool.set(hash, { raw, batchSender });
        results.push(hash);
      }
    }
    return results;
  }

  /** Mines a block at `time`; answers the hashes of its transactions. */
  async mine(time: number, lend: Lend | undefined): Promise<Hex[]> {
    const before: Hex[] = [];
    for (const account of lend?.accounts ?? []) {
      before.push(await this.#upstream.call<Hex>("eth_getCode", [account, "latest"]));
      await this.#upstream.call("anvil_setCode", [account, lend?.code]);
    }
    try {
      await this.#upstream.call("evm_mine", [time]);
    } finally {
      for (const [i, account] of (lend?.accounts ?? []).entries()) {
        await this.#upstream.call("anvil_setCode", [account, before[i] ?? "0x"]);
      }
    }
    const transactions = await this.refresh();
    for (const hash of transactions) this.pool.delete(hash);
    return transactions;
  }

  /** Reads the head from the node; answers the hashes of its transactions. */
  async refresh(): Promise<Hex[]> {
    const block = await this.#upstream.call<{ number: Hex; hash: Hex; timestamp: Hex; transactions: Hex[] }>(
      "eth_getBlockByNumber",
      ["latest", false],
    );
    this.head = { number: Number(block.number), hash: block.hash, time: Number(block.timestamp) };
    return block.transactions;
  }

  /** True when the pool holds a transaction that could go into the next block. */
  async hasReady(): Promise<boolean> {
    if (this.pool.size === 0) return false;
    return Number((await this.#upstream.call<{ pending: Hex }>("txpool_status")).pending) > 0;
  }

  /** Takes everything that waits out of the node's pool. */
  async dropPool(): Promise<void> {
    if (this.pool.size === 0) return;
    this.pool.clear();
    await this.#upstream.call("anvil_dropAllTransactions");
  }

  /** Forgets what the node no longer has (replaced by a higher fee, dropped). */
  async prunePool(): Promise<void> {
    const hashes = [...this.pool.keys()];
    const known = await this.#upstream.batch(
      hashes.map((hash) => ["eth_getTransactionByHash", [hash]] as const),
    );
    for (const [i, hash] of hashes.entries()) if (!known[i]?.result) this.pool.delete(hash);
  }
}
