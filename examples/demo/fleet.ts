import { identityRegistryAbi, machineNftAbi } from "@peaqos/abi";
import { machineIdOf, nftOf, PeaqosClient } from "@peaqos/peaq-os-sdk";
import {
  type Address,
  decodeFunctionData,
  type Hex,
  parseTransaction,
  type TransactionSerialized,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Running } from "./devnet.ts";
import { demoKey } from "./keys.ts";
import { pooled } from "./pool.ts";
import type { Screen } from "./screen.ts";
import { tellingFetch } from "./wire.ts";

/** Stations worked on at a time. */
const WIDTH = 32;

export type Station = {
  id: string;
  privateKey: Hex;
  address: Address;
  did: string;
  machineId: bigint;
  tokenId: bigint;
};

/** The stations as machines of one operator, and everything the demo sends. */
export class Fleet {
  readonly operator: PeaqosClient;
  readonly operatorKey = demoKey("operator");
  readonly stations: Station[];
  /** Hashes of all transactions of this run, in the order in which the node took them. */
  readonly transactions: Hex[] = [];
  /** URLs asked of the rating service. */
  readonly requests: string[] = [];
  readonly #running: Running;
  readonly #screen: Screen;
  readonly #names = new Map<string, string>();

  constructor(running: Running, screen: Screen, ids: readonly string[]) {
    this.#running = running;
    this.#screen = screen;
    this.operator = this.#client(this.operatorKey, "operator");
    this.stations = ids.map((id) => {
      const privateKey = demoKey(`station ${id}`);
      const { address } = privateKeyToAccount(privateKey);
      this.#names.set(address.toLowerCase(), id);
      return { id, privateKey, address, did: `did:peaq:${address}`, machineId: 0n, tokenId: 0n };
    });
  }

  /** The operator is itself a machine: its fleet hangs on its DID. Returns its machine id. */
  async registerOperator(): Promise<bigint> {
    const known = await machineIdOf(this.operator, this.operator.address);
    return known > 0n ? known : await this.operator.registerMachine();
  }

  /** Registers the stations that are not yet machines, many at a time with one key. */
  async register(): Promise<number> {
    await pooled(this.stations, WIDTH, async (station) => {
      station.machineId = await machineIdOf(this.operator, station.address);
    });
    const missing = this.stations.filter(({ machineId }) => machineId === 0n);
    await pooled(missing, WIDTH, async (station) => {
      station.machineId = await this.operator.registerFor(station.address);
    });
    return missing.length;
  }

  /** Mints the NFTs that are missing. */
  async mint(): Promise<number> {
    const missing: Station[] = [];
    await pooled(this.stations, WIDTH, async (station) => {
      station.tokenId = (await nftOf(this.operator, station.machineId))?.tokenId ?? 0n;
      if (station.tokenId === 0n) missing.push(station);
    });
    await pooled(missing, WIDTH, async (station) => {
      await this.operator.mintNft(station.machineId, station.address);
      station.tokenId = (await nftOf(this.operator, station.machineId))?.tokenId ?? 0n;
    });
    return missing.length;
  }

  /** Each station signs its own DID attributes; the operator lists its fleet. */
  async describe(operatorId: bigint): Promise<number> {
    const written = await pooled(this.stations, WIDTH, (station) =>
      this.#client(station.privateKey, station.id).writeMachineDIDAttributes({
        machineId: station.machineId,
        nftTokenId: station.tokenId,
        operatorDid: `did:peaq:${this.operator.address}`,
        documentationUrl: "https://doi.org/10.7910/DVN/NFPQLW",
        dataApi: `https://stations.example/${station.id}`,
        dataVisibility: "onchain",
      }),
    );
    const machineIds = this.stations.map(({ machineId }) => machineId);
    await this.operator.writeProxyDIDAttributes({ proxyMachineId: operatorId, machineIds });
    return written.filter((hash) => hash !== null).length;
  }

  #client(privateKey: Hex, name: string): PeaqosClient {
    const { file } = this.#running;
    const { adminFlags, wpeaq, usdc, usdt, batchExecutor, ...contracts } = file.contracts;
    return new PeaqosClient({
      rpcUrl: file.urls.rpc,
      privateKey,
      contracts,
      apiUrl: file.urls.rating ?? "",
      pollingIntervalMs: 20,
      fetch: tellingFetch({
        onTransaction: (hash, raw) => {
          this.transactions.push(hash);
          this.#screen.copy(`tx ${hash} ${this.#name(raw) ?? name}`);
        },
        onRequest: (url) => this.told(url),
      }),
    });
  }

  /** A GET to the rating service, as a line to copy. */
  told(url: string): void {
    this.requests.push(url);
    const short = url.replace(`${this.#running.file.urls.rating}/mcr/`, "$mcr/");
    this.#screen.copy(`curl -s ${short}`);
  }

  /** The station a transaction of the operator is about. */
  #name(raw: Hex): string | undefined {
    const { to, data } = parseTransaction(raw as TransactionSerialized);
    const { identityRegistry, machineNft } = this.#running.file.contracts;
    const ours = [identityRegistry, machineNft].some((each) => each.toLowerCase() === to?.toLowerCase());
    if (!ours || !data) return undefined;
    const { args } = decodeFunctionData({ abi: [...identityRegistryAbi, ...machineNftAbi], data });
    const address = args?.find((arg): arg is Address => typeof arg === "string");
    return address && this.#names.get(address.toLowerCase());
  }
}
