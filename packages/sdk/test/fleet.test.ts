import { type TestChain, testChain } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readAttribute } from "../src/did.ts";
import { PeaqosClient } from "../src/index.ts";
import { contractsOf, newClient } from "./fixture.ts";

let chain: TestChain;
beforeAll(async () => {
  chain = await testChain();
});
afterAll(() => chain.stop());

/** Guarantees that no machine disappears from its operator's list because another one was added at the same moment. */
test("programs that add to one operator's list at the same time lose nobody's machine", async () => {
  const operator = await newClient(chain);
  const proxyMachineId = await operator.registerMachine();
  const another = () =>
    new PeaqosClient({ rpcUrl: chain.url, privateKey: operator.key, contracts: contractsOf(chain) });
  const listed = async () =>
    JSON.parse((await readAttribute(operator, operator.address, "machines")).value).toSorted(
      (a: number, b: number) => a - b,
    );
  // The first time both attributes are added, later the list is updated.
  for (const ids of [
    [11, 12, 13, 14],
    [15, 16, 17, 18],
  ]) {
    const hashes = await Promise.all(
      ids.map((id) => another().writeProxyDIDAttributes({ proxyMachineId, machineIds: [id] })),
    );
    for (const hash of hashes) expect(hash === null || /^0x[0-9a-f]{64}$/.test(hash)).toBe(true);
  }
  expect(await listed()).toEqual([11, 12, 13, 14, 15, 16, 17, 18]);
});
