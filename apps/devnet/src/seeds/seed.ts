import type { Deployment } from "@peaqos/contracts";
import type { Address, Hex } from "viem";
import type { DevnetAccounts } from "../accounts.ts";
import type { Chain } from "../chain/index.ts";
import { blockTime, SETUP_DAYS_AGO } from "./calendar.ts";
import { SeedChain } from "./chain.ts";
import { Fleet } from "./fleet.ts";
import { seedPlan } from "./plan.ts";
import { Reports } from "./reports.ts";
import type { SeedMachine } from "./types.ts";

export type SeedOptions = {
  chain: Chain;
  deployment: Deployment;
  accounts: DevnetAccounts;
  /** Unix seconds of the first start. The chain must have begun at least 393 days before. */
  now: number;
  onProgress?: (done: number, of: number) => void;
};

/** A machine as `devnet.json` names it. */
export type SeededMachine = {
  name: string;
  shows: string;
  /** At the first start; time moves ratings. */
  rating: SeedMachine["rating"];
  did: string;
  machineId: bigint;
  address: Address;
  privateKey: Hex;
};

/**
 * Registers the seeded machines and mines their histories, a block for each day on which they report. Leaves automatic
 * mining as it was and the chain's clock at the newest seed block: the caller lets time jump to now.
 *
 * @throws when the chain refuses a transaction or one of them fails: a half-seeded chain is of no use.
 */
export async function seedDevnet(options: SeedOptions): Promise<SeededMachine[]> {
  const { chain, deployment, accounts, now } = options;
  const plan = seedPlan(now);
  const on = await SeedChain.open(chain, deployment, accounts);
  const fleet = new Fleet(on, plan.machines);
  const setup = blockTime(now, SETUP_DAYS_AGO);
  await fleet.register(setup);

  const reports = new Reports(on, fleet);
  const blocks = plan.reportDays.length;
  // The next day is signed while the node mines this one.
  let mining: Promise<void> = Promise.resolve();
  for (const [index, daysAgo] of plan.reportDays.entries()) {
    const transactions = await reports.block(daysAgo);
    await mining;
    mining = on.mine(blockTime(now, daysAgo), transactions);
    mining.catch(() => {}); // awaited in the next round; meanwhile it must not count as unhandled
    options.onProgress?.(index + 1, blocks);
  }
  await mining;
  await on.finish();
  return fleet.members.map(({ machine, address, privateKey, machineId }) => ({
    name: machine.name,
    shows: machine.shows,
    rating: machine.rating,
    did: `did:peaq:${address.toLowerCase()}`,
    machineId,
    address,
    privateKey,
  }));
}
