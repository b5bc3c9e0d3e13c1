import { delay } from "./rpc.ts";

/** What the watch needs from its owner. */
export type MinedWatchOptions = {
  /** The account's `latest` transaction count: every nonce below it is in a block. */
  readonly fetchCount: () => Promise<number>;
  /** Called about once a second while nothing moves, with the highest nonce waited for and how often so far. */
  readonly onStall: (highest: number, times: number) => Promise<void>;
  readonly pollingIntervalMs: number;
  readonly now: () => number;
};

type Waiter = {
  readonly nonce: number;
  readonly deadline: number;
  readonly resolve: (mined: boolean) => void;
};

/**
 * Waits for many transactions of one account with one question per round: nonces are mined in order, so the count
 * tells about all of them. Asking for thousands of receipts in a loop would be the larger load.
 */
export class MinedWatch {
  readonly #options: MinedWatchOptions;
  #waiting: Waiter[] = [];
  #running = false;

  constructor(options: MinedWatchOptions) {
    this.#options = options;
  }

  /** True once a transaction with this nonce is in a block, false when the deadline (by `now`) passes first. */
  wait(nonce: number, deadline: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push({ nonce, deadline, resolve });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    const { now, fetchCount, onStall, pollingIntervalMs } = this.#options;
    this.#running = true;
    let step = 2;
    let last = -1;
    let movedAt = now();
    let stalls = 0;
    while (this.#waiting.length > 0) {
      const count = await fetchCount().catch(() => last);
      if (count > last) {
        [last, step, movedAt, stalls] = [count, 2, now(), 0];
      } else if (now() - movedAt > 1_000 * (stalls + 1)) {
        stalls += 1;
        const highest = this.#waiting.reduce((max, { nonce }) => Math.max(max, nonce), 0);
        await onStall(highest, stalls).catch(() => undefined);
      }
      this.#settle(count, now());
      if (this.#waiting.length === 0) break;
      await delay(Math.min(step, pollingIntervalMs));
      step *= 2;
    }
    this.#running = false;
  }

  #settle(count: number, time: number): void {
    this.#waiting = this.#waiting.filter(({ nonce, deadline, resolve }) => {
      if (nonce < count) resolve(true);
      else if (time >= deadline) resolve(false);
      else return true;
      return false;
    });
  }
}
