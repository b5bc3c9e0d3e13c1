import { type Abi, decodeFunctionResult, encodeFunctionData, type LocalAccount } from "viem";
import { PeaqosError } from "../errors/base.ts";
import { RpcError } from "../errors/runtime.ts";
import { ValidationError } from "../errors/validation.ts";
import type { Address, ContractAddresses, Hex } from "../types.ts";
import { explainFault, type Fault } from "./faults.ts";
import { HeadCache } from "./head.ts";
import { probeRegistry, type RegistryInfo } from "./registry.ts";
import { quantity, Rpc, toQuantity } from "./rpc.ts";
import { Sender } from "./sender.ts";

/** Settings of the chain side of a client, after checks. */
export type ChainOptions = {
  readonly rpcUrl: string;
  readonly contracts: ContractAddresses;
  readonly account?: LocalAccount;
  readonly expectedChainId?: number;
  readonly gasMultiplier: number;
  readonly precompileGasMultiplier: number;
  readonly shareGasEstimates: boolean;
  readonly rpcTimeoutMs: number;
  readonly rpcBatch: boolean;
  readonly receiptTimeoutMs: number;
  readonly pollingIntervalMs: number;
  readonly sourceChainIds: readonly number[];
  readonly fetch?: typeof fetch;
  readonly now: () => number;
};

/** A read of one contract function. */
export type View = {
  readonly address: Address;
  readonly abi: Abi;
  readonly functionName: string;
  readonly args?: readonly unknown[];
  /** For errors: what the caller wanted. */
  readonly doing: string;
  /** As of the end of this block; absent: the latest one. */
  readonly block?: bigint;
};

/** Everything the actions need of the chain: reads, writes, and facts that are looked up once. */
export class Chain {
  readonly rpc: Rpc;
  readonly heads: HeadCache;
  readonly options: ChainOptions;
  readonly #sender: Sender | null;
  #chainId: Promise<number> | null = null;
  #registry: Promise<RegistryInfo> | null = null;
  readonly #code = new Map<string, Promise<Hex>>();

  constructor(options: ChainOptions) {
    this.options = options;
    this.rpc = new Rpc({
      url: options.rpcUrl,
      timeoutMs: options.rpcTimeoutMs,
      batch: options.rpcBatch,
      ...(options.fetch !== undefined && { fetch: options.fetch }),
    });
    this.heads = new HeadCache(this.rpc, options.now);
    this.#sender =
      options.account === undefined
        ? null
        : new Sender(this.rpc, options.account, this.heads, () => this.chainId(), {
            rpcUrl: options.rpcUrl,
            gasMultiplier: options.gasMultiplier,
            precompileGasMultiplier: options.precompileGasMultiplier,
            shareEstimates: options.shareGasEstimates,
            receiptTimeoutMs: options.receiptTimeoutMs,
            pollingIntervalMs: options.pollingIntervalMs,
            now: options.now,
          });
  }

  /** The sending side. */
  get sender(): Sender {
    if (this.#sender === null)
      throw new PeaqosError("This client cannot send: it was made without a key or account.", {
        code: "NO_SIGNER",
        hint: "Pass privateKey or account.",
      });
    return this.#sender;
  }

  /** The endpoint's chain id, asked once. @throws RpcError `WRONG_CHAIN` when another one is expected. */
  chainId(): Promise<number> {
    if (this.#chainId === null) {
      const asked = this.rpc.request("eth_chainId").then((answer) => {
        const id = Number(quantity(answer, "the chain id"));
        const expected = this.options.expectedChainId;
        if (expected !== undefined && expected !== id)
          throw new RpcError(
            `The RPC endpoint ${this.rpc.origin} is on chain ${id}, but chain ${expected} is expected.`,
            {
              code: "WRONG_CHAIN",
              args: [id, expected],
              hint: "Check rpcUrl (PEAQOS_RPC_URL) and expectedChainId.",
            },
          );
        return id;
      });
      this.#chainId = asked;
      asked.catch(() => {
        this.#chainId = null;
      });
    }
    return this.#chainId;
  }

  /** Which EventRegistry this is; asked once. */
  registry(): Promise<RegistryInfo> {
    if (this.#registry === null) {
      const probed = this.chainId().then(() => probeRegistry(this));
      this.#registry = probed;
      probed.catch(() => {
        this.#registry = null;
      });
    }
    return this.#registry;
  }

  /** The code at an address; asked once when there is some. */
  codeAt(address: Address): Promise<Hex> {
    const key = address.toLowerCase();
    let code = this.#code.get(key);
    if (code === undefined) {
      code = this.rpc.request<Hex>("eth_getCode", [address, "latest"]);
      this.#code.set(key, code);
      code.then(
        (found) => found === "0x" && this.#code.delete(key),
        () => this.#code.delete(key),
      );
    }
    return code;
  }

  /**
   * Makes sure that a contract stands at the address before anything is sent there: a transaction to an address
   * without code succeeds, does nothing and keeps the bond. Precompiles (0x…0000 to 0x…ffff) have no code to see.
   */
  async demandContract(name: keyof ContractAddresses): Promise<Address> {
    const address = this.options.contracts[name];
    if (address === undefined || address === null)
      throw new ValidationError(`contracts.${name}`, "configured for this call", address);
    await this.chainId();
    if (!isPrecompile(address) && (await this.codeAt(address)) === "0x")
      throw new RpcError(
        `There is no contract at ${address} (contracts.${name}) on chain ${await this.chainId()}.`,
        {
          code: "NO_CONTRACT",
          hint: "Check the address and that rpcUrl is the chain it was deployed on.",
        },
      );
    return address;
  }

  /**
   * Reads one view function.
   * @throws RpcError; a revert carries the contract's error name, an answer without data `NO_CONTRACT`.
   */
  async read<T>(view: View): Promise<T> {
    const data = encodeFunctionData({
      abi: view.abi,
      functionName: view.functionName,
      args: view.args ?? [],
    });
    let answer: Hex;
    try {
      const block = view.block === undefined ? "latest" : toQuantity(view.block);
      answer = await this.rpc.attempt<Hex>("eth_call", [{ to: view.address, data }, block]);
    } catch (error) {
      throw explainFault(error as Fault, {
        method: "eth_call",
        origin: this.rpc.origin,
        doing: `Cannot ${view.doing}`,
      });
    }
    if (answer === "0x")
      throw new RpcError(`Cannot ${view.doing}: no contract answers at ${view.address}.`, {
        code: "NO_CONTRACT",
        hint: "Check the address and that rpcUrl is the chain it was deployed on.",
      });
    try {
      return decodeFunctionResult({ abi: view.abi, functionName: view.functionName, data: answer }) as T;
    } catch {
      throw new RpcError(`Cannot ${view.doing}: the contract at ${view.address} answers in another form.`, {
        code: "UNSUPPORTED_REGISTRY",
        hint: "It is another contract or another version of it; check the address.",
      });
    }
  }
}

/** The chain's built-in contracts live below 0x10000. */
function isPrecompile(address: Address): boolean {
  return BigInt(address) < 0x10000n;
}
