import type { Deployment } from "@peaqos/contracts";
import type { Address, Hex } from "viem";
import type { DevnetAccounts, DevnetRole } from "../accounts.ts";
import type { Chain } from "../chain/index.ts";
import { type Signed, Signer } from "./signer.ts";

const PEAQ = 10n ** 18n;

/** What every seed account has at least: bonds, gas and something left for the user to play with. */
const BALANCE = 1_000n * PEAQ;

type Request = { method: string; params: unknown[] };

/** The chain as the seeds use it: transactions signed ahead, blocks mined at chosen times, and every receipt looked at. */
export class SeedChain {
  readonly chainId: number;
  readonly deployment: Deployment;
  readonly roles: Record<DevnetRole, Signer>;
  readonly #chain: Chain;
  #id = 0;
  /** Transactions of blocks already mined whose receipts nobody has looked at yet. */
  #unchecked: { hash: Hex; time: number }[] = [];

  private constructor(chain: Chain, deployment: Deployment, roles: Record<DevnetRole, Signer>) {
    this.#chain = chain;
    this.chainId = chain.chainId;
    this.deployment = deployment;
    this.roles = roles;
  }

  static async open(chain: Chain, deployment: Deployment, accounts: DevnetAccounts): Promise<SeedChain> {
    const roles = {} as Record<DevnetRole, Signer>;
    const on = new SeedChain(chain, deployment, roles);
    const names = Object.keys(accounts) as DevnetRole[];
    const nonces = await on.read<Hex>(
      names.map((role) => ({
        method: "eth_getTransactionCount",
        params: [accounts[role].address, "latest"],
      })),
    );
    names.forEach((role, index) => {
      roles[role] = new Signer(accounts[role].privateKey, chain.chainId, Number(nonces[index]));
    });
    await on.fund(names.map((role) => accounts[role].address));
    await chain.admin("evm_setAutomine", [false]);
    return on;
  }

  /** Gives each account its PEAQ, unless it has as much already. */
  async fund(addresses: readonly Address[]): Promise<void> {
    const balances = await this.read<Hex>(
      addresses.map((address) => ({ method: "eth_getBalance", params: [address, "latest"] })),
    );
    const poor = addresses.filter((_, index) => BigInt(balances[index] ?? "0x0") < BALANCE);
    await Promise.all(
      poor.map((address) => this.#chain.admin("anvil_setBalance", [address, `0x${BALANCE.toString(16)}`])),
    );
  }

  /** Puts the transactions, in this order, into one block at `time` (Unix seconds). */
  async mine(time: number, transactions: readonly Signed[]): Promise<void> {
    const answers = await this.#post<Hex>(
      transactions.map(({ raw }) => ({ method: "eth_sendRawTransaction", params: [raw] })),
    );
    answers.forEach(({ error }) => {
      if (error) throw new Error(`devnet seeds: the chain refused a transaction: ${error.message}`);
    });
    await this.#chain.admin("evm_mine", [time]);
    this.#unchecked.push(...transactions.map(({ hash }) => ({ hash, time })));
  }

  /** Reads in one request; an error of any of them is thrown. */
  async read<T>(requests: readonly Request[]): Promise<T[]> {
    return (await this.#post<T>(requests)).map(({ result, error }, index) => {
      if (error) throw new Error(`devnet seeds: ${requests[index]?.method}: ${error.message}`);
      return result as T;
    });
  }

  /** Throws when a transaction of a mined block failed. */
  async check(): Promise<void> {
    const sent = this.#unchecked;
    this.#unchecked = [];
    const receipts = await this.read<{ status: Hex } | null>(
      sent.map(({ hash }) => ({ method: "eth_getTransactionReceipt", params: [hash] })),
    );
    const bad = sent.find((_, index) => receipts[index]?.status !== "0x1");
    if (!bad) return;
    const day = new Date(bad.time * 1000).toISOString();
    throw new Error(`devnet seeds: transaction ${bad.hash} of ${day} failed or was not mined`);
  }

  async finish(): Promise<void> {
    await this.check();
    await this.#chain.admin("evm_setAutomine", [true]);
  }

  async #post<T>(requests: readonly Request[]): Promise<{ result?: T; error?: { message: string } }[]> {
    if (requests.length === 0) return [];
    const body = requests.map((request) => ({ jsonrpc: "2.0", id: this.#id++, ...request }));
    const response = await fetch(this.#chain.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { result?: T; error?: { message: string } }[];
  }
}
