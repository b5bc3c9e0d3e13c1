import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testUsdcAbi } from "@peaqos/abi";
import { type FaultyRpc, faults, faultyRpc, type TestChain, testChain } from "@peaqos/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { generateKeypair, PeaqosClient, PurchaseError, RpcError } from "../src/index.ts";
import { fileJournal } from "../src/node.ts";
import {
  memoryJournal,
  type PaymentRequest,
  type PurchaseJournal,
  payWithWallet,
} from "../src/orchestration/index.ts";
import type { Address, Hex } from "../src/types.ts";
import { contractsOf, newClient } from "./fixture.ts";

/** Payments of orders on a real chain: exactly once, whatever breaks in between. */

let chain: TestChain;
let rpc: FaultyRpc;
let folder: string;
let usdc: Address;
let orders = 0;
beforeAll(async () => {
  chain = await testChain();
  rpc = await faultyRpc(chain.url);
  folder = await mkdtemp(join(tmpdir(), "peaqos-journal-"));
  usdc = chain.deployment.usdc;
});
afterEach(() => rpc.clear());
afterAll(async () => {
  await rpc.stop();
  await chain.stop();
  await rm(folder, { recursive: true, force: true });
});

async function mint(to: string, amount: bigint): Promise<void> {
  const hash = await chain.wallet(chain.adminAccount).writeContract({
    address: usdc,
    abi: testUsdcAbi,
    functionName: "mint",
    args: [to as Address, amount],
  });
  await chain.publicClient.waitForTransactionReceipt({ hash, pollingInterval: 10 });
}

const balanceOf = (owner: string) =>
  chain.publicClient.readContract({
    address: usdc,
    abi: testUsdcAbi,
    functionName: "balanceOf",
    args: [owner as Address],
  });

/** A buyer with 10 USDC, and an order of 0.25 USDC to a payee nobody paid before. */
async function purchase(options: { rpcUrl?: string; now?: () => number } = {}) {
  const client = await newClient(chain, options);
  await mint(client.address, 10_000_000n);
  const request: PaymentRequest = {
    orderId: `mord_${orders++}`,
    amount: "0.25",
    currency: "USD",
    chain: `eip155:${await client.chainId()}`,
    token: "USDC",
    tokenAddress: usdc,
    decimals: 6,
    rawAmount: 250_000n,
    payee: generateKeypair().address,
    payer: client.address,
    rail: "wallet",
  };
  return { client, request };
}

/** The same wallet in another process: nothing is shared but the key. */
const elsewhere = (key: Hex, rpcUrl = rpc.url) =>
  new PeaqosClient({ rpcUrl, privateKey: key, contracts: contractsOf(chain) });

/** A process that is killed when the signed transfer is on the disk and not yet sent. */
const dyingAfterWrite = (journal: PurchaseJournal): PurchaseJournal => ({
  ...journal,
  add: async (key, record) => {
    await journal.add(key, record);
    throw new Error("killed");
  },
});

const paid = async (request: PaymentRequest) => Number(await balanceOf(request.payee)) / 250_000;

test("the exact sum to the payee, and the transaction's hash", async () => {
  const { client, request } = await purchase();
  const hash = await payWithWallet(client, memoryJournal())(request);
  const receipt = await chain.publicClient.getTransactionReceipt({ hash });
  expect(receipt).toMatchObject({ status: "success", from: client.address.toLowerCase() });
  expect(await balanceOf(request.payee)).toBe(250_000n);
});

/** Guarantees that nothing is signed when the market's word on the token, the chain or the payer is not the chain's. */
describe("refused before anything is signed", () => {
  test.each<[string, Partial<PaymentRequest>, string]>([
    ["another chain", { chain: "eip155:1" }, "WRONG_CHAIN"],
    ["another payer", { payer: `0x${"11".repeat(20)}` }, "WRONG_PAYER"],
    ["other decimals", { decimals: 18 }, "TOKEN_MISMATCH"],
    ["another symbol", { token: "USDT" }, "TOKEN_MISMATCH"],
  ])("%s", async (_, change, code) => {
    const { client, request } = await purchase();
    const journal = memoryJournal();
    await expect(payWithWallet(client, journal)({ ...request, ...change })).rejects.toMatchObject({
      name: "PurchaseError",
      code,
      orderId: request.orderId,
    });
    expect(await journal.get(`payment:${request.orderId}:1`)).toBeNull();
    expect(await chain.publicClient.getTransactionCount({ address: client.address })).toBe(0);
  });

  test("a token that is not on the list", async () => {
    const { client, request } = await purchase();
    const tokens = { USDC: chain.deployment.usdt };
    await expect(payWithWallet(client, memoryJournal(), { tokens })(request)).rejects.toThrow(
      /not among the tokens/,
    );
    await payWithWallet(client, memoryJournal(), {
      tokens: { USDC: usdc.toUpperCase().replace("0X", "0x") },
    })(request);
    expect(await paid(request)).toBe(1);
  });

  test("more than the wallet holds", async () => {
    const { client, request } = await purchase();
    const tooMuch = { ...request, amount: "11", rawAmount: 11_000_000n };
    await expect(payWithWallet(client, memoryJournal())(tooMuch)).rejects.toThrow(RpcError);
    expect(await chain.publicClient.getTransactionCount({ address: client.address })).toBe(0);
  });
});

/** Guarantees one transfer for an order, however often and from wherever it is asked for. */
describe("at most one transfer", () => {
  test("twenty calls at once", async () => {
    const { client, request } = await purchase();
    const pay = payWithWallet(client, memoryJournal());
    const hashes = await Promise.all(Array.from({ length: 20 }, () => pay(request)));
    expect(new Set(hashes).size).toBe(1);
    expect(await paid(request)).toBe(1);
  });

  test("two processes with one folder", async () => {
    const { client, request } = await purchase();
    const shared = join(folder, "shared");
    const wallets = [client, elsewhere(client.key)].map((each) => payWithWallet(each, fileJournal(shared)));
    const hashes = await Promise.all(
      wallets.map(async (pay) => {
        for (;;)
          try {
            return await pay(request);
          } catch (error) {
            if (!(error instanceof PurchaseError) || error.code !== "PAYMENT_IN_PROGRESS") throw error;
          }
      }),
    );
    expect(new Set(hashes).size).toBe(1);
    expect(await paid(request)).toBe(1);
  });

  test("killed after it was written down, before it was sent: the same transaction leaves later", async () => {
    const { client, request } = await purchase();
    const journal = fileJournal(join(folder, "killed"));
    const dying = dyingAfterWrite(journal);
    await expect(payWithWallet(client, dying)(request)).rejects.toThrow("killed");
    expect(await paid(request)).toBe(0);
    const record = await journal.get(`payment:${request.orderId}:1`);
    const hash = await payWithWallet(elsewhere(client.key), journal)(request);
    expect(record).toMatchObject({ transactions: [{ hash }] });
    expect(await paid(request)).toBe(1);
    expect(await payWithWallet(elsewhere(client.key, chain.url), journal)(request)).toBe(hash);
    expect(await paid(request)).toBe(1);
  });

  test("the node's answer was lost: the next call finds the transaction", async () => {
    const { client, request } = await purchase({ rpcUrl: rpc.url });
    const journal = memoryJournal();
    rpc.set("eth_sendRawTransaction", faults.loseAnswer(), 4);
    const first = await payWithWallet(client, journal)(request).catch((error: RpcError) => error);
    if (first instanceof Error) expect(first).toMatchObject({ code: "RECEIPT_AWAIT_FAILED" });
    rpc.clear();
    await payWithWallet(elsewhere(client.key), journal)(request);
    expect(await paid(request)).toBe(1);
  });

  test("its nonce went to another transaction: said so, and a further call pays once", async () => {
    let time = 0;
    const { client, request } = await purchase({ now: () => (time += 3_000) });
    const journal = memoryJournal();
    const dying = dyingAfterWrite(journal);
    await expect(payWithWallet(client, dying)(request)).rejects.toThrow("killed");
    // Another program with the same key takes the nonce.
    await client.registerMachine();
    const again = payWithWallet(client, journal);
    await expect(again(request)).rejects.toMatchObject({ code: "TX_REPLACED" });
    expect(await paid(request)).toBe(0);
    await again(request);
    expect(await paid(request)).toBe(1);
  });

  test("a transfer that reverted moved nothing: a further call pays once", async () => {
    const { client, request } = await purchase();
    const journal = memoryJournal();
    const dying = dyingAfterWrite(journal);
    // The signed transfer waits while the balance goes elsewhere.
    await expect(payWithWallet(client, dying)(request)).rejects.toThrow("killed");
    await drain(client.address);
    await expect(payWithWallet(client, journal)(request)).rejects.toMatchObject({
      code: "TRANSFER_REVERTED",
    });
    await mint(client.address, 1_000_000n);
    await payWithWallet(client, journal)(request);
    expect(await paid(request)).toBe(1);
  });
});

/** Takes the tokens away without a transaction of their owner: the test's hand in the token's storage. */
async function drain(owner: string): Promise<void> {
  const { encodeAbiParameters, keccak256 } = await import("viem");
  const slot = keccak256(
    encodeAbiParameters([{ type: "address" }, { type: "uint256" }], [owner as Address, 0n]),
  );
  await chain.admin("anvil_setStorageAt", [usdc, slot, `0x${"00".repeat(32)}`]);
  expect(await balanceOf(owner)).toBe(0n);
}

test("two chains: the wallet of the order's chain pays", async () => {
  const { client, request } = await purchase();
  const wrong = { address: client.address, chain: { chainId: async () => 1 } } as unknown as PeaqosClient;
  await payWithWallet([wrong, client], memoryJournal())(request);
  expect(await paid(request)).toBe(1);
});

test("the folder: records for the owner only, a second add is refused, a set replaces", async () => {
  const own = join(folder, "own");
  const journal = fileJournal(own);
  expect(await journal.get("a/b:1")).toBeNull();
  expect(await Promise.all([journal.add("a/b:1", { n: 1 }), journal.add("a/b:1", { n: 2 })])).toHaveLength(2);
  expect(await journal.add("a/b:1", { n: 3 })).toBe(false);
  await journal.set("a/b:1", { n: 4 });
  expect(await journal.get("a/b:1")).toEqual({ n: 4 });
  const files = await readdir(own);
  expect(files).toEqual(["a=2Fb=3A1.json"]);
  expect((await stat(join(own, files[0] as string))).mode & 0o777).toBe(0o600);
  expect((await stat(own)).mode & 0o777).toBe(0o700);
});
