import { batchAbi } from "@peaqos/abi";
import { type Address, encodeFunctionData, type Hex, keccak256 } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";

const GWEI = 10n ** 9n;

/** One call inside a batch, with the gas it may need: seeds are signed without asking the node. */
export type Call = {
  readonly to: Address;
  readonly data: Hex;
  readonly value?: bigint;
  readonly gas: bigint;
};

export type Signed = { readonly raw: Hex; readonly hash: Hex };

/** Signs one account's transactions ahead of time: it counts the nonces itself and never asks the node. */
export class Signer {
  readonly account: PrivateKeyAccount;
  readonly #chainId: number;
  #nonce: number;

  constructor(privateKey: Hex, chainId: number, nonce: number) {
    this.account = privateKeyToAccount(privateKey);
    this.#chainId = chainId;
    this.#nonce = nonce;
  }

  get address(): Address {
    return this.account.address;
  }

  async send(call: Call): Promise<Signed> {
    const raw = await this.account.signTransaction({
      type: "eip1559",
      chainId: this.#chainId,
      nonce: this.#nonce++,
      to: call.to,
      data: call.data,
      value: call.value ?? 0n,
      gas: call.gas,
      maxFeePerGas: 100n * GWEI,
      maxPriorityFeePerGas: GWEI,
    });
    return { raw, hash: keccak256(raw) };
  }

  /** Several calls in one transaction through the batch precompile: all of them or none, in the account's own name. */
  sendAll(precompile: Address, calls: readonly Call[]): Promise<Signed> {
    const data = encodeFunctionData({
      abi: batchAbi,
      functionName: "batchAll",
      args: [
        calls.map((call) => call.to),
        calls.map((call) => call.value ?? 0n),
        calls.map((call) => call.data),
        calls.map(() => 0n),
      ],
    });
    const gas = calls.reduce((sum, call) => sum + call.gas, 100_000n);
    return this.send({ to: precompile, data, gas });
  }
}
