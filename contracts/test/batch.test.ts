import { batchAbi, didAbi, eventRegistryAbi, identityRegistryAbi, machineNftAbi } from "@peaqos/abi";
import {
  type Address,
  encodeFunctionData,
  type Hex,
  type LocalAccount,
  parseEther,
  parseEventLogs,
  toFunctionSelector,
  zeroHash,
} from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, deployContracts } from "../deploy/index.ts";
import { type Anvil, startAnvil } from "./anvil.ts";

let anvil: Anvil;
let deployment: Deployment;
let account: LocalAccount;

beforeAll(async () => {
  anvil = await startAnvil();
  const admin = await anvil.account();
  deployment = await deployContracts({ ...anvil, walletClient: anvil.walletClient(admin) });
});
afterAll(() => anvil.stop());
beforeEach(async () => {
  account = await anvil.account();
  await anvil.lend(account.address, deployment.batchExecutor);
});

type Call = { to: Address; value?: bigint; data: Hex };

function encode(
  functionName: "batchAll" | "batchSome" | "batchSomeUntilFailure",
  calls: readonly Call[],
): Hex {
  return encodeFunctionData({
    abi: batchAbi,
    functionName,
    args: [
      calls.map(({ to }) => to),
      calls.map(({ value = 0n }) => value),
      calls.map(({ data }) => data),
      calls.map(() => 0n),
    ],
  });
}

/** Sends with the bare estimate as gas limit, as the published Python client does. */
async function send(data: Hex) {
  const request = { account, to: deployment.batchPrecompile, data };
  const gas = await anvil.publicClient.estimateGas(request);
  const hash = await anvil.walletClient(account).sendTransaction({ ...request, gas });
  return anvil.publicClient.waitForTransactionReceipt({ hash });
}

/** The raw revert data that a failing eth_estimateGas hands out. */
async function revertData(data: Hex): Promise<unknown> {
  const response = await fetch(anvil.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "eth_estimateGas",
      params: [{ from: account.address, to: deployment.batchPrecompile, data }],
    }),
  });
  return ((await response.json()) as { error: { data?: string } }).error.data;
}

const register = (): Call => ({
  to: deployment.identityRegistry,
  value: parseEther("1"),
  data: encodeFunctionData({ abi: identityRegistryAbi, functionName: "register" }),
});

async function machineId(): Promise<bigint> {
  return anvil.publicClient.readContract({
    address: deployment.identityRegistry,
    abi: identityRegistryAbi,
    functionName: "machineIdOfOwner",
    args: [account.address],
  });
}

function submit(id: bigint, value: bigint, timestamp: bigint): Call {
  return {
    to: deployment.eventRegistry,
    data: encodeFunctionData({
      abi: eventRegistryAbi,
      functionName: "submitEvent",
      args: [id, 1, value, "", timestamp, zeroHash, 0, 0n, zeroHash, "0x"],
    }),
  };
}

const events = (id: bigint) =>
  anvil.publicClient.readContract({
    address: deployment.eventRegistry,
    abi: eventRegistryAbi,
    functionName: "getEvents",
    args: [id, 0n, 100n],
  });

/** Guarantees: a batch acts as its sender, with its sender's money, all or nothing, on a real node. */
describe("the batch stand-in on Anvil", () => {
  it("keeps the sender and pays from its balance", async () => {
    const total = await anvil.publicClient.readContract({
      address: deployment.identityRegistry,
      abi: identityRegistryAbi,
      functionName: "totalMachines",
    });
    const mint: Call = {
      to: deployment.machineNft,
      data: encodeFunctionData({
        abi: machineNftAbi,
        functionName: "mint",
        args: [total + 1n, account.address],
      }),
    };
    const before = await anvil.publicClient.getBalance(account);
    const receipt = await send(encode("batchAll", [register(), mint]));
    expect(receipt.status).toBe("success");
    expect(await machineId()).toBe(total + 1n);
    const after = await anvil.publicClient.getBalance(account);
    expect(before - after).toBe(parseEther("1") + receipt.gasUsed * receipt.effectiveGasPrice);
    const logs = parseEventLogs({ abi: batchAbi, logs: receipt.logs });
    expect(logs.map(({ eventName, args, address }) => [eventName, args.index, address])).toEqual([
      ["SubcallSucceeded", 0n, deployment.batchPrecompile],
      ["SubcallSucceeded", 1n, deployment.batchPrecompile],
    ]);
  });

  it("rolls everything back when one call fails and hands its error through unchanged", async () => {
    const data = encode("batchAll", [register(), submit(10n ** 9n, 1n, 1n)]);
    expect(await revertData(data)).toBe(toFunctionSelector("MachineNotFound()"));
    const hash = await anvil
      .walletClient(account)
      .sendTransaction({ to: deployment.batchPrecompile, data, gas: 2_000_000n });
    const receipt = await anvil.publicClient.waitForTransactionReceipt({ hash });
    expect(receipt.status).toBe("reverted");
    expect(receipt.logs).toEqual([]);
    expect(await machineId()).toBe(0n);
  });

  it("hands a precompile's text through unchanged", async () => {
    const attribute = (name: string): Call => ({
      to: deployment.didRegistry,
      data: encodeFunctionData({
        abi: didAbi,
        functionName: "addAttribute",
        args: [account.address, `0x${Buffer.from(name).toString("hex")}`, "0x31", 0],
      }),
    });
    expect((await send(encode("batchAll", [attribute("machineId"), attribute("nftTokenId")]))).status).toBe(
      "success",
    );
    const again = encode("batchAll", [attribute("other"), attribute("machineId")]);
    const request = { account, to: deployment.batchPrecompile, data: again };
    await expect(anvil.publicClient.estimateGas(request)).rejects.toThrow(
      'Dispatched call failed with error: Module(ModuleError { index: 100, error: [1, 0, 0, 0], message: Some("AttributeAlreadyExist") })',
    );
  });

  it("estimates a batch of 80 events exactly enough", async () => {
    await send(encode("batchAll", [register()]));
    const id = await machineId();
    const { timestamp } = await anvil.publicClient.getBlock();
    const calls = Array.from({ length: 80 }, (_, i) => submit(id, BigInt(i), timestamp));
    const receipt = await send(encode("batchAll", calls));
    expect(receipt.status).toBe("success");
    expect((await events(id)).map(({ value }) => value)).toEqual(calls.map((_, i) => BigInt(i)));
  });

  it("estimates the largest event exactly enough, alone and in a batch", async () => {
    await send(encode("batchAll", [register()]));
    const id = await machineId();
    const { timestamp } = await anvil.publicClient.getBlock();
    const metadata: Hex = `0x${"5a".repeat(4096)}`;
    const data = encodeFunctionData({
      abi: eventRegistryAbi,
      functionName: "submitEvent",
      args: [
        id,
        0,
        2n ** 256n - 1n,
        "ABCDEFGHIJ",
        timestamp,
        zeroHash,
        2,
        2n ** 256n - 1n,
        zeroHash,
        metadata,
      ],
    });
    const request = { account, to: deployment.eventRegistry, data };
    const gas = await anvil.publicClient.estimateGas(request);
    const hash = await anvil.walletClient(account).sendTransaction({ ...request, gas });
    expect((await anvil.publicClient.waitForTransactionReceipt({ hash })).status).toBe("success");
    const receipt = await send(encode("batchAll", [{ to: deployment.eventRegistry, data }]));
    expect(receipt.status).toBe("success");
    const stored = await events(id);
    expect(stored.map((event) => [event.value, event.sourceChainId, event.metadata])).toEqual(
      Array(2).fill([2n ** 256n - 1n, 2n ** 256n - 1n, metadata]),
    );
  });

  it("goes on after a failure in batchSome, with the bare estimate as gas", async () => {
    await send(encode("batchAll", [register()]));
    const id = await machineId();
    const { timestamp } = await anvil.publicClient.getBlock();
    const calls = [
      submit(id, 1n, timestamp),
      submit(id, 2n, timestamp + 10n ** 6n), // in the future
      submit(id, 3n, timestamp),
    ];
    const receipt = await send(encode("batchSome", calls));
    const names = parseEventLogs({ abi: batchAbi, logs: receipt.logs }).map(({ eventName }) => eventName);
    expect(names).toEqual(["SubcallSucceeded", "SubcallFailed", "SubcallSucceeded"]);
    expect((await events(id)).map(({ value }) => value)).toEqual([1n, 3n]);
  });

  it("stops at a failure in batchSomeUntilFailure", async () => {
    await send(encode("batchAll", [register()]));
    const id = await machineId();
    const { timestamp } = await anvil.publicClient.getBlock();
    const calls = [
      submit(id, 1n, timestamp),
      submit(id + 10n ** 6n, 2n, timestamp),
      submit(id, 3n, timestamp),
    ];
    const receipt = await send(encode("batchSomeUntilFailure", calls));
    expect(receipt.status).toBe("success");
    expect((await events(id)).map(({ value }) => value)).toEqual([1n]);
  });

  it("refuses an account that was lent no code, and says why", async () => {
    await anvil.lend(account.address, undefined);
    const request = { account, to: deployment.batchPrecompile, data: encode("batchAll", []) };
    await expect(anvil.publicClient.estimateGas(request)).rejects.toThrow("RPC gateway");
  });

  it("leaves an account with lent code able to receive and to sign ordinary transactions", async () => {
    const other = await anvil.account();
    const wallet = anvil.walletClient(other);
    const hash = await wallet.sendTransaction({ to: account.address, value: 5n, gas: 100_000n });
    expect((await anvil.publicClient.waitForTransactionReceipt({ hash })).status).toBe("success");
    const own = await anvil.walletClient(account).sendTransaction({ to: other.address, value: 7n });
    expect((await anvil.publicClient.waitForTransactionReceipt({ hash: own })).status).toBe("success");
  });
});
