import { batchAbi, eventRegistryAbi, identityRegistryAbi } from "@peaqos/abi";
import { encodeFunctionData, type Hex, keccak256, numberToHex, zeroHash } from "viem";
import { type BenchChain, rpc, rpcBatch } from "./chain.ts";

const BOND = 10n ** 18n;

/** Signs transactions of one account with consecutive nonces; nothing is asked of the node in between. */
export async function signer(chain: BenchChain, name: string) {
  const account = chain.account(name);
  let nonce = Number(await rpc<Hex>(chain.url, "eth_getTransactionCount", [account.address, "latest"]));
  return {
    address: account.address,
    sign: (to: Hex, data: Hex, gas: bigint, value = 0n): Promise<Hex> =>
      account.signTransaction({
        chainId: chain.chainId,
        type: "eip1559",
        nonce: nonce++,
        to,
        data,
        gas,
        value,
        maxFeePerGas: 10n ** 11n,
        maxPriorityFeePerGas: 10n ** 9n,
      }),
  };
}

/** Sends signed transactions in JSON-RPC batches and checks that every one succeeded. */
export async function sendAll(chain: BenchChain, raws: readonly Hex[], perRequest = 50): Promise<Hex[]> {
  const hashes: Hex[] = [];
  for (let i = 0; i < raws.length; i += perRequest)
    hashes.push(
      ...(await rpcBatch<Hex>(
        chain.url,
        raws.slice(i, i + perRequest).map((raw) => ["eth_sendRawTransaction", [raw]] as const),
      )),
    );
  for (let i = 0; i < hashes.length; i += 200) {
    const receipts = await rpcBatch<{ status: Hex } | null>(
      chain.url,
      hashes.slice(i, i + 200).map((hash) => ["eth_getTransactionReceipt", [hash]] as const),
    );
    for (const [at, receipt] of receipts.entries())
      if (receipt?.status !== "0x1") throw new Error(`transaction ${hashes[i + at]} failed or is missing`);
  }
  return hashes;
}

/** Registers `count` machines of one operator and gives their ids. */
export async function registerFleet(chain: BenchChain, operator: string, count: number): Promise<bigint[]> {
  const { sign } = await signer(chain, operator);
  const before = BigInt(
    await rpc<Hex>(chain.url, "eth_call", [
      {
        to: chain.deployment.identityRegistry,
        data: encodeFunctionData({ abi: identityRegistryAbi, functionName: "totalMachines" }),
      },
      "latest",
    ]),
  );
  const raws: Hex[] = [];
  for (let i = 0; i < count; i++) {
    const machine = `0x${keccak256(numberToHex(before + BigInt(i), { size: 32 })).slice(-40)}` as const;
    const data = encodeFunctionData({
      abi: identityRegistryAbi,
      functionName: "registerFor",
      args: [machine],
    });
    raws.push(await sign(chain.deployment.identityRegistry, data, 1_000_000n, BOND));
  }
  await sendAll(chain, raws);
  return Array.from({ length: count }, (_, i) => before + 1n + BigInt(i));
}

/** Calldata of one event as a charging station would report it: about 120 bytes of metadata. */
export function eventCall(machineId: bigint, i: number, timestamp: number): Hex {
  const revenue = i % 3 === 0;
  return encodeFunctionData({
    abi: eventRegistryAbi,
    functionName: "submitEvent",
    args: [
      machineId,
      revenue ? 0 : 1,
      BigInt(100 + (i % 900)),
      revenue ? "USD" : "",
      BigInt(timestamp),
      keccak256(numberToHex(i)),
      0,
      0n,
      zeroHash,
      `0x${Buffer.from(JSON.stringify({ session: i, energy_wh: 7_000 + i, connector: "type2" })).toString("hex")}`,
    ],
  });
}

/** One atomic batch of events through the batch precompile. */
export function batchCall(chain: BenchChain, calls: readonly Hex[]): Hex {
  return encodeFunctionData({
    abi: batchAbi,
    functionName: "batchAll",
    args: [
      calls.map(() => chain.deployment.eventRegistry),
      calls.map(() => 0n),
      [...calls],
      calls.map(() => 0n),
    ],
  });
}

/** `count` events of the machines in turn, `perBlock` in one transaction, each transaction in a block of its own. */
export async function seedEvents(
  chain: BenchChain,
  operator: string,
  machines: readonly bigint[],
  count: number,
  perBlock: number,
): Promise<void> {
  const { sign } = await signer(chain, operator);
  const block = await rpc<{ timestamp: Hex }>(chain.url, "eth_getBlockByNumber", ["latest", false]);
  const now = Number(block.timestamp);
  for (let at = 0; at < count; at += perBlock) {
    const calls = Array.from({ length: Math.min(perBlock, count - at) }, (_, i) =>
      eventCall(machines[(at + i) % machines.length]!, at + i, now - 86_400 * ((at + i) % 60)),
    );
    await sendAll(chain, [
      await sign(chain.deployment.batchPrecompile, batchCall(chain, calls), 30_000_000n),
    ]);
  }
}
