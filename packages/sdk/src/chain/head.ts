import { quantity, type Rpc } from "./rpc.ts";

/** What the SDK needs to know of a block. */
export type Head = {
  readonly number: bigint;
  /** Unix seconds. */
  readonly timestamp: bigint;
  readonly gasLimit: bigint;
  /** Absent on a chain without EIP-1559. */
  readonly baseFeePerGas: bigint | null;
};

/** Fees of a transaction, in wei per gas. */
export type Fees =
  | { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly gasPrice: bigint };

type RawBlock = {
  number?: string | null;
  timestamp?: string;
  gasLimit?: string;
  baseFeePerGas?: string | null;
};

const headTtlMs = 4_000;
const tipTtlMs = 30_000;
/** Tip where the node names none: 1 gwei. */
const defaultTip = 1_000_000_000n;

/** The chain's newest block and what follows from it, read once for many transactions. */
export class HeadCache {
  readonly #rpc: Rpc;
  readonly #now: () => number;
  #head: { value: Promise<Head>; at: number } | null = null;
  #tip: { value: Promise<bigint>; at: number } | null = null;
  #knownTime = 0n;

  constructor(rpc: Rpc, now: () => number) {
    this.#rpc = rpc;
    this.#now = now;
  }

  /** The latest block, at most four seconds old. */
  head(): Promise<Head> {
    if (this.#head === null || this.#now() - this.#head.at > headTtlMs) {
      const value = this.#block("latest");
      this.#head = { value, at: this.#now() };
      value.catch(() => {
        this.#head = null;
      });
    }
    return this.#head.value;
  }

  /** Forgets the block: its fees were too low. */
  forget(): void {
    this.#head = null;
    this.#tip = null;
  }

  /**
   * The time the next block will at least have, Unix seconds: of the latest and the pending block the later. The
   * pending block counts because an idle node that mines on demand has an old latest one.
   */
  async time(): Promise<bigint> {
    const latest = await this.head();
    const pending = await this.#block("pending").catch(() => latest);
    this.#knownTime = max(this.#knownTime, max(latest.timestamp, pending.timestamp));
    return this.#knownTime;
  }

  /** True when `timestamp` is not after the chain's clock. Asks the node only when the answer is not known yet. */
  async isPast(timestamp: bigint): Promise<boolean> {
    if (timestamp <= this.#knownTime) return true;
    this.#knownTime = max(this.#knownTime, (await this.head()).timestamp);
    return timestamp <= this.#knownTime || timestamp <= (await this.time());
  }

  /** Fees that hold for some blocks: twice the base fee and the node's tip; a gas price where there is no base fee. */
  async fees(): Promise<Fees> {
    const { baseFeePerGas } = await this.head();
    if (baseFeePerGas === null)
      return { gasPrice: quantity(await this.#rpc.request("eth_gasPrice"), "the gas price") };
    const tip = await this.#suggestedTip();
    return { maxFeePerGas: 2n * baseFeePerGas + tip, maxPriorityFeePerGas: tip };
  }

  #suggestedTip(): Promise<bigint> {
    if (this.#tip === null || this.#now() - this.#tip.at > tipTtlMs) {
      const value = this.#rpc
        .request("eth_maxPriorityFeePerGas")
        .then((tip) => quantity(tip, "the tip"))
        .catch(() => defaultTip);
      this.#tip = { value, at: this.#now() };
    }
    return this.#tip.value;
  }

  async #block(tag: "latest" | "pending"): Promise<Head> {
    const block = await this.#rpc.request<RawBlock | null>("eth_getBlockByNumber", [tag, false]);
    return {
      number: block?.number == null ? 0n : quantity(block.number, "the block number"),
      timestamp: quantity(block?.timestamp, "the block time"),
      gasLimit: quantity(block?.gasLimit, "the block gas limit"),
      baseFeePerGas: block?.baseFeePerGas == null ? null : quantity(block.baseFeePerGas, "the base fee"),
    };
  }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
