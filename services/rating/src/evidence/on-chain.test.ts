/**
 * Guarantees that the facts are read off a real node as they are: token transfers and block times from receipts, hardware keys from the
 * DID contract's logs, and that what strangers do to both is not believed.
 */
import { didAbi, testUsdcAbi } from "@peaqos/abi";
import { hardwareAttestationTypedData } from "@peaqos/protocol";
import { createRpcClient, type RpcClient } from "@peaqos/service-kit";
import { type TestChain, testChain } from "@peaqos/testkit";
import { type Address, type Hex, hashTypedData, stringToHex } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fetchAttributeChanges, hardwareTimeline } from "./attributes.ts";
import { decide } from "./decide.ts";
import { eventDigest } from "./hardware.ts";
import { EVENT, hash, Kept } from "./test-fixtures.ts";
import { fetchTransactions } from "./transactions.ts";
import type { EvidenceEvent, EvidencePolicy } from "./types.ts";

let chain: TestChain;
let rpc: RpcClient;
let policy: EvidencePolicy;
let [machine, operator, customer, attestor]: PrivateKeyAccount[] = [];

beforeAll(async () => {
  chain = await testChain();
  rpc = createRpcClient({ url: chain.url });
  machine = await chain.account("machine");
  operator = await chain.account("operator");
  customer = await chain.account("customer");
  attestor = await chain.account("attestor");
  policy = {
    trustPolicy: "verified",
    homeChainId: chain.chainId,
    identityRegistry: chain.deployment.identityRegistry,
    eventRegistry: chain.deployment.eventRegistry,
    tokens: [{ chainId: chain.chainId, address: chain.deployment.usdc, decimals: 6, symbol: "USDC" }],
    attestors: [attestor.address],
  };
});

afterAll(async () => {
  rpc?.close();
  await chain?.stop();
});

async function sent(hashOfIt: Promise<Hex>): Promise<Hex> {
  const transactionHash = await hashOfIt;
  const receipt = await chain.publicClient.waitForTransactionReceipt({ hash: transactionHash });
  expect(receipt.status).toBe("success");
  return transactionHash;
}

const pay = (from: PrivateKeyAccount, to: Address, amount: bigint): Promise<Hex> =>
  sent(
    chain.wallet(from).writeContract({
      address: chain.deployment.usdc,
      abi: testUsdcAbi,
      functionName: "transfer",
      args: [to, amount],
    }),
  );

async function fund(account: PrivateKeyAccount, amount: bigint): Promise<void> {
  await sent(
    chain.wallet(chain.adminAccount).writeContract({
      address: chain.deployment.usdc,
      abi: testUsdcAbi,
      functionName: "mint",
      args: [account.address, amount],
    }),
  );
}

const write = (
  by: PrivateKeyAccount,
  functionName: "addAttribute" | "updateAttribute",
  name: string,
  value: string,
) =>
  sent(
    chain.wallet(by).writeContract({
      address: chain.deployment.didRegistry,
      abi: didAbi,
      functionName,
      args: [machine!.address, stringToHex(name), stringToHex(value), 0],
    }),
  );

async function event(change: Partial<EvidenceEvent>): Promise<EvidenceEvent> {
  const { timestamp, number } = await chain.publicClient.getBlock();
  return {
    ...EVENT,
    sourceTxHash: hash("00"),
    sourceChainId: 0n,
    machineAddress: machine!.address,
    operatorAddress: operator!.address,
    timestamp: Number(timestamp),
    blockNumber: number,
    ...change,
  };
}

async function judge(events: readonly EvidenceEvent[]) {
  const transactions = await fetchTransactions(
    events,
    [{ chainId: chain.chainId, rpc, confirmations: 1 }],
    policy,
  );
  const head = await chain.publicClient.getBlockNumber();
  const changes = await fetchAttributeChanges(rpc, chain.deployment.didRegistry, 0n, head);
  return decide(events, { transactions, hardwareAt: hardwareTimeline(changes) }, policy, new Kept());
}

it("a customer's payment counts, the operator's own and an invented one do not", async () => {
  await fund(customer!, 100_000_000n);
  await fund(operator!, 100_000_000n);
  const paid = await event({ index: 0, sourceTxHash: await pay(customer!, machine!.address, 10_000_000n) });
  const own = await event({
    index: 1,
    logIndex: 1,
    sourceTxHash: await pay(operator!, machine!.address, 10_000_000n),
  });
  const none = await event({ index: 2, logIndex: 2, sourceTxHash: hash("77") });
  const verdicts = await judge([paid, own, none]);
  expect(verdicts.map(({ cls, paid: isPaid, reason, final }) => [cls, isPaid, reason, final])).toEqual([
    [1, true, null, true],
    [0, false, "self_payment", true],
    [0, false, "tx_missing", false],
  ]);
});

it("a hardware key counts from its block on, and a stranger cannot replace or remove it", async () => {
  const key = `eip191:${machine!.address}`;
  const digest = hashTypedData(
    hardwareAttestationTypedData({
      chainId: chain.chainId,
      identityRegistry: policy.identityRegistry,
      machineId: EVENT.machineId,
      hardwareKey: key,
    }),
  );
  const signed = async (change: Partial<EvidenceEvent>): Promise<EvidenceEvent> => {
    const made = await event({ trustClaimed: 2, ...change });
    const sig = await machine!.signMessage({ message: { raw: eventDigest(made, policy) } });
    return { ...made, metadata: stringToHex(JSON.stringify({ hw: { sig } })) };
  };
  const early = await signed({ index: 10, dataHash: hash("a0") });
  await write(machine!, "addAttribute", "hardware_key", key);
  const unattested = await signed({ index: 11, dataHash: hash("a1") });
  await write(
    machine!,
    "addAttribute",
    "hardware_attestation",
    await attestor!.signMessage({ message: { raw: digest } }),
  );
  const good = await signed({ index: 12, dataHash: hash("a2") });
  // As on the chain itself: anybody may add to any DID, and is a writer of it from then on.
  await chain.admin("anvil_setStorageAt", [
    chain.deployment.didRegistry,
    hash("00"),
    `0x${"1".padStart(64, "0")}`,
  ]);
  await write(customer!, "addAttribute", "note", "now a writer of this DID");
  await write(customer!, "updateAttribute", "hardware_key", `eip191:${customer!.address}`);
  await sent(
    chain.wallet(customer!).writeContract({
      address: chain.deployment.didRegistry,
      abi: didAbi,
      functionName: "removeAttribute",
      args: [machine!.address, stringToHex("hardware_key")],
    }),
  );
  const after = await signed({ index: 13, dataHash: hash("a3") });
  const verdicts = await judge([early, unattested, good, after]);
  expect(verdicts.map(({ cls, reason }) => [cls, reason])).toEqual([
    [0, "no_hardware_key"],
    [0, "hardware_not_attested"],
    [2, null],
    [2, null],
  ]);
});
