import { join } from "node:path";
import type { Seller, SellerConfig } from "./types.ts";

/** Settings of a seller that runs on its own, from its environment. */
export function configFromEnvironment(name: string, defaultPort: number): SellerConfig {
  const { SELLER_PORT, SELLER_HOST, SELLER_DATA_DIR, SELLER_PUBLIC_URL, PEAQOS_RPC_URL, SELLER_UNPAID } =
    process.env;
  if (SELLER_UNPAID !== undefined && SELLER_UNPAID !== "refuse" && SELLER_UNPAID !== "serve")
    throw new Error(`SELLER_UNPAID is ${SELLER_UNPAID}; it must be refuse or serve`);
  const port = Number(SELLER_PORT ?? defaultPort);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`SELLER_PORT is ${SELLER_PORT}; it must be a port number`);
  return {
    port,
    dataDir: SELLER_DATA_DIR ?? join(process.cwd(), ".sellers", name),
    log: (entry) => console.error(JSON.stringify(entry)),
    ...(SELLER_HOST !== undefined && { host: SELLER_HOST }),
    ...(SELLER_PUBLIC_URL !== undefined && { publicUrl: SELLER_PUBLIC_URL }),
    ...(PEAQOS_RPC_URL !== undefined && { rpcUrl: PEAQOS_RPC_URL }),
    ...(SELLER_UNPAID !== undefined && { unpaid: SELLER_UNPAID }),
  };
}

/** Prints the catalogue of this one seller, then sells until SIGINT or SIGTERM. */
export async function run(starting: Promise<Seller>): Promise<void> {
  const seller = await starting;
  console.log(JSON.stringify({ version: "1", services: [seller.listing()] }, null, 2));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void seller.stop());
}
