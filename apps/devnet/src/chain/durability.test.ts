import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { killTrial } from "../../test/kill-trial.ts";
import { devnetKey } from "../accounts.ts";
import type { Chain } from "./index.ts";
import { startChain } from "./index.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "peaqos-durability-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const account = privateKeyToAccount(devnetKey("durability test"));
const open = () => startChain({ dataDir: directory, genesisTime: 1_780_000_000 });

async function transfers(chain: Chain, first: number, count: number, gap = 0): Promise<string[]> {
  const raws = Array.from({ length: count }, (_, i) =>
    account.signTransaction({
      type: "eip1559",
      chainId: chain.chainId,
      nonce: first + i + gap,
      to: "0x2222222222222222222222222222222222222222",
      value: 1n,
      gas: 21_000n,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 1n,
    }),
  );
  return Promise.all(raws.map(async (raw) => chain.send(await raw)));
}

async function blocks(chain: Chain): Promise<string[]> {
  const last = Number(await chain.admin("eth_blockNumber"));
  return Promise.all(
    Array.from({ length: last + 1 }, async (_, number) => {
      const block = await chain.admin<{ hash: string }>("eth_getBlockByNumber", [toHex(number), false]);
      return block.hash;
    }),
  );
}

/** A year of life in short: time jumps, cheat codes, empty blocks, a pool with a gap, a paused miner. */
async function live(chain: Chain): Promise<void> {
  await chain.admin("anvil_setBalance", [account.address, toHex(10n ** 20n)]);
  await transfers(chain, 0, 3);
  await chain.admin("evm_setNextBlockTimestamp", [1_781_000_000]);
  await transfers(chain, 3, 2);
  await chain.admin("anvil_setCode", ["0x9999999999999999999999999999999999999999", "0x60006000fd"]);
  await chain.admin("anvil_mine", [3, 60]);
  await chain.admin("evm_setAutomine", [false]);
  await transfers(chain, 5, 4);
  await chain.admin("evm_mine", [1_790_000_000]);
  await chain.admin("evm_setAutomine", [true]);
  await chain.admin("evm_setTime", [Math.floor(Date.now() / 1000)]);
  await chain.admin("evm_mine");
  await transfers(chain, 9, 1, 1);
}

test.each(["a clean stop", "kill -9 of the node"])("the same chain is there after %s", async (how) => {
  const first = await open();
  await live(first);
  const before = await blocks(first);
  if (how !== "a clean stop") process.kill(first.pid, "SIGKILL");
  await first.stop();

  const second = await open();
  expect(second.fresh).toBe(false);
  expect(await blocks(second)).toEqual(before);
  // The transaction with the gap still waits, and goes as soon as the gap is closed.
  expect(await second.admin("txpool_status")).toEqual({ pending: "0x0", queued: "0x1" });
  await transfers(second, 9, 1);
  expect(Number(await second.admin("eth_getTransactionCount", [account.address, "latest"]))).toBe(11);
  const { timestamp } = await second.admin<{ timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
  expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(30);
  await second.stop();
});

test("a snapshot that cannot be read costs nothing: the one before it and the journals give the same chain", async () => {
  let chain = await open();
  await live(chain);
  await chain.save();
  await transfers(chain, 9, 1);
  await chain.save();
  await transfers(chain, 11, 3);
  const before = await blocks(chain);
  process.kill(chain.pid, "SIGKILL");
  await chain.stop();
  const snapshots = readdirSync(directory).filter((name) => name.startsWith("snapshot-"));
  expect(snapshots).toHaveLength(2);
  writeFileSync(join(directory, snapshots.sort().at(-1) as string), "half a snap");

  chain = await open();
  expect(await blocks(chain)).toEqual(before);
  await chain.stop();
});

test.each(["saved", "stopped"])(
  "the same chain is there when it was %s before its first block",
  async (how) => {
    let chain = await open();
    await chain.admin("anvil_setBalance", [account.address, toHex(10n ** 20n)]);
    if (how === "saved") await chain.save();
    else {
      await chain.stop();
      chain = await open();
    }
    await transfers(chain, 0, 2);
    const before = await blocks(chain);
    process.kill(chain.pid, "SIGKILL");
    await chain.stop();
    const again = await open();
    expect(await blocks(again)).toEqual(before);
    await again.stop();
  },
);

test("another chain id on the same directory is refused, with the way out", async () => {
  await (await open()).stop();
  await expect(startChain({ dataDir: directory, chainId: 3338 })).rejects.toThrow(/33380.*3338.*--reset/);
});

test("what cannot be replayed is refused on a chain that is kept", async () => {
  const chain = await open();
  await expect(chain.admin("anvil_rollback", [1])).rejects.toThrow(/cannot be replayed.*without dataDir/);
  await chain.stop();
});

test("a temporary chain can be taken back, for tests of reorganisations", async () => {
  const chain = await startChain({});
  await chain.admin("anvil_setBalance", [account.address, toHex(10n ** 20n)]);
  await transfers(chain, 0, 2);
  const [before] = (await blocks(chain)).slice(-1);
  await chain.admin("anvil_rollback", [1]);
  await transfers(chain, 0, 1);
  await chain.admin("anvil_mine", [2]);
  expect(await blocks(chain)).not.toContain(before);
  await chain.stop();
});

// No acknowledged transaction is lost or doubled by kill -9; `test/kill-trial.ts --times 1000` is the long form.
test("kill -9 of the whole devnet chain at random moments loses nothing acknowledged", async () => {
  const result = await killTrial(6);
  expect(result).toMatchObject({ kills: 6, lost: 0 });
  expect(result.acknowledged).toBeGreaterThan(10);
  expect(result.slowestStartMs).toBeLessThan(5_000);
});
