import { type TestChain, testChain } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PeaqosError } from "../src/index.ts";
import { collect, contractsOf, newClient } from "./fixture.ts";

let chain: TestChain;
beforeAll(async () => {
  chain = await testChain();
});
afterAll(() => chain.stop());

async function errorOf(run: () => Promise<unknown>): Promise<PeaqosError> {
  const error = await run().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PeaqosError);
  return error as PeaqosError;
}

test("no code at an address: nothing is sent there", async () => {
  const nowhere = "0x00000000000000000000000000000000000fffff";
  const contracts = contractsOf(chain);
  const base = await newClient(chain, { contracts: { ...contracts, identityRegistry: nowhere } });
  const before = await base.balanceOf(base.address);
  expect(await errorOf(() => base.registerMachine())).toMatchObject({ code: "NO_CONTRACT" });
  expect(await base.balanceOf(base.address)).toBe(before);
  const events = await newClient(chain, { contracts: { ...contracts, eventRegistry: nowhere } });
  const event = { machineId: 1, eventType: 1, value: 1, timestamp: await events.chainTime() };
  expect((await errorOf(() => events.submitEvent(event))).message).toContain("contracts.eventRegistry");
  expect((await errorOf(() => collect(events.submitEvents([event])))).code).toBe("NO_CONTRACT");
});

test("event registry of another identity registry", async () => {
  const contracts = contractsOf(chain);
  const client = await newClient(chain, {
    contracts: { ...contracts, identityRegistry: contracts.machineNft },
  });
  const error = await errorOf(() =>
    client.submitEvent({ machineId: 1, eventType: 1, value: 1, timestamp: 1735000000 }),
  );
  expect(error.code).toBe("REGISTRY_MISMATCH");
  expect(error.message).toContain("EVENT_REGISTRY_ADDRESS");
});

test("a contract that is no event registry", async () => {
  const contracts = contractsOf(chain);
  const client = await newClient(chain, {
    contracts: { ...contracts, eventRegistry: contracts.identityStaking },
  });
  const error = await errorOf(() =>
    client.submitEvent({ machineId: 1, eventType: 1, value: 1, timestamp: 1735000000 }),
  );
  expect(error.code).toBe("UNSUPPORTED_REGISTRY");
});
