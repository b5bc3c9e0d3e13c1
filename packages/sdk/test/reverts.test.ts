import {
  eventRegistryAbi,
  identityRegistryAbi,
  identityStakingAbi,
  machineNftAbi,
  revertHints,
} from "@peaqos/abi";
import { type TestChain, testChain } from "@peaqos/testkit";
import { type Abi, encodeFunctionData } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeAttributes } from "../src/did.ts";
import { type Address, generateKeypair, type PeaqosClient, PeaqosError, RpcError } from "../src/index.ts";
import { collect, newClient } from "./fixture.ts";

let chain: TestChain;
let operator: PeaqosClient;
let machine: PeaqosClient;
let stranger: PeaqosClient;
let machineId: bigint;
let timestamp: bigint;

beforeAll(async () => {
  chain = await testChain();
  [operator, machine, stranger] = await Promise.all([newClient(chain), newClient(chain), newClient(chain)]);
  await operator.registerMachine();
  machineId = await operator.registerFor(machine.address);
  timestamp = await operator.chainTime();
});
afterAll(() => chain.stop());

/** What the call throws. */
async function errorOf(run: () => Promise<unknown>): Promise<PeaqosError> {
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PeaqosError);
  return error as PeaqosError;
}

/** Sends a call that the SDK's own checks would stop. */
const raw = (
  client: PeaqosClient,
  to: Address,
  abi: Abi,
  functionName: string,
  args: readonly unknown[],
  value = 0n,
) =>
  client.chain.sender.send({
    to,
    data: encodeFunctionData({ abi, functionName, args }),
    value,
    doing: functionName,
  });

const admin = async (abi: Abi, address: Address, functionName: string, args: readonly unknown[] = []) => {
  const hash = await chain
    .wallet(chain.adminAccount)
    .writeContract({ address, abi, functionName, args, chain: null } as never);
  await chain.publicClient.waitForTransactionReceipt({ hash });
};

const event = (change: object = {}) => ({ machineId, eventType: 1, value: 1, timestamp, ...change });
const rawEvent = (change: {
  type?: number;
  currency?: string;
  trust?: number;
  metadata?: string;
  at?: bigint;
}) =>
  raw(machine, chain.deployment.eventRegistry, eventRegistryAbi, "submitEvent", [
    machineId,
    change.type ?? 1,
    1n,
    change.currency ?? "",
    change.at ?? timestamp,
    `0x${"0".repeat(64)}`,
    change.trust ?? 0,
    0n,
    `0x${"0".repeat(64)}`,
    change.metadata ?? "0x",
  ]);

const cases: [code: string, run: () => Promise<unknown>][] = [
  ["AlreadyRegistered", () => operator.registerMachine()],
  ["AlreadyRegistered", () => operator.registerFor(machine.address)],
  ["InvalidMachineAddress", () => operator.registerFor(`0x${"0".repeat(40)}`)],
  ["InvalidMachineAddress", () => stranger.registerFor(stranger.address)],
  ["IncorrectBondAmount", () => stranger.registerMachine({ bond: 1n })],
  ["MachineNotFound", () => operator.mintNft(999_999, operator.address)],
  ["MachineNotFound", () => operator.getMachine(999_999)],
  ["MachineNotFound", () => operator.submitEvent(event({ machineId: 999_999 }))],
  ["NotMachineOwner", () => stranger.mintNft(machineId, machine.address)],
  ["RecipientMustBeMachineOwner", () => operator.mintNft(machineId, operator.address)],
  ["NotAuthorizedSubmitter", () => stranger.submitEvent(event())],
  ["FutureTimestamp", () => operator.submitEvent(event({ timestamp: timestamp + 100_000n }))],
  ["FutureTimestamp", () => rawEvent({ at: timestamp + 100_000n })],
  ["InvalidEventType", () => rawEvent({ type: 2 })],
  ["InvalidTrustLevel", () => rawEvent({ trust: 3 })],
  ["InvalidCurrencyShape", () => rawEvent({ currency: "USD" })],
  ["MetadataTooLarge", () => rawEvent({ metadata: `0x${"00".repeat(4097)}` })],
  ["OffsetOutOfBounds", () => collect(operator.getEvents(machineId, { offset: 1_000_000 }))],
  ["NFT_NOT_MINTED", () => operator.tokenIdOf(machineId)],
  ["AttributeNotFound", () => operator.readAttribute(stranger.address, "machineId")],
  [
    "OwnableUnauthorizedAccount",
    () => raw(stranger, chain.deployment.identityRegistry, identityRegistryAbi, "setMinBond", [0n]),
  ],
  [
    "IdentityNFTSoulbound",
    () =>
      raw(machine, chain.deployment.identityRegistry, identityRegistryAbi, "transferFrom", [
        machine.address,
        operator.address,
        machineId,
      ]),
  ],
  [
    "NotAuthorized",
    () =>
      raw(stranger, chain.deployment.identityStaking, identityStakingAbi, "stakeFor", [
        1n,
        stranger.address,
        1n,
      ]),
  ],
  [
    "ERC721NonexistentToken",
    () =>
      operator.chain.read({
        address: chain.deployment.machineNft,
        abi: machineNftAbi,
        functionName: "ownerOf",
        args: [999n],
        doing: "read",
      }),
  ],
];

describe("a refusal of the contracts is named, explained, and nothing is paid for it", () => {
  test.each(cases)("%s (%#)", async (code, run) => {
    const before = await operator.balanceOf(stranger.address);
    const error = await errorOf(run);
    expect(error).toBeInstanceOf(RpcError);
    expect(error.code).toBe(code);
    if (code in revertHints) expect(error.hint).toBeTruthy();
    expect(await operator.balanceOf(stranger.address)).toBe(before);
  });
});

test("AlreadyMinted, after the NFT exists", async () => {
  await operator.mintNft(machineId, machine.address);
  expect((await errorOf(() => machine.mintNft(machineId, machine.address))).code).toBe("AlreadyMinted");
});

test("MachineDeactivated, until it is brought back", async () => {
  await raw(operator, chain.deployment.identityRegistry, identityRegistryAbi, "deactivateMachine", [
    machineId,
  ]);
  expect((await errorOf(() => operator.submitEvent(event()))).code).toBe("MachineDeactivated");
  await raw(operator, chain.deployment.identityRegistry, identityRegistryAbi, "reactivateMachine", [
    machineId,
  ]);
  await operator.submitEvent(event());
});

test("EnforcedPause, in single and batched submission", async () => {
  await admin(eventRegistryAbi, chain.deployment.eventRegistry, "pause");
  expect((await errorOf(() => operator.submitEvent(event({ value: 77 })))).code).toBe("EnforcedPause");
  expect((await errorOf(() => operator.batchSubmitEvents([event({ currency: "" })]))).code).toBe(
    "EnforcedPause",
  );
  const results = await collect(operator.submitEvents([event(), event()]));
  expect(results.map((result) => "error" in result && result.error.code)).toEqual([
    "EnforcedPause",
    "EnforcedPause",
  ]);
  await admin(eventRegistryAbi, chain.deployment.eventRegistry, "unpause");
});

test("MachineNotBonded, BondNotRequired: a registry without a bond", async () => {
  await admin(identityRegistryAbi, chain.deployment.identityRegistry, "setMinBond", [0n]);
  const poor = await newClient(chain);
  expect((await errorOf(() => poor.registerMachine())).code).toBe("BondNotRequired");
  const id = await poor.registerMachine({ bond: 0n });
  await admin(identityRegistryAbi, chain.deployment.identityRegistry, "setMinBond", [10n ** 18n]);
  expect(await poor.bondStatus(id)).toEqual({ bonded: false, amount: 0n });
  expect((await errorOf(() => poor.submitEvent(event({ machineId: id })))).code).toBe("MachineNotBonded");
  expect((await errorOf(() => poor.mintNft(id, poor.address))).code).toBe("MachineNotBonded");
});

test("a DID attribute that exists cannot be added again; merging updates it", async () => {
  const client = await newClient(chain);
  const list = { proxyMachineId: 1, machineIds: [42] };
  await client.writeProxyDIDAttributes(list, { mode: "add" });
  const error = await errorOf(() => client.writeProxyDIDAttributes(list, { mode: "add" }));
  expect(error.code).toBe("AttributeAlreadyExist");
  expect(error.hint).toMatch(/[Uu]pdate/);
  await client.writeProxyDIDAttributes({ proxyMachineId: 2, machineIds: [42, 43] });
  expect((await client.readAttribute(client.address, "machineId")).value).toBe("2");
  await writeAttributes(client, [{ name: "machines", value: "no list" }]);
  expect((await errorOf(() => client.writeProxyDIDAttributes(list))).code).toBe("MACHINE_LIST_MALFORMED");
});

test("a batch with one bad event stores none and carries that event's reason", async () => {
  const before = await operator.getEventCount(machineId);
  const error = await errorOf(() =>
    operator.batchSubmitEvents([event({ currency: "" }), event({ currency: "", machineId: 999_999 })]),
  );
  expect(error.code).toBe("MachineNotFound");
  expect(await operator.getEventCount(machineId)).toBe(before);
});

test("a value of 2^256 - 1 and 4096 bytes of metadata are stored; one more of each is refused here", async () => {
  const value = 2n ** 256n - 1n;
  const metadata = new Uint8Array(4096).fill(7);
  await operator.submitEvent({ machineId, eventType: 0, value, currency: "USD", timestamp, metadata });
  const stored = (await collect(operator.getEvents(machineId))).at(-1);
  expect(stored?.value).toBe(value);
  expect(stored?.metadata).toBe(`0x${"07".repeat(4096)}`);
  expect(await errorOf(() => operator.submitEvent(event({ value: value + 1n })))).toMatchObject({
    field: "value",
  });
  expect(await errorOf(() => operator.submitEvent(event({ metadata: new Uint8Array(4097) })))).toMatchObject({
    field: "metadata",
    constraint: "at most 4096 bytes",
  });
  await operator.submitEvent(event({ value: 0, eventType: 0 }));
});

test("an underfunded wallet hears how much is missing", async () => {
  const poor = await newClient(chain, { balance: 3n * 10n ** 17n });
  const error = await errorOf(() => poor.registerMachine());
  expect(error.code).toBe("INSUFFICIENT_FUNDS");
  expect(error.message).toMatch(/holds 0\.3 PEAQ and needs about 1\.\d+ .* about 0\.7\d* are missing/);
  const empty = await newClient(chain, { balance: 0n });
  expect((await errorOf(() => empty.registerMachine())).message).toMatch(/holds 0 PEAQ/);
});

test("a transaction that reverts in its block carries its hash and its reason", async () => {
  const client = await newClient(chain);
  const id = await client.registerMachine();
  const data = encodeFunctionData({ abi: machineNftAbi, functionName: "mint", args: [id, client.address] });
  await client.mintNft(id, client.address);
  const error = (await errorOf(() =>
    client.chain.sender.send({ to: chain.deployment.machineNft, data, gas: 500_000n, doing: "mint again" }),
  )) as RpcError;
  expect(error.code).toBe("AlreadyMinted");
  expect(error.txHash).toMatch(/^0x[0-9a-f]{64}$/);
});

test("an address without a machine has the id 0", async () => {
  expect(await operator.machineIdOf(generateKeypair().address)).toBe(0n);
});
