/** All example sellers together, as the devnet starts them. Each has a main.ts of its own as well. */
import { join } from "node:path";
import type { Catalogue, JsonObject, Seller, SellerConfig } from "../seller-template/types.ts";
import { type ChargerMachine, createChargerSeller } from "./charger/seller.ts";
import { createConsoleSeller } from "./console/seller.ts";
import { createGeocodingSeller } from "./geocoding/seller.ts";
import { createPriceFeedSeller } from "./price-feed/seller.ts";
import { createStorageSeller } from "./storage/seller.ts";

export type { Catalogue, ChargerMachine, Seller };

type Address = `0x${string}`;

/** In the order of their ports, from the first on. */
export const sellerNames = ["price-feed", "storage", "geocoding", "console", "charger"] as const;
export type SellerName = (typeof sellerNames)[number];

export type SellersConfig = {
  /** N of the devnet: the sellers listen on N+10 and up, each on its own port. 0: free ports. */
  readonly portBase: number;
  /** Each seller has a folder in it. */
  readonly dataDir: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly chain: {
    readonly rpcUrl: string;
    readonly chainId: number;
    /** Tokens with 6 decimals. */
    readonly usdc: Address;
    readonly usdt: Address;
  };
  /** The machine that sells charging sessions; null leaves that seller out. */
  readonly charger: ChargerMachine | null;
  /** Who is paid. The charger's payee is the machine itself. */
  readonly payees: { readonly priceFeed: Address; readonly storage: Address };
  /** A call without a payment for something that has a price. Default "refuse". */
  readonly unpaid?: "refuse" | "serve";
  readonly now?: () => number;
  /** Told once for each call; `seller` names whose it was. */
  readonly log?: (entry: JsonObject) => void;
};

export type Sellers = {
  readonly sellers: ReadonlyMap<SellerName, Seller>;
  readonly catalogue: Catalogue;
  stop(): Promise<void>;
};

/**
 * Starts the sellers.
 *
 * @throws when one does not start, for example because its port is taken; those that did are stopped.
 * @example
 * const { catalogue, stop } = await startSellers({ portBase: 8545, dataDir: ".peaqos/sellers", chain, charger, payees });
 */
export async function startSellers(config: SellersConfig): Promise<Sellers> {
  const { chain, payees, charger } = config;
  const usdc = { chainId: chain.chainId, symbol: "USDC", address: chain.usdc, decimals: 6 };
  const usdt = { chainId: chain.chainId, symbol: "USDT", address: chain.usdt, decimals: 6 };
  const of = (name: SellerName): SellerConfig & { rpcUrl: string } => ({
    port: config.portBase === 0 ? 0 : config.portBase + 10 + sellerNames.indexOf(name),
    dataDir: join(config.dataDir, name),
    rpcUrl: chain.rpcUrl,
    log: (entry) => config.log?.({ seller: name, ...entry }),
    ...(config.host !== undefined && { host: config.host }),
    ...(config.unpaid !== undefined && { unpaid: config.unpaid }),
    ...(config.now !== undefined && { now: config.now }),
  });
  const starting: [SellerName, Promise<Seller>][] = [
    ["price-feed", createPriceFeedSeller({ ...of("price-feed"), token: usdc, payee: payees.priceFeed })],
    ["storage", createStorageSeller({ ...of("storage"), token: usdt, payee: payees.storage })],
    ["geocoding", createGeocodingSeller(of("geocoding"))],
    ["console", createConsoleSeller(of("console"))],
  ];
  if (charger !== null)
    starting.push(["charger", createChargerSeller({ ...of("charger"), token: usdc, machine: charger })]);

  const started = await Promise.allSettled(starting.map(([, seller]) => seller));
  const sellers = new Map<SellerName, Seller>();
  starting.forEach(([name], index) => {
    const result = started[index];
    if (result?.status === "fulfilled") sellers.set(name, result.value);
  });
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= Promise.all([...sellers.values()].map((seller) => seller.stop())).then(() => {});
    return stopping;
  };
  const failed = started.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const services = [...sellers.values()].map((seller) => seller.listing());
  return { sellers, catalogue: { version: "1", services }, stop };
}
