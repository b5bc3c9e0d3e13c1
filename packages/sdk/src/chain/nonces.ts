import type { Address, Hex } from "../types.ts";

/** A transaction that was handed to a node and has no receipt yet. */
export type InFlight = { readonly hash: Hex; readonly raw: Hex };

/** After so long without use the node is asked again: another process may have sent with the same key. */
const staleAfterMs = 2_000;
/** After so long without use a lower answer of the node is believed too: the chain was reset. */
const resetAfterMs = 60_000;

/**
 * Gives out nonces for one account on one endpoint. All clients of a process share one per account, so parallel
 * senders never meet.
 *
 * A nonce is in one of three places: given out (held by a sender), in flight (a node has the transaction), or free
 * (its transaction never reached a node; the next sender takes it). Other processes that send with the same key are
 * noticed when the node refuses a nonce; then the next one is tried.
 */
export class NonceManager {
  #next: number | null = null;
  #usedAt = 0;
  #held = 0;
  #free: number[] = [];
  #loading: Promise<void> | null = null;
  readonly #inFlight = new Map<number, InFlight>();

  /** The nonce for the next transaction. `fetchPending` asks the node for its `pending` count. */
  async acquire(fetchPending: () => Promise<number>, now: number): Promise<number> {
    const quietMs = now - this.#usedAt;
    const idle = this.#held === 0 && (this.#inFlight.size === 0 || quietMs > resetAfterMs);
    if (this.#next === null || (idle && quietMs > staleAfterMs)) {
      this.#loading ??= this.#load(fetchPending, now).finally(() => {
        this.#loading = null;
      });
      await this.#loading;
    }
    this.#usedAt = now;
    this.#held += 1;
    const freed = this.#free.shift();
    if (freed !== undefined) return freed;
    const nonce = this.#next as number;
    this.#next = nonce + 1;
    return nonce;
  }

  async #load(fetchPending: () => Promise<number>, now: number): Promise<void> {
    const pending = await fetchPending();
    // A lagging node answers too low; what this process has already sent is known better here.
    if (this.#next === null || pending > this.#next || now - this.#usedAt > resetAfterMs)
      this.#next = pending;
    this.#free = this.#free.filter((nonce) => nonce >= pending && nonce < (this.#next as number));
    for (const nonce of this.#inFlight.keys()) if (nonce < pending) this.#inFlight.delete(nonce);
  }

  /** The node has it. */
  sent(nonce: number, transaction: InFlight): void {
    this.#held -= 1;
    this.#inFlight.set(nonce, transaction);
  }

  /** A transaction of an earlier process, or of this one: its nonce is not given out again. */
  adopt(nonce: number, transaction: InFlight): void {
    this.#inFlight.set(nonce, transaction);
    this.#free = this.#free.filter((free) => free !== nonce);
    if (this.#next !== null) this.#next = Math.max(this.#next, nonce + 1);
  }

  /** It never reached a node: the next sender gets this nonce. */
  release(nonce: number): void {
    this.#held -= 1;
    // Nothing else is under way: the node's word counts again for the next one.
    if (this.#held === 0 && this.#inFlight.size === 0) {
      this.#next = null;
      this.#free = [];
      return;
    }
    if (nonce === (this.#next as number) - 1 && !this.#inFlight.has(nonce)) {
      this.#next = nonce;
      return;
    }
    this.#free.push(nonce);
    this.#free.sort((a, b) => a - b);
  }

  /** Somebody else used this nonce: never give it out again. `pending` is the node's count, if known. */
  taken(nonce: number, pending: number): void {
    this.#held -= 1;
    this.#next = Math.max(this.#next ?? 0, nonce + 1, pending);
    this.#free = this.#free.filter((free) => free >= pending && free !== nonce);
  }

  /** It has a receipt, or another transaction took its place: nothing to wait for. */
  settled(nonce: number): void {
    this.#inFlight.delete(nonce);
  }

  /** Nonces from `pending` up to (not including) `nonce`: the transaction to send again, or null for a hole. */
  missing(pending: number, nonce: number): { nonce: number; raw: Hex | null }[] {
    const holes: { nonce: number; raw: Hex | null }[] = [];
    for (let n = pending; n <= nonce && holes.length < 64; n += 1) {
      const known = this.#inFlight.get(n);
      holes.push({ nonce: n, raw: known?.raw ?? null });
    }
    return holes;
  }

  /** Takes a free nonce out so that a filler can use it; false when a sender holds it. */
  claim(nonce: number): boolean {
    const index = this.#free.indexOf(nonce);
    if (index >= 0) this.#free.splice(index, 1);
    return index >= 0 || this.#held === 0;
  }

  /** Transactions without a receipt. */
  get inFlight(): number {
    return this.#inFlight.size;
  }
}

const managers = new Map<string, NonceManager>();

/** The manager all clients of this process share for one account at one endpoint. */
export function sharedNonces(rpcUrl: string, chainId: number, address: Address): NonceManager {
  const key = `${rpcUrl}|${chainId}|${address.toLowerCase()}`;
  let manager = managers.get(key);
  if (manager === undefined) {
    manager = new NonceManager();
    managers.set(key, manager);
  }
  return manager;
}
