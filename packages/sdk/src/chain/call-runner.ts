import { RpcError } from "../errors/runtime.ts";
import type { Address, Hex } from "../types.ts";
import { explainFault, type Fault, rejectionOf } from "./faults.ts";
import type { HeadCache } from "./head.ts";
import type { Receipt } from "./receipts.ts";
import { quantity, type Rpc, toQuantity } from "./rpc.ts";

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

/** Runs calls of one account without sending them, and says what a failure means for it. */
export class CallRunner {
  readonly rpc: Rpc;
  readonly address: Address;
  readonly #heads: HeadCache;

  constructor(rpc: Rpc, address: Address, heads: HeadCache) {
    this.rpc = rpc;
    this.address = address;
    this.#heads = heads;
  }

  /** Gas the node thinks the call needs, without any margin. A call that would revert throws. */
  async estimate(call: Call): Promise<bigint> {
    return quantity(await this.#attempt("eth_estimateGas", [this.#asCall(call)], call), "the gas estimate");
  }

  /** Runs the call at a block; throws what it would revert with. */
  async simulate(call: Call, block: string = "pending"): Promise<void> {
    await this.#attempt("eth_call", [this.#asCall(call), block], call);
  }

  /** Why a mined transaction failed: the call again, at its block. */
  async explainFailure(call: Call, gas: bigint, receipt: Receipt): Promise<RpcError> {
    const { txHash } = receipt;
    const block = toQuantity(receipt.blockNumber);
    const reason = await this.#refusal({ ...call, gas }, block);
    // A lack of gas shows in many ways (a contract that cannot be created, an inner call that fails): with enough of it
    // the same call passes.
    const { gas: _, ...unlimited } = call;
    const short =
      reason === null ? receipt.gasUsed * 100n >= gas * 98n : !(await this.#refusal(unlimited, block));
    if (short)
      return new RpcError(`Cannot ${call.doing}: its ${gas} gas were not enough.`, {
        code: "OUT_OF_GAS",
        txHash,
        hint: "Raise gasMultiplier or precompileGasMultiplier in the client's options.",
      });
    if (reason !== null) return withHash(reason, txHash);
    return new RpcError(`Cannot ${call.doing}: the transaction was mined but reverted.`, {
      code: "TX_REVERTED",
      txHash,
      hint: "The state has changed since; the reason cannot be read any more.",
    });
  }

  /** What the call is refused with at a block; null when it passes, or when the endpoint cannot say. */
  async #refusal(call: Call, block: string): Promise<RpcError | null> {
    try {
      await this.simulate(call, block);
      return null;
    } catch (error) {
      // An endpoint in trouble says nothing about the transaction.
      return error instanceof RpcError && !error.code.startsWith("RPC_") ? error : null;
    }
  }

  /** Says how much is missing; the node's own text rarely does. */
  async underfunded(call: Call, fault: Fault): Promise<RpcError> {
    const value = call.value ?? 0n;
    try {
      const [balance, fees] = await Promise.all([this.#balance(), this.#heads.fees()]);
      const price = "gasPrice" in fees ? fees.gasPrice : fees.maxFeePerGas;
      const needed = value + (call.gas ?? guessedGas) * price;
      const missing = needed > balance ? needed - balance : 1n;
      return new RpcError(
        `Cannot ${call.doing}: ${this.address} holds ${inPeaq(balance)} PEAQ and needs about ${inPeaq(needed)} (${inPeaq(value)} to send, the rest for gas); about ${inPeaq(missing)} are missing.`,
        { code: "INSUFFICIENT_FUNDS", args: [balance, needed, missing], hint: "Send PEAQ to that address." },
      );
    } catch {
      return new RpcError(`Cannot ${call.doing}: ${fault.text}.`, {
        code: "INSUFFICIENT_FUNDS",
        hint: `Send PEAQ to ${this.address}.`,
      });
    }
  }

  /** True when the endpoint has the transaction, in a block or waiting. */
  async isKnown(hash: Hex): Promise<boolean> {
    return (await this.rpc.request("eth_getTransactionByHash", [hash])) !== null;
  }

  /** How many transactions the account has in blocks (`latest`), or with those waiting (`pending`). */
  async transactionCount(tag: "latest" | "pending"): Promise<number> {
    const count = await this.rpc.request("eth_getTransactionCount", [this.address, tag]);
    return Number(quantity(count, "the transaction count"));
  }

  async #balance(): Promise<bigint> {
    return quantity(await this.rpc.request("eth_getBalance", [this.address, "latest"]), "the balance");
  }

  async #attempt(method: string, params: readonly unknown[], call: Call): Promise<unknown> {
    try {
      return await this.rpc.attempt(method, params);
    } catch (error) {
      const fault = error as Fault;
      if (fault.kind === "answer" && rejectionOf(fault) === "funds")
        throw await this.underfunded(call, fault);
      throw explainFault(fault, { method, origin: this.rpc.origin, doing: `Cannot ${call.doing}` });
    }
  }

  #asCall(call: Call): Record<string, string> {
    return {
      from: this.address,
      to: call.to,
      data: call.data,
      ...(call.value !== undefined && { value: toQuantity(call.value) }),
      ...(call.gas !== undefined && { gas: toQuantity(call.gas) }),
    };
  }
}

/** Gas to name in a message when the estimate itself failed for lack of money. */
const guessedGas = 300_000n;

/** The same error with the transaction it belongs to. */
function withHash(error: RpcError, txHash: Hex): RpcError {
  const { code, args, hint } = error;
  const message = hint === undefined ? error.message : error.message.slice(0, -hint.length - 1);
  return new RpcError(message, { code, args, txHash, ...(hint !== undefined && { hint }) });
}

/** Wei as PEAQ, at most six decimals, rounded up so that a missing amount is never shown as 0. */
function inPeaq(wei: bigint): string {
  const micro = (wei + 999_999_999_999n) / 1_000_000_000_000n;
  const whole = micro / 1_000_000n;
  const rest = (micro % 1_000_000n).toString().padStart(6, "0").replace(/0+$/, "");
  return rest === "" ? `${whole}` : `${whole}.${rest}`;
}
