import { testUsdcAbi } from "@peaqos/abi";
import { hardwareAttestationTypedData, machineEventTypedData } from "@peaqos/protocol";
import { faults, faultyRpc, type TestChain, testChain, testDatabase } from "@peaqos/testkit";
import { type Hex, hashTypedData, stringToHex, zeroHash } from "viem";
import { expect, test } from "vitest";
import { createRatingService } from "../src/index.ts";
import {
  ask,
  caughtUp,
  cleanIndex,
  dump,
  logger,
  type Machine,
  ratingFixture,
  register,
  setAttribute,
  settingsFor,
  submit,
  until,
} from "./fixture.ts";

/** A payment of test USDC, in cents, from a customer. */
async function pay(chain: TestChain, to: Hex, cents: bigint): Promise<Hex> {
  const customer = await chain.account("customer");
  await chain.wallet(chain.adminAccount).writeContract({
    address: chain.deployment.usdc,
    abi: testUsdcAbi,
    functionName: "mint",
    args: [customer.address, cents * 10_000n],
  });
  return chain.wallet(customer).writeContract({
    address: chain.deployment.usdc,
    abi: testUsdcAbi,
    functionName: "transfer",
    args: [to, cents * 10_000n],
  });
}

const claim = (sourceTxHash: Hex, value: bigint, timestamp: number) =>
  ({ type: 0, value, trust: 1, sourceTxHash, timestamp }) as const;

type Item = { index: number; trust_effective: number; trust_reason: string | null; paid: boolean };

const verdicts = (items: Item[]) => items.map((item) => [item.trust_effective, item.trust_reason, item.paid]);

/** Guarantees that a claim counts for what the chain shows, once, and that the reason of every refusal is kept. */
test("a payment backs one claim, and each refusal has its reason", async () => {
  await using fixture = await ratingFixture();
  const { chain, get } = fixture;
  const machine = await register(chain, "seller");
  const payment = await pay(chain, machine.account.address, 500n);
  const small = await pay(chain, machine.account.address, 100n);
  const now = chain.now();
  await submit(chain, machine, claim(payment, 500n, now));
  await submit(chain, machine, claim(payment, 500n, now));
  await submit(chain, machine, claim(small, 500n, now));
  await submit(chain, machine, claim(`0x${"ab".repeat(32)}`, 500n, now));
  await submit(chain, machine, { ...claim(payment, 500n, now), sourceChainId: 8453n });
  await submit(chain, machine, { type: 0, value: 500n, timestamp: now });
  await caughtUp(chain, fixture.databaseUrl);
  const { body } = await get(`/mcr/${machine.did}/inputs`);
  expect(verdicts(body.items)).toEqual([
    [1, null, true],
    [0, "transfer_reused", false],
    [0, "amount_mismatch", false],
    [0, "tx_missing", false],
    [0, "no_rpc", false],
    [0, null, false],
  ]);
  const { evidence } = (await get(`/mcr/${machine.did}/explain`)).body;
  expect(evidence).toEqual({
    claimed: { self: 1, onchain: 5, hardware: 0 },
    effective: { self: 5, onchain: 1, hardware: 0 },
    paid: 1,
    downgraded: ["amount_mismatch", "no_rpc", "transfer_reused", "tx_missing"].map((reason) => ({
      reason,
      count: 1,
    })),
  });
});

test("a payment that is not final yet counts as soon as it is", async () => {
  await using chain = await testChain();
  await using database = await testDatabase();
  const chains = JSON.stringify([{ chainId: chain.chainId, rpcUrl: chain.url, confirmations: 6 }]);
  const settings = settingsFor(chain, database.url, { PEAQOS_EVIDENCE_CHAINS: chains });
  const service = await createRatingService(settings, { logger });
  await service.start();
  const machine = await register(chain, "patient");
  await submit(chain, machine, claim(await pay(chain, machine.account.address, 500n), 500n, chain.now()));
  const first = async () =>
    (await ask(service, `/mcr/${machine.did}/inputs`)).body?.items?.[0] as Item | undefined;
  expect((await until(first, (item) => item !== undefined))?.trust_reason).toBe("tx_not_final");
  await chain.mine(6);
  expect((await until(first, (item) => item?.paid === true))?.trust_effective).toBe(1);
  const explained = await ask(service, `/mcr/${machine.did}/explain`);
  expect(explained.body.factors.find(({ id }: { id: string }) => id === "trust").inputs.onchain_days).toBe(1);
  await service.stop();
});

/** Guarantees that outages of a chain do not change who a payment belongs to: the first event in chain order. */
test("a claim decided late takes its payment back from a later claim", async () => {
  await using chain = await testChain();
  await using rpc = await faultyRpc(chain.url);
  await using database = await testDatabase();
  const chains = JSON.stringify([{ chainId: chain.chainId, rpcUrl: rpc.url, confirmations: 1 }]);
  const settings = settingsFor(chain, database.url, { PEAQOS_EVIDENCE_CHAINS: chains });
  const service = await createRatingService(settings, { logger });
  await service.start();
  const machine = await register(chain, "first come");
  const payment = await pay(chain, machine.account.address, 500n);
  const items = async () => ((await ask(service, `/mcr/${machine.did}/inputs`)).body?.items ?? []) as Item[];
  // The first look at the payment fails; by the second claim the chain answers again.
  rpc.set("eth_getTransactionReceipt", faults.error(-32000, "busy"), 1);
  await submit(chain, machine, claim(payment, 500n, chain.now()));
  await until(items, (list) => list[0]?.trust_reason === "no_rpc");
  await submit(chain, machine, claim(payment, 500n, chain.now()));
  await until(items, (list) => list[0]?.paid === true && list[1]?.trust_reason === "transfer_reused");
  await service.stop();
  expect(await dump(database.url)).toEqual(await cleanIndex(chain, { PEAQOS_EVIDENCE_CHAINS: chains }));
});

test("a reorganisation that takes the payment away takes its evidence away", async () => {
  await using fixture = await ratingFixture();
  const { chain, get } = fixture;
  const machine = await register(chain, "unpaid again");
  const before = await chain.publicClient.getBlockNumber();
  const payment = await pay(chain, machine.account.address, 500n);
  await submit(chain, machine, claim(payment, 500n, chain.now()));
  const items = async () => ((await get(`/mcr/${machine.did}/inputs`)).body?.items ?? []) as Item[];
  await until(items, (list) => list[0]?.paid === true);
  const depth = Number((await chain.publicClient.getBlockNumber()) - before);
  await chain.admin("anvil_rollback", [depth]);
  await submit(chain, machine, claim(payment, 500n, chain.now()));
  await until(items, (list) => list[0]?.trust_reason === "tx_missing");
});

async function withHardware(
  chain: TestChain,
): Promise<{ machine: Machine; attestor: Hex; device: Machine["account"] }> {
  const machine = await register(chain, "with hardware");
  const device = await chain.account("device", 0n);
  const attestor = await chain.account("attestor", 0n);
  const hardwareKey = `eip191:${device.address}`;
  const digest = hashTypedData(
    hardwareAttestationTypedData({
      chainId: chain.chainId,
      identityRegistry: chain.deployment.identityRegistry,
      machineId: machine.id,
      hardwareKey,
    }),
  );
  await setAttribute(chain, machine.account, "hardware_key", hardwareKey);
  await setAttribute(
    chain,
    machine.account,
    "hardware_attestation",
    await attestor.signMessage({ message: { raw: digest } }),
  );
  return { machine, attestor: attestor.address, device };
}

test("hardware evidence: an attested key's signature counts once", async () => {
  await using chain = await testChain();
  await using database = await testDatabase();
  const { machine, attestor, device } = await withHardware(chain);
  const settings = settingsFor(chain, database.url, {
    PEAQOS_HARDWARE_ATTESTORS: JSON.stringify([attestor]),
  });
  const service = await createRatingService(settings, { logger });
  await service.start();
  const timestamp = chain.now();
  const event = { type: 1 as const, value: 42n, timestamp, trust: 2 as const };
  const digest = hashTypedData(
    machineEventTypedData({
      chainId: chain.chainId,
      eventRegistry: chain.deployment.eventRegistry,
      machineId: machine.id,
      eventType: 1,
      value: 42n,
      currency: "",
      timestamp,
      dataHash: zeroHash,
    }),
  );
  const sig = await device.signMessage({ message: { raw: digest } });
  const metadata = stringToHex(JSON.stringify({ hw: { sig } }));
  await submit(chain, machine, { ...event, metadata });
  await submit(chain, machine, { ...event, metadata });
  await submit(chain, machine, { ...event, value: 43n, metadata });
  await caughtUp(chain, database.url);
  const { body } = await ask(service, `/mcr/${machine.did}/inputs`);
  expect(verdicts(body.items)).toEqual([
    [2, null, false],
    [0, "signature_reused", false],
    [0, "bad_signature", false],
  ]);
  await service.stop();
});

test("under the policy `claimed` claims are taken at their word, and every answer says so", async () => {
  await using fixture = await ratingFixture({ PEAQOS_TRUST_POLICY: "claimed" });
  const { chain, get } = fixture;
  const machine = await register(chain, "believed");
  await submit(chain, machine, { type: 0, value: 100n, trust: 2 });
  await caughtUp(chain, fixture.databaseUrl);
  expect((await get(`/mcr/${machine.did}`)).body.trust_policy).toBe("claimed");
  expect(verdicts((await get(`/mcr/${machine.did}/inputs`)).body.items)).toEqual([[2, null, true]]);
});
