import { expect, test } from "vitest";
import { padGas, shapeOf } from "./gas.ts";
import { HeadCache } from "./head.ts";
import type { Rpc } from "./rpc.ts";

/** An endpoint with a scripted block; counts what it is asked. */
function node(block: { latest: number; pending?: number; baseFee?: string | null; tip?: string | Error }) {
  const asked: string[] = [];
  const request = async (method: string, params: readonly unknown[] = []): Promise<unknown> => {
    asked.push(`${method} ${String(params[0] ?? "")}`.trim());
    const raw = (timestamp: number) => ({
      number: "0x1",
      timestamp: `0x${timestamp.toString(16)}`,
      gasLimit: "0x1c9c380",
      baseFeePerGas: block.baseFee === undefined ? "0x64" : block.baseFee,
    });
    if (method === "eth_getBlockByNumber")
      return raw(params[0] === "pending" ? (block.pending ?? block.latest) : block.latest);
    if (method === "eth_gasPrice") return "0x7";
    if (block.tip instanceof Error) throw block.tip;
    return block.tip ?? "0x5";
  };
  return { asked, block, rpc: { request } as unknown as Rpc };
}

test("fees: twice the base fee and the tip, from one look for many transactions", async () => {
  const { rpc, asked } = node({ latest: 1_000 });
  const heads = new HeadCache(rpc, () => 0);
  const all = await Promise.all(Array.from({ length: 50 }, () => heads.fees()));
  expect(new Set(all.map((fees) => JSON.stringify(fees, (_, value) => String(value)))).size).toBe(1);
  expect(await heads.fees()).toEqual({ maxFeePerGas: 205n, maxPriorityFeePerGas: 5n });
  expect(asked).toEqual(["eth_getBlockByNumber latest", "eth_maxPriorityFeePerGas"]);
});

test("fees: a chain without a base fee gets a gas price, a node without a tip the default", async () => {
  const old = node({ latest: 1_000, baseFee: null });
  expect(await new HeadCache(old.rpc, () => 0).fees()).toEqual({ gasPrice: 7n });
  const mute = node({ latest: 1_000, tip: new Error("no such method") });
  expect(await new HeadCache(mute.rpc, () => 0).fees()).toEqual({
    maxFeePerGas: 1_000_000_200n,
    maxPriorityFeePerGas: 1_000_000_000n,
  });
});

test("fees are looked up again when the block is old or was refused", async () => {
  let now = 0;
  const { rpc, asked } = node({ latest: 1_000 });
  const heads = new HeadCache(rpc, () => now);
  await heads.fees();
  now = 4_001;
  await heads.fees();
  heads.forget();
  await heads.fees();
  expect(asked.filter((each) => each.includes("latest"))).toHaveLength(3);
});

test("time: the later of latest and pending, and never backwards", async () => {
  const { rpc, asked, block } = node({ latest: 1_000, pending: 5_000 });
  const heads = new HeadCache(rpc, () => 0);
  expect(await heads.isPast(1_000n)).toBe(true);
  expect(asked).toEqual(["eth_getBlockByNumber latest"]);
  expect(await heads.isPast(5_000n)).toBe(true);
  expect(await heads.isPast(5_001n)).toBe(false);
  block.pending = 10;
  expect(await heads.time()).toBe(5_000n);
});

test("gas: padded, but not beyond the block's limit", () => {
  expect(padGas(100n, 1.25, 1_000n)).toBe(125n);
  expect(padGas(900n, 1.25, 1_000n)).toBe(1_000n);
  expect(padGas(1_200n, 1.25, 1_000n)).toBe(1_500n);
});

test("shape: equal for calls that differ in small figures only", () => {
  const call = (...words: bigint[]) =>
    `0x12345678${words.map((word) => word.toString(16).padStart(64, "0")).join("")}` as const;
  expect(shapeOf("0x1", call(5n, 7n), "m")).toBe(shapeOf("0x1", call(6n, 700n), "m"));
  for (const other of [call(0n, 7n), call(5n), call(5n, 2n ** 100n), call(5n, 2n ** 200n)])
    expect(shapeOf("0x1", other, "m")).not.toBe(shapeOf("0x1", call(5n, 7n), "m"));
  expect(shapeOf("0x1", call(5n), "n")).not.toBe(shapeOf("0x1", call(5n), "m"));
});
