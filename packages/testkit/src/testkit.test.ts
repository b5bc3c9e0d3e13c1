import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestChain } from "./index.ts";
import { faults, faultyRpc, testChain, testDatabase } from "./index.ts";

let chain: TestChain;
beforeAll(async () => {
  chain = await testChain();
});
afterAll(() => chain.stop());

test("accounts are funded and transactions are mined when the send returns", async () => {
  const [alice, bob] = [await chain.account("alice"), await chain.account("bob", 0n)];
  const hash = await chain.wallet(alice).sendTransaction({ to: bob.address, value: 5n });
  expect((await chain.publicClient.getTransactionReceipt({ hash })).status).toBe("success");
  expect(await chain.publicClient.getBalance({ address: bob.address })).toBe(5n);
});

test("the clock goes where it is set", async () => {
  const time = chain.now() + 86_400;
  await chain.setTime(time);
  expect((await chain.publicClient.getBlock()).timestamp).toBeGreaterThanOrEqual(BigInt(time));
  await chain.mine(3);
});

test("a faulty endpoint lies as told, then tells the truth", async () => {
  await using rpc = await faultyRpc(chain.url);
  rpc.set("eth_blockNumber", faults.result("0x0"), 1);
  const ask = async () =>
    (
      await fetch(rpc.url, { method: "POST", body: '{"jsonrpc":"2.0","id":7,"method":"eth_blockNumber"}' })
    ).json();
  expect(await ask()).toMatchObject({ id: 7, result: "0x0" });
  expect(await ask()).not.toMatchObject({ result: "0x0" });
  rpc.set("eth_blockNumber", faults.drop());
  await expect(ask()).rejects.toThrow();
});

test("every test database is empty and its own", async () => {
  await using first = await testDatabase();
  await using second = await testDatabase();
  expect(first.url).not.toBe(second.url);
  const client = new pg.Client({ connectionString: first.url });
  await client.connect();
  await client.query("create table t (a int)");
  await client.end();
});
