import { keccak256, type LocalAccount } from "viem";
import { RpcError } from "../errors/runtime.ts";
import type { Address, Hex } from "../types.ts";
import { type Call, CallRunner } from "./call-runner.ts";
import { GasMemory, padGas } from "./gas.ts";
import type { Fees, HeadCache } from "./head.ts";
import { Breather, Lanes } from "./lanes.ts";
import { MinedWatch } from "./mined-watch.ts";
import { type InFlight, type NonceManager, sharedNonces } from "./nonces.ts";
import { answerLost, pollReceipt, type Receipt, stillPending } from "./receipts.ts";
import type { Rpc } from "./rpc.ts";
import { submit } from "./submit.ts";

/** What the sender needs to know; all of it from the client's options. */
export type SenderOptions = {
  readonly rpcUrl: string;
  readonly gasMultiplier: number;
  readonly precompileGasMultiplier: number;
  readonly receiptTimeoutMs: number;
  readonly pollingIntervalMs: number;
  readonly shareEstimates: boolean;
  readonly now: () => number;
};

/** A signed transaction that is written down before it is sent. */
export type Kept = InFlight & { readonly nonce: number };

/** Most transactions between signing and the node's answer: more would only wait in the connection pool. */
const sendingLanes = 256;
/** Signatures made without a pause: about five milliseconds of work. */
const signaturesAtOnce = 16;

/** Signs, sends and follows transactions of one account. Safe under any number of concurrent calls. */
export class Sender {
  readonly heads: HeadCache;
  readonly #rpc: Rpc;
  readonly #account: LocalAccount;
  readonly #runner: CallRunner;
  readonly #options: SenderOptions;
  readonly #chainId: () => Promise<number>;
  readonly #memory: GasMemory;
  readonly #watch: MinedWatch;
  readonly #lanes = new Lanes(sendingLanes);
  readonly #breather = new Breather(signaturesAtOnce);

  constructor(
    rpc: Rpc,
    account: LocalAccount,
    heads: HeadCache,
    chainId: () => Promise<number>,
    options: SenderOptions,
  ) {
    this.#rpc = rpc;
    this.#account = account;
    this.#runner = new CallRunner(rpc, account.address, heads);
    this.#chainId = chainId;
    this.#options = options;
    this.heads = heads;
    this.#memory = new GasMemory(options.now);
    this.#watch = new MinedWatch({
      fetchCount: () => this.#runner.transactionCount("latest"),
      onStall: (highest, times) => this.#repair(highest, times),
      pollingIntervalMs: options.pollingIntervalMs,
      now: options.now,
    });
  }

  /**
   * Sends the call and waits for its receipt.
   * @throws RpcError with the contract's error name, or what the sending met; with the hash once there is one.
   */
  async send(call: Call): Promise<Receipt> {
    const shared = call.gas === undefined && call.shape !== undefined && this.#options.shareEstimates;
    const known = shared ? this.#memory.recall(call.shape as string) : null;
    const gas = call.gas ?? known ?? (await this.estimate(call));
    const receipt = await this.deliver(call, gas);
    if (receipt.succeeded) {
      if (shared && known === null) this.#memory.remember(call.shape as string, gas);
      return receipt;
    }
    if (shared) this.#memory.forget(call.shape as string);
    const failure = await this.explainFailure(call, gas, receipt);
    // A shared estimate that was too small is our doing: the transaction had no effect, so send it with its own.
    if (known !== null && failure.code === "OUT_OF_GAS") {
      const { shape: _, ...alone } = call;
      return this.send(alone);
    }
    throw failure;
  }

  /** The call's gas with its margin. A call that would revert throws here, before anything is paid. */
  async estimate(call: Call): Promise<bigint> {
    const multiplier = call.touchesPrecompile
      ? this.#options.precompileGasMultiplier
      : this.#options.gasMultiplier;
    const [estimate, head] = await Promise.all([this.#runner.estimate(call), this.heads.head()]);
    return padGas(estimate, multiplier, head.gasLimit);
  }

  /** Runs the call without sending it; throws what it would revert with. */
  simulate(call: Call): Promise<void> {
    return this.#runner.simulate(call);
  }

  /** Why a mined transaction failed. */
  explainFailure(call: Call, gas: bigint, receipt: Receipt): Promise<RpcError> {
    return this.#runner.explainFailure(call, gas, receipt);
  }

  /** Signs, submits, waits. Failures of the call itself show in the receipt. */
  async deliver(call: Call, gas: bigint): Promise<Receipt> {
    const nonces = await this.#nonces();
    await call.turn?.wait;
    const { nonce, signed } = await this.#lanes.run(() => this.#launch(nonces, call, gas));
    return this.#follow(nonces, nonce, signed);
  }

  /** Until a node has the transaction, or surely does not. */
  async #launch(nonces: NonceManager, call: Call, gas: bigint): Promise<{ nonce: number; signed: InFlight }> {
    let nonce = await this.#nextNonce(nonces);
    call.turn?.taken();
    for (let tries = 0; ; tries += 1) {
      let signed: InFlight;
      try {
        signed = await this.#sign(call, gas, nonce);
      } catch (error) {
        nonces.release(nonce);
        throw error;
      }
      const verdict = await submit(this.#runner, signed, call);
      if (verdict === "accepted") {
        nonces.sent(nonce, signed);
        return { nonce, signed };
      }
      if (verdict.kind === "lost") {
        // It may or may not have arrived: the nonce stays with it, and the caller gets the hash.
        nonces.sent(nonce, signed);
        throw answerLost(signed.hash, verdict.error);
      }
      if (verdict.kind === "nonce" && tries < 8) {
        nonces.taken(nonce, await this.#runner.transactionCount("pending").catch(() => 0));
        nonce = await this.#nextNonce(nonces);
        continue;
      }
      if (verdict.kind === "fee" && tries < 4) {
        this.heads.forget();
        continue;
      }
      nonces.release(nonce);
      throw verdict.error;
    }
  }

  /**
   * Signs the call under the next nonce and hands it to `keep` before anything is sent. A failing `keep` gives the nonce
   * back and nothing was sent.
   */
  async prepare(call: Call, keep: (kept: Kept) => Promise<void>): Promise<Kept> {
    const gas = call.gas ?? (await this.estimate(call));
    const nonces = await this.#nonces();
    const nonce = await this.#nextNonce(nonces);
    try {
      const kept = { ...(await this.#sign(call, gas, nonce)), nonce };
      await keep(kept);
      // Kept counts as sent: from here on this nonce is this transaction's, whatever happens.
      nonces.sent(nonce, kept);
      return kept;
    } catch (error) {
      nonces.release(nonce);
      throw error;
    }
  }

  /** Signs the call once more, with today's fees, under a nonce it has already: only one of the two can be mined. */
  async resign(call: Call, nonce: number): Promise<Kept> {
    const gas = call.gas ?? (await this.estimate(call));
    return { ...(await this.#sign(call, gas, nonce)), nonce };
  }

  /**
   * Offers a transaction that `prepare` made, now or in an earlier process, and waits for its receipt. It is never
   * signed anew here, so it is mined at most once.
   *
   * @returns the receipt, or `fee` when the node wants a higher one.
   * @throws RpcError `TX_REPLACED` when its nonce went to another transaction, so that it will never be mined;
   * `RECEIPT_AWAIT_FAILED` while that is open.
   */
  async deliverKept(kept: Kept, call: Call): Promise<Receipt | "fee"> {
    const { now } = this.#options;
    const nonces = await this.#nonces();
    const mined = await pollReceipt(this.#rpc, kept.hash, { now, deadline: now() });
    if (mined !== null) {
      nonces.settled(kept.nonce);
      return mined;
    }
    nonces.adopt(kept.nonce, kept);
    if ((await this.#runner.transactionCount("latest")) <= kept.nonce) {
      const verdict = await this.#lanes.run(() => submit(this.#runner, kept, call));
      if (verdict !== "accepted" && verdict.kind === "fee") return "fee";
      if (verdict !== "accepted" && verdict.kind === "lost") throw answerLost(kept.hash, verdict.error);
      // A used nonce is judged by what is mined, below: the node may mean this very transaction.
      if (verdict !== "accepted" && verdict.kind !== "nonce") throw verdict.error;
    }
    return this.#follow(nonces, kept.nonce, kept);
  }

  async #follow(nonces: NonceManager, nonce: number, { hash }: InFlight): Promise<Receipt> {
    const { now, receiptTimeoutMs, pollingIntervalMs } = this.#options;
    const deadline = now() + receiptTimeoutMs;
    // A local node has the receipt at once; with many under way the shared watch is cheaper than asking for each.
    let receipt =
      nonces.inFlight <= 4 ? await pollReceipt(this.#rpc, hash, { now, deadline: now() + 25 }) : null;
    if (receipt === null && !(await this.#watch.wait(nonce, deadline)))
      throw stillPending(hash, receiptTimeoutMs);
    // The count can be ahead of the receipts (another node behind the same URL), but not for long.
    const grace = now() + Math.max(8_000, 4 * pollingIntervalMs);
    receipt ??= await pollReceipt(this.#rpc, hash, { now, deadline: Math.min(deadline, grace) });
    nonces.settled(nonce);
    if (receipt !== null) return receipt;
    // Only a full wait and a node that does not know the transaction at all show that another one took its place.
    if (now() + 1_000 < grace || (await this.#runner.isKnown(hash).catch(() => true)))
      throw stillPending(hash, receiptTimeoutMs);
    throw new RpcError(
      `Transaction ${hash} was replaced: another transaction of ${this.#account.address} has its nonce ${nonce}.`,
      {
        code: "TX_REPLACED",
        txHash: hash,
        hint: "It will not be mined. Send with one process per key, or accept that they race.",
      },
    );
  }

  /** Sends again what the node lost; from the second time on also fills holes that no transaction of ours will. */
  async #repair(highest: number, times: number): Promise<void> {
    const nonces = await this.#nonces();
    const pending = await this.#runner.transactionCount("pending");
    for (const hole of nonces.missing(pending, highest)) {
      let raw = hole.raw;
      if (raw === null) {
        if (times < 2 || !nonces.claim(hole.nonce)) continue;
        const filler = { to: this.#account.address, data: "0x", doing: "fill a nonce" } as const;
        raw = (await this.#sign(filler, 60_000n, hole.nonce)).raw;
      }
      // Refusals do not matter: the next look shows whether the hole is closed.
      await this.#rpc.attempt("eth_sendRawTransaction", [raw], { retries: 0 }).catch(() => undefined);
    }
  }

  async #sign(call: Call, gas: bigint, nonce: number): Promise<InFlight> {
    const [chainId, fees] = await Promise.all([this.#chainId(), this.heads.fees()]);
    await this.#breather.turn();
    const common = { chainId, nonce, gas, to: call.to, data: call.data, value: call.value ?? 0n };
    const raw = await this.#account.signTransaction(withFees(common, fees));
    return { raw, hash: keccak256(raw) };
  }

  async #nonces(): Promise<NonceManager> {
    return sharedNonces(this.#options.rpcUrl, await this.#chainId(), this.#account.address);
  }

  #nextNonce(nonces: NonceManager): Promise<number> {
    return nonces.acquire(() => this.#runner.transactionCount("pending"), this.#options.now());
  }
}

type Common = { chainId: number; nonce: number; gas: bigint; to: Address; data: Hex; value: bigint };

function withFees(common: Common, fees: Fees) {
  return "gasPrice" in fees
    ? ({ ...common, type: "legacy", gasPrice: fees.gasPrice } as const)
    : ({ ...common, type: "eip1559", ...fees } as const);
}
