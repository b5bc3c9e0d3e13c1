import { eventRegistryAbi, identityRegistryAbi, identityStakingAbi, machineNftAbi } from "@peaqos/abi";
import { parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deployment, deployContracts } from "../deploy/index.ts";
import { type Anvil, startAnvil } from "./anvil.ts";

let anvil: Anvil;
let deployment: Deployment;

beforeAll(async () => {
  anvil = await startAnvil();
  const account = await anvil.account();
  deployment = await deployContracts({ ...anvil, walletClient: anvil.walletClient(account) });
});
afterAll(() => anvil.stop());

describe("deployContracts", () => {
  it("wires the contracts to each other", async () => {
    const { publicClient } = anvil;
    const event = { address: deployment.eventRegistry, abi: eventRegistryAbi } as const;
    const staking = { address: deployment.identityStaking, abi: identityStakingAbi } as const;
    expect(await publicClient.readContract({ ...event, functionName: "identityRegistryAddress" })).toBe(
      deployment.identityRegistry,
    );
    expect(await publicClient.readContract({ ...event, functionName: "identityStakingAddress" })).toBe(
      deployment.identityStaking,
    );
    expect(await publicClient.readContract({ ...staking, functionName: "stakingToken" })).toBe(
      deployment.wpeaq,
    );
  });

  it("lets a machine register with 1 PEAQ, mint its NFT and report", async () => {
    const { publicClient } = anvil;
    const machine = await anvil.account();
    const wallet = anvil.walletClient(machine);
    const registry = { address: deployment.identityRegistry, abi: identityRegistryAbi } as const;
    const wait = async (hash: `0x${string}`) => {
      const receipt = await publicClient.waitForTransactionReceipt({ hash });
      expect(receipt.status).toBe("success");
      return receipt;
    };
    await wait(await wallet.writeContract({ ...registry, functionName: "register", value: parseEther("1") }));
    const id = await publicClient.readContract({
      ...registry,
      functionName: "machineIdOfOwner",
      args: [machine.address],
    });
    expect(id).toBe(1n);
    await wait(
      await wallet.writeContract({
        address: deployment.machineNft,
        abi: machineNftAbi,
        functionName: "mint",
        args: [id, machine.address],
      }),
    );
    const { timestamp } = await publicClient.getBlock();
    const hash = `0x${"ab".repeat(32)}` as const;
    const none = `0x${"00".repeat(32)}` as const;
    await wait(
      await wallet.writeContract({
        address: deployment.eventRegistry,
        abi: eventRegistryAbi,
        functionName: "submitEvent",
        args: [id, 0, 1250n, "USD", timestamp, hash, 0, 0n, none, "0x"],
      }),
    );
    const [event] = await publicClient.readContract({
      address: deployment.eventRegistry,
      abi: eventRegistryAbi,
      functionName: "getEvents",
      args: [id, 0n, 100n],
    });
    expect(event).toEqual({
      machineId: 1n,
      eventType: 0,
      value: 1250n,
      timestamp,
      dataHash: hash,
      trustLevel: 0,
      sourceChainId: 0n,
      sourceTxHash: none,
      metadata: "0x",
      currency: "USD",
    });
  });

  it("gives the same addresses for the same deployer and nonce", async () => {
    const account = await anvil.account();
    const other = await startAnvil();
    try {
      await other.rpcAdmin("anvil_setBalance", [account.address, "0xde0b6b3a7640000"]);
      const first = await deployContracts({ ...anvil, walletClient: anvil.walletClient(account) });
      const second = await deployContracts({ ...other, walletClient: other.walletClient(account) });
      expect(second).toEqual(first);
    } finally {
      await other.stop();
    }
  });
});
