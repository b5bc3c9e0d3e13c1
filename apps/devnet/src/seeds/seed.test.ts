import {
  didAbi,
  eventRegistryAbi,
  identityRegistryAbi,
  identityStakingAbi,
  machineNftAbi,
} from "@peaqos/abi";
import type { Deployment } from "@peaqos/contracts";
import { createPublicClient, hexToString, http, stringToHex, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { devnetAccounts } from "../accounts.ts";
import { type Chain, startChain } from "../chain/index.ts";
import { deployTo, viemChain } from "../deployment.ts";
import { blockTime } from "./calendar.ts";
import { seedPlan } from "./plan.ts";
import { type SeededMachine, seedDevnet } from "./seed.ts";

const DAY = 86_400;
const now = Math.floor(Date.parse("2028-03-01T00:00:10Z") / 1000);
const plan = seedPlan(now);

let chain: Chain;
let deployment: Deployment;
let machines: SeededMachine[];
let client: ReturnType<typeof clientFor>;
const clientFor = () =>
  createPublicClient({ chain: viemChain(chain), transport: http(chain.url, { batch: true }) });

beforeAll(async () => {
  chain = await startChain({ genesisTime: now - 396 * DAY, wallClock: () => now * 1000 });
  deployment = await deployTo(chain);
  machines = await seedDevnet({ chain, deployment, accounts: devnetAccounts(), now });
  client = clientFor();
});
afterAll(() => chain.stop());

const registry = <T>(functionName: string, args: readonly unknown[]) =>
  client.readContract({
    address: deployment.identityRegistry,
    abi: identityRegistryAbi,
    functionName,
    args,
  } as never) as Promise<T>;

const attribute = async (machine: SeededMachine, name: string) => {
  const { value } = await client.readContract({
    address: deployment.didRegistry,
    abi: didAbi,
    functionName: "readAttribute",
    args: [machine.address, stringToHex(name)],
  });
  return hexToString(value);
};

describe("a devnet's chain after the first start's seeding", () => {
  test("every machine is registered as planned, bonded or not, by itself or by the operator", async () => {
    for (const [index, machine] of plan.machines.entries()) {
      const { address, machineId: id } = machines[index]!;
      expect(await registry("ownerOf", [id])).toBe(address);
      const operator = await registry<string>("operatorOf", [id]);
      expect(operator).toBe(
        machine.management === "operator" ? devnetAccounts().operator.address : zeroAddress,
      );
      const staked = await client.readContract({
        address: deployment.identityStaking,
        abi: identityStakingAbi,
        functionName: "isStaked",
        args: [id],
      });
      expect(staked).toBe(machine.bonded);
    }
    expect(await registry("minBond", [])).toBe(10n ** 18n);
  });

  test("every event of the plan is on the chain, recorded on its day", async () => {
    const logs = await client.getContractEvents({
      address: deployment.eventRegistry,
      abi: eventRegistryAbi,
      eventName: "EventSubmitted",
      fromBlock: 0n,
    });
    const blocks = new Map<bigint, number>();
    for (const number of new Set(logs.map(({ blockNumber }) => blockNumber)))
      blocks.set(number, Number((await client.getBlock({ blockNumber: number })).timestamp));
    for (const [index, machine] of plan.machines.entries()) {
      const recorded = logs
        .filter(({ args }) => args.machineId === machines[index]?.machineId)
        .map(({ blockNumber }) => blocks.get(blockNumber));
      const wanted = machine.events.map((event) => blockTime(now, event.daysAgo)).sort((a, b) => a - b);
      expect(recorded).toEqual(wanted);
    }
  });

  test("DID attributes, NFTs and the operator's fleet are there", async () => {
    for (const [index, machine] of plan.machines.entries()) {
      const made = machines[index]!;
      expect(await attribute(made, "machineId")).toBe(String(made.machineId));
      expect(await attribute(made, "data_visibility")).toBe(machine.visibility);
      if (machine.hardware) expect(await attribute(made, "hardware_key")).toMatch(/^(es256|eip191):/);
      if (!machine.bonded) continue;
      const tokenId = await client.readContract({
        address: deployment.machineNft,
        abi: machineNftAbi,
        functionName: "tokenIdOf",
        args: [made.machineId],
      });
      expect(await attribute(made, "nftTokenId")).toBe(String(tokenId));
    }
    const operated = machines.filter((_, index) => plan.machines[index]?.management === "operator");
    const { value } = await client.readContract({
      address: deployment.didRegistry,
      abi: didAbi,
      functionName: "readAttribute",
      args: [devnetAccounts().operator.address, stringToHex("machines")],
    });
    expect(JSON.parse(hexToString(value))).toEqual(operated.map(({ machineId }) => Number(machineId)));
  });

  test("at most 100 blocks, none later than now, and blocks are made by themselves again", async () => {
    expect(await client.getBlockNumber({ cacheTime: 0 })).toBeLessThanOrEqual(100n);
    expect(Number((await client.getBlock()).timestamp)).toBeLessThan(now);
    expect(await chain.admin("anvil_getAutomine")).toBe(true);
  });
});
