import { loadArtifact } from "@peaqos/contracts";
import { type TestChain, testChain } from "@peaqos/testkit";
import { type Address, encodeFunctionData } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PeaqosClient, ValidationError } from "../src/index.ts";
import { collect, contractsOf, newClient } from "./fixture.ts";

let chain: TestChain;
let client: PeaqosClient;
beforeAll(async () => {
  chain = await testChain();
  const eventRegistry = await deployV1();
  client = await newClient(chain, { contracts: { ...contractsOf(chain), eventRegistry } });
});
afterAll(() => chain.stop());

/** The older registry behind its proxy, as on agung. */
async function deployV1(): Promise<Address> {
  const wallet = chain.wallet(chain.adminAccount);
  const deploy = async (name: "EventRegistryV1" | "ERC1967Proxy", args: readonly unknown[]) => {
    const { abi, bytecode } = loadArtifact(name);
    const hash = await wallet.deployContract({ abi, bytecode, args });
    return (await chain.publicClient.waitForTransactionReceipt({ hash })).contractAddress as Address;
  };
  const { identityRegistry, identityStaking } = chain.deployment;
  const data = encodeFunctionData({
    abi: loadArtifact("EventRegistryV1").abi,
    functionName: "initialize",
    args: [identityRegistry, identityStaking, chain.adminAccount.address],
  });
  return deploy("ERC1967Proxy", [await deploy("EventRegistryV1", []), data]);
}

test("a registry without currencies is noticed: its own form of submitEvent is sent, and read back", async () => {
  const machineId = await client.registerMachine();
  const timestamp = await client.chainTime();
  await client.submitEvent({ machineId, eventType: 0, value: 1250, currency: "USD", timestamp });
  await client.batchSubmitEvents([{ machineId, eventType: 1, value: 7, currency: "", timestamp }]);
  const results = await collect(client.submitEvents([{ machineId, eventType: 1, value: 8, timestamp }]));
  expect(results[0]?.status).toBe("settled");
  const events = await collect(client.getEvents(machineId));
  expect(events.map(({ value, currency }) => [value, currency])).toEqual([
    [1250n, "USD"],
    [7n, ""],
    [8n, ""],
  ]);
});

test("an amount in another currency would be read as US cents there: it is refused", async () => {
  const event = { machineId: 1, eventType: 0, value: 1, currency: "HKD", timestamp: 1735000000 };
  const error = await client.submitEvent(event).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ValidationError);
  expect(error.message).toContain("older one without currencies");
});
