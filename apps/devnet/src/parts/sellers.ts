import { join } from "node:path";
import type { Sellers } from "@peaqos/example-sellers";
import { devnetAccounts } from "../accounts.ts";
import type { DevnetFile } from "../files.ts";
import { writeAtomically } from "../files.ts";
import { logFile } from "../process/log-file.ts";

export type SellersPartOptions = {
  /** The first of their ports; 0: free ones. */
  port: number;
  dataDir: string;
  logFile: string;
  rpcUrl: string;
  chainId: number;
  contracts: DevnetFile["contracts"];
  machines: DevnetFile["machines"];
};

/** The seeded station that sells charging sessions: no event on the first start's day, and room in its rating. */
const CHARGER = "bb-charger-for-sale";

/** The sellers' ports begin so far above the number that places them. */
const SELLERS_OFFSET = 10;

/** The example sellers, in this process, and the catalogue that lists them. */
export async function startSellersPart(
  options: SellersPartOptions,
): Promise<{ sellers: Sellers; catalogueFile: string }> {
  const { startSellers } = await import("@peaqos/example-sellers");
  const { createLogger } = await import("@peaqos/service-kit");
  const { contracts, chainId, rpcUrl } = options;
  const logger = createLogger({ service: "sellers", level: "info" }, logFile(options.logFile));
  const station = options.machines.find(({ name }) => name === CHARGER);
  const seller = devnetAccounts().seller.address;
  const sellers = await startSellers({
    portBase: options.port === 0 ? 0 : options.port - SELLERS_OFFSET,
    dataDir: join(options.dataDir, "sellers"),
    chain: { rpcUrl, chainId, usdc: contracts.usdc, usdt: contracts.usdt },
    charger:
      station === undefined
        ? null
        : {
            privateKey: station.private_key,
            machineId: BigInt(station.machine_id),
            did: station.did,
            contracts,
          },
    payees: { priceFeed: seller, storage: seller },
    log: (entry) => logger.info(entry, "call"),
  });
  const catalogueFile = join(options.dataDir, "catalogue.json");
  writeAtomically(catalogueFile, `${JSON.stringify(sellers.catalogue, null, 2)}\n`);
  return { sellers, catalogueFile };
}
