import { mkdtempSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { devnetKey } from "../accounts.ts";
import { type Chain, startChain } from "./index.ts";

let directory: string;
let room: number;
let reasons: Error[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "peaqos-disk-full-"));
  room = Number.POSITIVE_INFINITY;
  reasons = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A disk with so many bytes left. As a real one it takes what still fits and refuses the rest. */
function write(fd: number, bytes: Uint8Array, offset = 0): number {
  const length = Math.min(bytes.length - offset, room);
  if (length === 0) {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  }
  room -= length;
  return writeSync(fd, bytes, offset, length);
}

const open = () =>
  startChain({
    dataDir: directory,
    genesisTime: 1_780_000_000,
    diskWrite: write,
    onFailure: (error) => reasons.push(error),
  });

const account = privateKeyToAccount(devnetKey("full disk test"));

async function transfer(chain: Chain, nonce: number): Promise<string> {
  const raw = await account.signTransaction({
    type: "eip1559",
    chainId: chain.chainId,
    nonce,
    to: "0x2222222222222222222222222222222222222222",
    value: 1n,
    gas: 21_000n,
    maxFeePerGas: 10n ** 10n,
    maxPriorityFeePerGas: 1n,
  });
  return chain.send(raw);
}

async function start(transfers: number): Promise<Chain> {
  const chain = await open();
  await chain.admin("anvil_setBalance", [account.address, toHex(10n ** 20n)]);
  for (let nonce = 0; nonce < transfers; nonce++) await transfer(chain, nonce);
  return chain;
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

/** The same blocks, nothing in the pool, and the chain goes on. */
async function expectSameAfterRestart(before: string[], nonce: number): Promise<void> {
  room = Number.POSITIVE_INFINITY;
  const chain = await open();
  expect(await blocks(chain)).toEqual(before);
  expect(await chain.admin("txpool_status")).toEqual({ pending: "0x0", queued: "0x0" });
  expect(Number(await chain.admin("eth_getTransactionCount", [account.address, "latest"]))).toBe(nonce);
  await transfer(chain, nonce);
  expect(await blocks(chain)).toHaveLength(before.length + 1);
  await chain.stop();
}

const full = /stopped taking transactions: the disk of .* is full \(ENOSPC.*Make room and start again/;

// Guarantees that a full disk costs no acknowledged block and acknowledges none it could not keep.
test.each([
  ["at once", 0],
  ["in the middle of a line", 40],
])("a block that the journal has no room for is not acknowledged: full %s", async (_, bytes) => {
  const chain = await start(3);
  const before = await blocks(chain);
  room = bytes;
  await expect(transfer(chain, 3)).rejects.toThrow(full);
  expect(await blocks(chain)).toEqual(before);
  expect(reasons).toHaveLength(1);
  expect(reasons[0]!.message).toMatch(full);

  // Room again does not help a chain that has a gap in its journal: nothing more is taken until the next start.
  room = Number.POSITIVE_INFINITY;
  await expect(transfer(chain, 3)).rejects.toThrow(full);
  await expect(chain.admin("evm_mine")).rejects.toThrow(full);
  await expect(chain.admin("anvil_setBalance", [account.address, "0x0"])).rejects.toThrow(full);
  expect(reasons).toHaveLength(1);
  await chain.stop();
  await chain.exited;
  await expectSameAfterRestart(before, 3);
});

// Guarantees that a snapshot that does not fit leaves the one before it and both journals as they were.
test("a snapshot that there is no room for loses nothing", async () => {
  const chain = await start(3);
  const before = await blocks(chain);
  room = 1_000;
  await expect(chain.save()).rejects.toThrow("ENOSPC");
  expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  await chain.stop();
  await expectSameAfterRestart(before, 3);
});

// Guarantees that the devnet hears of a full disk also when the snapshot is one nobody asked for.
test("the chain ends with the reason when the journal is long and its snapshot does not fit", async () => {
  const chain = await start(1);
  let mined = 1;
  // The journal's lines fit, the whole state does not.
  room = 60_000;
  const failed = async () => {
    for (; reasons.length === 0 && mined < 1_000; mined++) await chain.admin("evm_mine");
  };
  await failed().catch(() => {});
  expect(reasons[0]?.message).toMatch(full);
  const journals = readdirSync(directory).filter((name) => name.startsWith("journal-"));
  const journaled = journals.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  // So it was the snapshot that did not fit.
  expect(journaled).toBeLessThan(50_000);
  const before = await blocks(chain);
  await chain.stop();
  await expectSameAfterRestart(before, 1);
});
