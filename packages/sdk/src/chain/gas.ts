import type { Hex } from "../types.ts";

/**
 * Remembers what calls of one shape cost, so that the second event of a machine needs no estimate of its own.
 *
 * Two calls have the same shape when target, function, length and the pattern of zero words agree: storage cost
 * depends on which words are zero, the rest differs by less than the padding.
 */
export class GasMemory {
  readonly #known = new Map<string, { gas: bigint; at: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  recall(shape: string): bigint | null {
    const entry = this.#known.get(shape);
    return entry === undefined || this.#now() - entry.at > 60_000 ? null : entry.gas;
  }

  remember(shape: string, gas: bigint): void {
    if (this.#known.size > 1_000) this.#known.clear();
    this.#known.set(shape, { gas, at: this.#now() });
  }

  forget(shape: string): void {
    this.#known.delete(shape);
  }
}

/** The shape of a call. `owner` keeps what must not be mixed apart (the machine: its first event costs more). */
export function shapeOf(to: string, data: Hex, owner: string): string {
  let pattern = "";
  for (let at = 10; at < data.length; at += 64) {
    const word = data.slice(at, at + 64);
    const digits = word.replace(/^0+/, "").length;
    pattern += digits === 0 ? "0" : digits <= 16 ? "s" : digits <= 32 ? "m" : "l";
  }
  return `${to}|${data.slice(0, 10)}|${owner}|${pattern}`;
}

/** Gas with its safety margin, never above the block's limit unless the estimate already is. */
export function padGas(estimate: bigint, multiplier: number, blockLimit: bigint): bigint {
  const padded = (estimate * BigInt(Math.round(multiplier * 1000))) / 1000n;
  return padded > blockLimit && estimate <= blockLimit ? blockLimit : padded;
}
