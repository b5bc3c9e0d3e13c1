import { didAbi, eventRegistryAbi, identityRegistryAbi } from "@peaqos/abi";
import type { Deployment } from "@peaqos/contracts";
import type { Address, Hex } from "viem";
import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  http,
  parseAbi,
  toHex,
  zeroHash,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { devnetKey } from "../accounts.ts";
import { deployTo, viemChain } from "../deployment.ts";
import { BATCH_PRECOMPILE, callParams } from "./batch-precompile.ts";
import type { Chain } from "./index.ts";
import { startChain } from "./index.ts";

const PEAQ = 10n ** 18n;
const batchAbi = parseAbi([
  "function batchAll(address[] to, uint256[] value, bytes[] callData, uint64[] gasLimit)",
  "function batchSome(address[] to, uint256[] value, bytes[] callData, uint64[] gasLimit)",
]);

let chain: Chain;
let contracts: Deployment;
let count = 0;

beforeAll(async () => {
  chain = await startChain({});
  contracts = await deployTo(chain);
});
afterAll(() => chain.stop());

async function sender() {
  const account = privateKeyToAccount(devnetKey(`batch test ${count++}`));
  await chain.admin("anvil_setBalance", [account.address, toHex(100n * PEAQ)]);
  const transport = http(chain.url);
  const options = { chain: viemChain(chain), transport, pollingInterval: 10, cacheTime: 0 };
  return { account, wallet: createWalletClient({ account, ...options }), read: createPublicClient(options) };
}

const register = () => encodeFunctionData({ abi: identityRegistryAbi, functionName: "register", args: [] });
const attribute = (did: Address, name: string) =>
  encodeFunctionData({
    abi: didAbi,
    functionName: "addAttribute",
    args: [did, toHex(name), toHex("x"), 0],
  } as never);

function batch(name: "batchAll" | "batchSome", calls: { to: Address; value?: bigint; data: Hex }[]): Hex {
  return encodeFunctionData({
    abi: batchAbi,
    functionName: name,
    args: [
      calls.map(({ to }) => to),
      calls.map(({ value }) => value ?? 0n),
      calls.map(({ data }) => data),
      calls.map(() => 0n),
    ],
  });
}

test("every call of a batch comes from the sender and is paid by it (viem: estimate, send, receipt)", async () => {
  const { account, wallet, read } = await sender();
  const before = await read.getBalance({ address: account.address });
  const hash = await wallet.sendTransaction({
    to: BATCH_PRECOMPILE,
    data: batch("batchAll", [{ to: contracts.identityRegistry, value: PEAQ, data: register() }]),
  });
  const receipt = await read.getTransactionReceipt({ hash });
  expect(receipt.status).toBe("success");
  const id = await read.readContract({
    address: contracts.identityRegistry,
    abi: identityRegistryAbi,
    functionName: "machineIdOfOwner",
    args: [account.address],
  });
  expect(id).toBeGreaterThan(0n);
  const spent = before - (await read.getBalance({ address: account.address }));
  expect(spent).toBe(PEAQ + receipt.gasUsed * receipt.effectiveGasPrice);
});

test("the sender is an ordinary account again after it: no code, takes a transfer of 21,000 gas", async () => {
  const { account, wallet, read } = await sender();
  const data = batch("batchAll", [{ to: contracts.identityRegistry, value: PEAQ, data: register() }]);
  await wallet.sendTransaction({ to: BATCH_PRECOMPILE, data });
  expect(await read.getCode({ address: account.address })).toBeUndefined();
  const other = await sender();
  const hash = await other.wallet.sendTransaction({ to: account.address, value: 1n, gas: 21_000n });
  expect((await read.getTransactionReceipt({ hash })).status).toBe("success");
});

test("raw JSON: eth_call and eth_estimateGas work without a signature; the inner custom error comes through", async () => {
  const { account } = await sender();
  const rpc = async (method: string, params: unknown[]) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    return (await (await fetch(chain.url, { method: "POST", body })).json()) as {
      result?: string;
      error?: { code: number; message: string; data?: string };
    };
  };
  const good = { from: account.address, to: BATCH_PRECOMPILE.toUpperCase().replace("0X", "0x") };
  const data = batch("batchAll", [{ to: contracts.identityRegistry, value: PEAQ, data: register() }]);
  expect((await rpc("eth_call", [{ ...good, data }, "latest"])).result).toBe("0x");
  expect(Number((await rpc("eth_estimateGas", [{ ...good, data }])).result)).toBeGreaterThan(100_000);
  const event = encodeFunctionData({
    abi: eventRegistryAbi,
    functionName: "submitEvent",
    args: [999_999n, 1, 0n, "", BigInt(chain.now() - 60), zeroHash, 0, 0n, zeroHash, "0x"],
  });
  const { error } = await rpc("eth_call", [
    { ...good, data: batch("batchAll", [{ to: contracts.eventRegistry, data: event }]) },
    "latest",
  ]);
  expect(error?.code).toBe(3);
  const { error: direct } = await rpc("eth_call", [
    { from: account.address, to: contracts.eventRegistry, data: event },
    "latest",
  ]);
  expect(error?.data).toBe(direct?.data);
});

test("all or nothing: a failing call takes the ones before it back", async () => {
  const { account, wallet, read } = await sender();
  const calls = [
    { to: contracts.identityRegistry, value: PEAQ, data: register() },
    { to: contracts.identityRegistry, value: PEAQ, data: register() },
  ];
  const hash = await wallet.sendTransaction({
    to: BATCH_PRECOMPILE,
    data: batch("batchAll", calls),
    gas: 2_000_000n,
  });
  expect((await read.getTransactionReceipt({ hash })).status).toBe("reverted");
  const machine = {
    address: contracts.identityRegistry,
    abi: identityRegistryAbi,
    functionName: "machineIdOfOwner",
  } as const;
  expect(await read.readContract({ ...machine, args: [account.address] })).toBe(0n);
  const some = await wallet.sendTransaction({
    to: BATCH_PRECOMPILE,
    data: batch("batchSome", calls),
    gas: 2_000_000n,
  });
  expect((await read.getTransactionReceipt({ hash: some })).status).toBe("success");
  expect(await read.readContract({ ...machine, args: [account.address] })).toBeGreaterThan(0n);
});

test("batches of many senders, plain transfers to them and batches waiting for a nonce, all at once", async () => {
  const people = await Promise.all(Array.from({ length: 8 }, sender));
  const sends = people.flatMap(({ account }, i) => {
    const neighbour = people[(i + 1) % people.length]?.account.address as Address;
    const fees = {
      type: "eip1559",
      chainId: chain.chainId,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 1n,
    } as const;
    const data = batch("batchAll", [{ to: contracts.identityRegistry, value: PEAQ, data: register() }]);
    // The batch has the second nonce and is sent first.
    return [
      account.signTransaction({ ...fees, nonce: 1, to: BATCH_PRECOMPILE, data, gas: 2_000_000n }),
      account.signTransaction({ ...fees, nonce: 0, to: neighbour, value: 1n, gas: 21_000n }),
      account.signTransaction({ ...fees, nonce: 2, to: neighbour, value: 1n, gas: 21_000n }),
    ];
  });
  const hashes = await Promise.all(sends.map(async (raw) => chain.send(await raw)));
  const read = (people[0] as Awaited<ReturnType<typeof sender>>).read;
  const receipts = await Promise.all(hashes.map((hash) => read.getTransactionReceipt({ hash })));
  expect(receipts.map(({ status }) => status)).toEqual(hashes.map(() => "success"));
});

test("a DID attribute written in a batch belongs to the sender", async () => {
  const { account, wallet, read } = await sender();
  const hash = await wallet.sendTransaction({
    to: BATCH_PRECOMPILE,
    data: batch("batchAll", [{ to: contracts.didRegistry, data: attribute(account.address, "a") }]),
  });
  expect((await read.getTransactionReceipt({ hash })).status).toBe("success");
});

test("overrides the caller brings stay", () => {
  const executor = "0x0000000000000000000000000000000000007702";
  const from = "0x00000000000000000000000000000000000000AA";
  const params = callParams(
    [{ from, to: BATCH_PRECOMPILE }, "latest", { [from.toLowerCase()]: { balance: "0x1" } }, { time: "0x9" }],
    { executor, now: 100, head: 50 },
  );
  expect(params?.[2]).toEqual({
    [from.toLowerCase()]: { balance: "0x1", code: `0xef0100${executor.slice(2)}` },
  });
  expect(params?.[3]).toEqual({ time: "0x9" });
  expect(callParams([{ to: from }, "0x10"], { executor, now: 100, head: 50 })).toBeUndefined();
  expect(callParams([{ to: from }], { executor, now: 100, head: 100 })).toBeUndefined();
});
