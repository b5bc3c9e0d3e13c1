import type { Deployment } from "@peaqos/contracts";
import type { Address, Hex } from "viem";
import type { DevnetAccounts } from "../accounts.ts";
import type { Chain } from "../chain/index.ts";

export type SeededMachine = {
  name: string;
  shows: string;
  did: string;
  machineId: bigint;
  address: Address;
  privateKey: Hex;
};

export type SeedOptions = {
  chain: Chain;
  deployment: Deployment;
  accounts: DevnetAccounts;
  adminRpc: Chain["admin"];
  now: number;
  onProgress: (done: number, of: number) => void;
};

/** The seeded machines; an empty chain when there are no seeds in this version. */
export async function seed(options: SeedOptions): Promise<SeededMachine[]> {
  const { seedDevnet } = await import("../seeds/seed.ts");
  return seedDevnet(options);
}
