import { toHex } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { devnetKey } from "../accounts.ts";
import type { Chain } from "./index.ts";
import { startChain } from "./index.ts";

let chain: Chain;
let account: PrivateKeyAccount;
let nonce: number;
let accounts = 0;

beforeAll(async () => {
  chain = await startChain({});
});
afterAll(() => chain.stop());
beforeEach(async () => {
  account = privateKeyToAccount(devnetKey(`gateway test ${accounts++}`));
  nonce = 0;
  await chain.admin("anvil_setBalance", [account.address, toHex(10n ** 18n)]);
});

type Answer = { id: unknown; result?: unknown; error?: { code: number; message: string; data?: unknown } };

async function post<T = Answer>(body: unknown, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(chain.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return (await response.json()) as T;
}

const request = (method: string, params: unknown[] = [], id: unknown = 1) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});
const call = (method: string, ...params: unknown[]) => post(request(method, params));
const height = async () => Number((await call("eth_blockNumber")).result);
const transfer = (options: { nonce?: number; value?: bigint } = {}) =>
  account.signTransaction({
    type: "eip1559",
    chainId: chain.chainId,
    nonce: options.nonce ?? nonce++,
    to: "0x2222222222222222222222222222222222222222",
    value: options.value ?? 1n,
    gas: 21_000n,
    maxFeePerGas: 10n ** 10n,
    maxPriorityFeePerGas: 1n,
  });

test("reads go through, single and batched, ids of every kind come back", async () => {
  expect(await post(request("eth_chainId", [], "a"))).toEqual({ jsonrpc: "2.0", id: "a", result: "0x8264" });
  const answers = await post<Answer[]>([request("eth_chainId", [], 7), request("net_version", [], "b")]);
  expect(answers.map(({ id, result }) => [id, result])).toEqual([
    [7, "0x8264"],
    ["b", "33380"],
  ]);
});

test("a batch may mix reads, writes and refusals; answers keep their order", async () => {
  const raw = await transfer();
  const answers = await post<Answer[]>([
    request("eth_chainId", [], 1),
    request("eth_sendRawTransaction", [raw], 2),
    request("anvil_nodeInfo", [], 3),
    request("eth_gasPrice", [], 4),
  ]);
  expect(answers.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  expect(answers[1]?.result).toMatch(/^0x[0-9a-f]{64}$/);
  expect(answers[2]?.error?.message).toMatch(/node-admin/);
  expect(answers[3]?.result).toMatch(/^0x/);
});

test("a sent transaction has its receipt when the send returns", async () => {
  const { result: hash } = await call("eth_sendRawTransaction", await transfer());
  expect((await call("eth_getTransactionReceipt", hash)).result).toMatchObject({ status: "0x1" });
  const { result } = await call("eth_sendRawTransactionSync", await transfer());
  expect(result).toMatchObject({ status: "0x1" });
});

test("transactions that arrive together share a block", async () => {
  const raws = await Promise.all(Array.from({ length: 30 }, () => transfer()));
  const before = await height();
  await post(raws.map((raw, id) => request("eth_sendRawTransaction", [raw], id)));
  expect(await height()).toBe(before + 1);
  const singles = await Promise.all(Array.from({ length: 30 }, () => transfer()));
  await Promise.all(singles.map((raw) => call("eth_sendRawTransaction", raw)));
  expect(await height()).toBeLessThan(before + 1 + singles.length);
});

test("a refused transaction gets the node's own words", async () => {
  const raw = await transfer();
  await call("eth_sendRawTransaction", raw);
  expect((await call("eth_sendRawTransaction", raw)).error).toEqual({
    code: -32003,
    message: "nonce too low",
  });
  const rich = await call("eth_sendRawTransaction", await transfer({ value: 10n ** 30n }));
  expect(rich.error?.message).toMatch(/Insufficient funds/);
  expect((await call("eth_sendRawTransaction", "0x1234")).error?.message).toMatch(/[Ff]ailed to decode/);
  expect((await call("eth_sendRawTransaction", 5)).error).toMatchObject({ code: -32602 });
});

test("a gap in the nonces waits until it is closed", async () => {
  const later = await transfer({ nonce: 1 });
  const { result: hash } = await call("eth_sendRawTransaction", later);
  expect((await call("eth_getTransactionReceipt", hash)).result).toBeNull();
  await call("eth_sendRawTransaction", await transfer({ nonce: 0 }));
  expect((await call("eth_getTransactionReceipt", hash)).result).toMatchObject({ status: "0x1" });
});

test("node-admin methods need the flag, whatever they are called", async () => {
  for (const method of [
    "anvil_setBalance",
    "hardhat_setCode",
    "evm_mine",
    "evm_setTime",
    "debug_setHead",
    "tenderly_setBalance",
    "eth_sendTransaction",
    "personal_unlockAccount",
    "somethingElse",
  ]) {
    expect((await call(method)).error, method).toMatchObject({ code: -32601 });
  }
  const wrong = { "x-peaqos-admin": "x".repeat(chain.adminFlag.length) };
  expect((await post(request("evm_mine"), wrong)).error).toMatchObject({ code: -32601 });
  const before = await height();
  expect(await post(request("evm_mine"), { "x-peaqos-admin": chain.adminFlag })).toMatchObject({
    result: "0x0",
  });
  expect(await height()).toBe(before + 1);
});

test("time goes forward only, and blocks of one second share it", async () => {
  const block = async () =>
    (await call("eth_getBlockByNumber", "latest", false)).result as { timestamp: string };
  await expect(chain.admin("evm_setTime", [chain.now() - 100_000])).rejects.toThrow(
    /lower than previous block/,
  );
  await expect(chain.admin("evm_setNextBlockTimestamp", [5])).rejects.toThrow(/only goes forward/);
  await expect(chain.admin("evm_mine", [{ timestamp: 5 }])).rejects.toThrow(/only goes forward/);
  await chain.admin("anvil_mine", [20]);
  expect(Number((await block()).timestamp)).toBeLessThanOrEqual(chain.now());
  await chain.admin("evm_increaseTime", [3_600]);
  await chain.admin("evm_mine");
  const ahead = Number((await block()).timestamp) - Math.floor(Date.now() / 1000);
  expect(ahead).toBeGreaterThan(3_598);
  expect(ahead).toBeLessThanOrEqual(3_600);
});

test("calls on an idle chain see the time of now, not of the last block", async () => {
  const clock = "0x9999999999999999999999999999999999999999";
  await chain.admin("anvil_setCode", [clock, "0x4260005260206000f3"]); // returns the block's timestamp
  await chain.admin("evm_increaseTime", [86_400]);
  const seen = async (...params: unknown[]) =>
    Number((await call("eth_call", { to: clock }, ...params)).result);
  for (const params of [[], ["latest"], ["pending"]])
    expect(await seen(...params)).toBeGreaterThanOrEqual(chain.now() - 1);
  expect(await seen("latest", {}, { time: "0x5" })).toBe(5);
  const pending = (await call("eth_getBlockByNumber", "pending", false)).result as { timestamp: string };
  expect(Number(pending.timestamp)).toBeGreaterThanOrEqual(chain.now() - 1);
});

test("reverts look as Anvil writes them", async () => {
  const reverting = "0x8888888888888888888888888888888888888888";
  // revert with Error("no")
  const data = `08c379a0${"20".padStart(64, "0")}${"2".padStart(64, "0")}${"6e6f".padEnd(64, "0")}`;
  const size = (data.length / 2).toString(16);
  await chain.admin("anvil_setCode", [reverting, `0x60${size}600c60003960${size}6000fd${data}`]);
  expect((await call("eth_call", { to: reverting })).error).toEqual({
    code: 3,
    message: "execution reverted: no",
    data: `0x${data}`,
  });
});

test("broken requests are answered as JSON-RPC says", async () => {
  expect(await post("{")).toMatchObject({ id: null, error: { code: -32700 } });
  expect(await post("[]")).toMatchObject({ error: { code: -32600 } });
  expect(await post({ id: 1 })).toMatchObject({ error: { code: -32600 } });
  expect(await post(request("eth_noSuchMethod"))).toMatchObject({ error: { code: -32601 } });
  expect((await fetch(chain.url)).status).toBe(405);
});

test("a browser may call it from any page, but not with the admin flag of another", async () => {
  const preflight = await fetch(chain.url, { method: "OPTIONS" });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
  expect(preflight.headers.get("access-control-allow-headers")).toContain("content-type");
  const response = await fetch(chain.url, { method: "POST", body: JSON.stringify(request("eth_chainId")) });
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
});

test("a request past the size limit is refused with the limit in the message", async () => {
  const response = await fetch(chain.url, { method: "POST", body: "x".repeat(33 * 1024 * 1024) });
  expect(response.status).toBe(413);
  expect(await response.text()).toMatch(/limit of 33554432/);
});
