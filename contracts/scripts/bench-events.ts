// Measures how an event is best kept: packed storage slots against code, in gas and in Anvil's time per block.
// Usage: forge build && node contracts/scripts/bench-events.ts [events]   (the figures of
// docs/decisions/event-storage.md)
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Abi,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  keccak256,
  stringToHex,
  toHex,
} from "viem";
import { type Anvil, startAnvil } from "../test/anvil.ts";

const EVENTS = Number(process.argv[2] ?? 4000);
const PER_TRANSACTION = 50;
const MACHINES = 100;
const NONE: Hex = `0x${"00".repeat(32)}`;

const KINDS: Record<string, (i: number) => object> = {
  "activity, data hash": (i) => ({
    eventType: 1,
    currency: "",
    trustLevel: 0,
    sourceTxHash: NONE,
    metadata: "0x",
    value: BigInt(5000 + i),
  }),
  "revenue, source tx": (i) => ({
    eventType: 0,
    currency: "USD",
    trustLevel: 1,
    sourceTxHash: keccak256(toHex(i)),
    metadata: "0x",
    value: BigInt(500 + i),
  }),
  "revenue, hardware signature (96 B)": (i) => ({
    eventType: 0,
    currency: "USD",
    trustLevel: 2,
    sourceTxHash: NONE,
    metadata: stringToHex(JSON.stringify({ hw: { sig: "A".repeat(80) } })),
    value: BigInt(500 + i),
  }),
};

type Sample = { gas: number; readGas: number; block: number };

async function measure(name: string, kind: (i: number) => object): Promise<Sample> {
  const anvil = await startAnvil();
  try {
    const { abi, bytecode } = JSON.parse(
      readFileSync(join(import.meta.dirname, "..", "out", "EventStorageBench.sol", `${name}.json`), "utf8"),
    ) as { abi: Abi; bytecode: { object: Hex } };
    const wallet = anvil.walletClient(await anvil.account());
    const send = async (to: Hex | undefined, data: Hex) => {
      const hash = await wallet.sendTransaction({ ...(to ? { to } : {}), data, gas: 25_000_000n });
      const receipt = await anvil.publicClient.waitForTransactionReceipt({ hash });
      if (receipt.status !== "success") throw new Error(`${name}: ${hash} reverted`);
      return receipt;
    };
    const { contractAddress } = await send(undefined, encodeDeployData({ abi, bytecode: bytecode.object }));
    const address = contractAddress!;
    let gas = 0n;
    for (let start = 0; start < EVENTS; start += PER_TRANSACTION) {
      const events = Array.from({ length: Math.min(PER_TRANSACTION, EVENTS - start) }, (_, offset) => {
        const i = start + offset;
        return {
          machineId: BigInt((i % MACHINES) + 1),
          timestamp: 1_790_000_000n,
          dataHash: keccak256(toHex(i)),
          sourceChainId: 0n,
          ...kind(i),
        };
      });
      gas += (await send(address, encodeFunctionData({ abi, functionName: "append", args: [events] })))
        .gasUsed;
    }
    const page = Math.min(20, Math.floor(EVENTS / MACHINES));
    const read = await anvil.publicClient.estimateContractGas({
      address,
      abi,
      functionName: "page",
      args: [1n, BigInt(page)],
      account: wallet.account,
    });
    return { gas: Number(gas) / EVENTS, readGas: Number(read) / page, block: await blockTime(anvil) };
  } finally {
    await anvil.stop();
  }
}

/** Median milliseconds of an empty block. */
async function blockTime(anvil: Anvil): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 21; i++) {
    const started = performance.now();
    await anvil.rpcAdmin("evm_mine", []);
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[10]!;
}

console.log(
  `${EVENTS} events of ${MACHINES} machines, ${PER_TRANSACTION} a transaction; without the registry's checks`,
);
for (const [kind, make] of Object.entries(KINDS)) {
  for (const name of ["SlotsBench", "CodeBench"]) {
    const { gas, readGas, block } = await measure(name, make);
    console.log(
      `${kind.padEnd(36)} ${name.padEnd(11)} ${Math.round(gas)} gas/event, ${Math.round(readGas)} gas/read, ${block.toFixed(1)} ms/block`,
    );
  }
}
