import { keccak256, type LocalAccount } from "viem";
import { decodeRevert } from "../errors/revert.ts";
import { RpcError } from "../errors/runtime.ts";
import type { Address, Hex } from "../types.ts";
import { explainFault, type Fault, rejectionOf } from "./faults.ts";
import { GasMemory, padGas } from "./gas.ts";
import type { Fees, HeadCache } from "./head.ts";
import { Breather, Lanes } from "./lanes.ts";
import { MinedWatch } from "./mined-watch.ts";
import { type InFlight, type NonceManager, sharedNonces } from "./nonces.ts";
import { answerLost, pollReceipt, type Receipt, stillPending } from "./receipts.ts";
import { delay, quantity, type Rpc, toQuantity } from "./rpc.ts";

/** One transaction, as an action asks for it. */
export type Call = {
  readonly to: Address;
  readonly data: Hex;
  /** Wei; default 0. */
  readonly value?: bigint;
  /** Gas limit; absent: estimated and padded. */
  readonly gas?: bigint;
  /** True when a precompile is touched: estimates there come out too low on peaq. */
  readonly touchesPrecompile?: boolean;
  /** For errors: what the caller wanted ("mint the Machine NFT"). */
  readonly doing: string;
  /** Calls of one shape share their estimate (see `shapeOf`). */
  readonly shape?: string;
  /** For calls that must keep their order: waits before it takes its nonce, and says when it has one. */
  readonly turn?: { readonly wait: Promise<void>; readonly taken: () => void };
};

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

/** Most transactions between signing and the node's answer: more would only wait in the connection pool. */
const sendingLanes = 256;
/** Signatures made without a pause: about five milliseconds of work. */
const signaturesAtOnce = 16;

/** Signs, sends and follows transactions of one account. Safe under any number of concurrent calls. */
export class Sender {
  readonly heads: HeadCache;
  readonly #rpc: Rpc;
  readonly #account: LocalAccount;
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
    this.#chainId = chainId;
    this.#options = options;
    this.heads = heads;
    this.#memory = new GasMemory(options.now);
    this.#watch = new MinedWatch({
      fetchCount: () => this.#transactionCount("latest"),
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
    if (known !== null && failure.code === "OUT_OF_GAS") return this.send({ ...call, shape: "" });
    throw failure;
  }

  /** The call's gas with its margin. A call that would revert throws here, before anything is paid. */
  async estimate(call: Call): Promise<bigint> {
    const multiplier = call.touchesPrecompile
      ? this.#options.precompileGasMultiplier
      : this.#options.gasMultiplier;
    const [answer, head] = await Promise.all([
      this.#attempt<string>("eth_estimateGas", [this.#asCall(call)], call),
      this.heads.head(),
    ]);
    return padGas(quantity(answer, "the gas estimate"), multiplier, head.gasLimit);
  }

  /** Runs the call without sending it; throws what it would revert with. */
  async simulate(call: Call, block: string = "pending"): Promise<void> {
    await this.#attempt<string>("eth_call", [this.#asCall(call), block], call);
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
      const verdict = await this.#submit(signed, call);
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
        nonces.taken(nonce, await this.#transactionCount("pending").catch(() => 0));
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

  async #submit(
    signed: InFlight,
    call: Call,
  ): Promise<"accepted" | { kind: "lost" | "nonce" | "fee" | "refused"; error: RpcError }> {
    let sureItDidNotArrive = true;
    for (let tries = 0; ; tries += 1) {
      try {
        await this.#rpc.attempt("eth_sendRawTransaction", [signed.raw], { retries: 0 });
        return "accepted";
      } catch (error) {
        const fault = error as Fault;
        const explained = () =>
          explainFault(fault, {
            method: "eth_sendRawTransaction",
            origin: this.#rpc.origin,
            doing: `Cannot ${call.doing}`,
          });
        if (fault.kind !== "answer") {
          if (fault.kind !== "refused") sureItDidNotArrive = false;
          if (tries < 3) {
            await delay(100 * 2 ** tries);
            continue;
          }
          return { kind: sureItDidNotArrive ? "refused" : "lost", error: explained() };
        }
        const rejection = rejectionOf(fault);
        if (rejection === "known") return "accepted";
        // The node may be refusing what it took at an earlier attempt.
        if (!sureItDidNotArrive && (await this.#isKnown(signed.hash))) return "accepted";
        if (rejection === "nonce" || rejection === "underpriced")
          return { kind: "nonce", error: this.#nonceUsed(call, fault) };
        if (rejection === "fee") return { kind: "fee", error: explained() };
        if (rejection === "funds") return { kind: "refused", error: await this.#underfunded(call, fault) };
        if (rejection === "chain") return { kind: "refused", error: this.#wrongChain(fault) };
        // Nodes that mine while they take a transaction report its revert here; the receipt knows more.
        if (
          decodeRevert({ message: fault.text, data: fault.data }) !== null &&
          (await this.#isKnown(signed.hash))
        )
          return "accepted";
        return { kind: "refused", error: explained() };
      }
    }
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
    if (now() + 1_000 < grace || (await this.#isKnown(hash).catch(() => true)))
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
    const pending = await this.#transactionCount("pending");
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

  /** Why a mined transaction failed: the call again, at its block. */
  async explainFailure(call: Call, gas: bigint, receipt: Receipt): Promise<RpcError> {
    const failed = { txHash: receipt.txHash };
    try {
      await this.#attempt<string>(
        "eth_call",
        [{ ...this.#asCall(call), gas: toQuantity(gas) }, toQuantity(receipt.blockNumber)],
        call,
      );
    } catch (error) {
      if (error instanceof RpcError && error.code !== "RPC_ERROR")
        return new RpcError(error.message, {
          code: error.code,
          args: error.args,
          ...failed,
        });
    }
    if (receipt.gasUsed * 100n >= gas * 98n)
      return new RpcError(`Cannot ${call.doing}: the transaction ran out of its ${gas} gas.`, {
        code: "OUT_OF_GAS",
        ...failed,
        hint: "Raise gasMultiplier or precompileGasMultiplier in the client's options.",
      });
    return new RpcError(`Cannot ${call.doing}: the transaction was mined but reverted.`, {
      code: "TX_REVERTED",
      ...failed,
      hint: "The state has changed since; the reason cannot be read any more.",
    });
  }

  async #attempt<T>(method: string, params: readonly unknown[], call: Call): Promise<T> {
    try {
      return await this.#rpc.attempt<T>(method, params);
    } catch (error) {
      const fault = error as Fault;
      if (fault.kind === "answer" && rejectionOf(fault) === "funds")
        throw await this.#underfunded(call, fault);
      throw explainFault(fault, { method, origin: this.#rpc.origin, doing: `Cannot ${call.doing}` });
    }
  }

  #asCall(call: Call): Record<string, string> {
    return {
      from: this.#account.address,
      to: call.to,
      data: call.data,
      ...(call.value !== undefined && { value: toQuantity(call.value) }),
      ...(call.gas !== undefined && { gas: toQuantity(call.gas) }),
    };
  }

  /** Says how much is missing; the node's own text rarely does. */
  async #underfunded(call: Call, fault: Fault): Promise<RpcError> {
    const value = call.value ?? 0n;
    try {
      const [balance, fees] = await Promise.all([this.balanceOf(this.#account.address), this.heads.fees()]);
      const price = "gasPrice" in fees ? fees.gasPrice : fees.maxFeePerGas;
      const gas = call.gas ?? 300_000n;
      const needed = value + gas * price;
      const missing = needed > balance ? needed - balance : 1n;
      return new RpcError(
        `Cannot ${call.doing}: ${this.#account.address} holds ${inPeaq(balance)} PEAQ and needs about ${inPeaq(needed)} (${inPeaq(value)} to send, the rest for gas); about ${inPeaq(missing)} are missing.`,
        { code: "INSUFFICIENT_FUNDS", args: [balance, needed, missing], hint: "Send PEAQ to that address." },
      );
    } catch {
      return new RpcError(`Cannot ${call.doing}: ${fault.text}.`, {
        code: "INSUFFICIENT_FUNDS",
        hint: `Send PEAQ to ${this.#account.address}.`,
      });
    }
  }

  #nonceUsed(call: Call, fault: Fault): RpcError {
    return new RpcError(`Cannot ${call.doing}: the nonce is already used (${fault.text}).`, {
      code: "NONCE_ALREADY_USED",
      retryable: true,
      hint: "Another program is sending with the same key; let one of them send at a time.",
    });
  }

  #wrongChain(fault: Fault): RpcError {
    return new RpcError(`The node does not take transactions for this chain id (${fault.text}).`, {
      code: "WRONG_CHAIN",
      hint: "The RPC endpoint changed its chain under the client: make a new client.",
    });
  }

  /** Balance in wei. */
  async balanceOf(address: Address): Promise<bigint> {
    return quantity(await this.#rpc.request("eth_getBalance", [address, "latest"]), "the balance");
  }

  async #isKnown(hash: Hex): Promise<boolean> {
    return (await this.#rpc.request("eth_getTransactionByHash", [hash])) !== null;
  }

  async #transactionCount(tag: "latest" | "pending"): Promise<number> {
    const count = await this.#rpc.request("eth_getTransactionCount", [this.#account.address, tag]);
    return Number(quantity(count, "the transaction count"));
  }

  async #nonces(): Promise<NonceManager> {
    return sharedNonces(this.#options.rpcUrl, await this.#chainId(), this.#account.address);
  }

  #nextNonce(nonces: NonceManager): Promise<number> {
    return nonces.acquire(() => this.#transactionCount("pending"), this.#options.now());
  }
}

type Common = { chainId: number; nonce: number; gas: bigint; to: Address; data: Hex; value: bigint };

function withFees(common: Common, fees: Fees) {
  return "gasPrice" in fees
    ? ({ ...common, type: "legacy", gasPrice: fees.gasPrice } as const)
    : ({ ...common, type: "eip1559", ...fees } as const);
}

/** Wei as PEAQ, at most six decimals, rounded up so that a missing amount is never shown as 0. */
function inPeaq(wei: bigint): string {
  const micro = (wei + 999_999_999_999n) / 1_000_000_000_000n;
  const whole = micro / 1_000_000n;
  const rest = (micro % 1_000_000n).toString().padStart(6, "0").replace(/0+$/, "");
  return rest === "" ? `${whole}` : `${whole}.${rest}`;
}
