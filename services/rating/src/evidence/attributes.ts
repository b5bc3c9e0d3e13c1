/** DID attributes over time, from the logs at 0x800: which hardware key and attestation were in force at a block. */
import { HARDWARE_ATTESTATION_ATTRIBUTE, HARDWARE_KEY_ATTRIBUTE } from "@peaqos/protocol";
import { type Address, decodeAbiParameters, type Hex, hexToBytes, parseAbiParameters } from "viem";
import type { BatchRpc } from "./transactions.ts";
import type { AttributeChange, HardwareFact } from "./types.ts";

/** Topics of the DID precompile's events; the node indexes none of their fields. */
export const ATTRIBUTE_TOPICS = {
  add: "0x13aef52bc4a99da04591533072e304017e3fb76f43e7fadd25eb7f514c5ef6e5",
  update: "0x018be4d5e2634aefdb51c4ddd186f33072cfb5f6baf685579c2e214995dc9e4f",
  remove: "0x8d8507f4f79e585e0cbbdeff53c51bfb6ffa6d44fbcc86e46ece2fad02b5d902",
} as const;

const SET = parseAbiParameters(
  "address sender, address didAccount, bytes name, bytes value, uint32 validity",
);
const REMOVE = parseAbiParameters("address didAccount, bytes name");

/** An `eth_getLogs` entry. */
export type AttributeLog = {
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly blockNumber: Hex;
  readonly logIndex: Hex;
  readonly transactionHash: Hex;
};

function lower(address: Address): Address {
  return address.toLowerCase() as Address;
}

function text(bytes: Hex): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(hexToBytes(bytes));
  } catch {
    return null;
  }
}

/**
 * Decodes a log of the DID precompile, addresses in lower case; `null` when it is none or its name is no text. A removal's log names no sender: give the
 * transaction's (`removedBy`), so that a stranger who may write to the DID cannot take its key away.
 */
export function decodeAttributeLog(log: AttributeLog, removedBy: Address | null): AttributeChange | null {
  const at = { blockNumber: BigInt(log.blockNumber), logIndex: Number(log.logIndex) };
  try {
    if (log.topics[0] === ATTRIBUTE_TOPICS.remove) {
      const [didAccount, name] = decodeAbiParameters(REMOVE, log.data);
      const known = text(name);
      return known === null || removedBy === null
        ? null
        : { didAccount: lower(didAccount), sender: lower(removedBy), name: known, value: null, ...at };
    }
    if (log.topics[0] !== ATTRIBUTE_TOPICS.add && log.topics[0] !== ATTRIBUTE_TOPICS.update) return null;
    const [sender, didAccount, name, value] = decodeAbiParameters(SET, log.data);
    const known = text(name);
    if (known === null) return null;
    return { didAccount: lower(didAccount), sender: lower(sender), name: known, value: text(value), ...at };
  } catch {
    return null;
  }
}

/**
 * All attribute changes of the block range, in chain order.
 *
 * @throws Error when the node fails a call: the range must be read again.
 */
export async function fetchAttributeChanges(
  rpc: BatchRpc,
  didRegistry: Address,
  fromBlock: bigint,
  toBlock: bigint,
): Promise<AttributeChange[]> {
  const [answer] = await rpc.batch([
    {
      method: "eth_getLogs",
      params: [
        {
          address: didRegistry,
          topics: [Object.values(ATTRIBUTE_TOPICS)],
          fromBlock: `0x${fromBlock.toString(16)}`,
          toBlock: `0x${toBlock.toString(16)}`,
        },
      ],
    },
  ]);
  if (!Array.isArray(answer)) {
    throw new Error(`the node gave no DID logs for blocks ${fromBlock} to ${toBlock}`, { cause: answer });
  }
  const logs = answer as AttributeLog[];
  const removals = [
    ...new Set(
      logs.filter((log) => log.topics[0] === ATTRIBUTE_TOPICS.remove).map((log) => log.transactionHash),
    ),
  ];
  const senders = new Map<Hex, Address>();
  if (removals.length > 0) {
    const answers = await rpc.batch(
      removals.map((hash) => ({ method: "eth_getTransactionByHash", params: [hash] })),
    );
    for (const [i, hash] of removals.entries()) {
      const transaction = answers[i] as { from?: unknown } | null | Error;
      if (transaction === null || transaction instanceof Error || typeof transaction.from !== "string") {
        throw new Error(`the node does not know transaction ${hash}, whose log it sent`, {
          cause: transaction,
        });
      }
      senders.set(hash, transaction.from as Address);
    }
  }
  return logs
    .map((log) => decodeAttributeLog(log, senders.get(log.transactionHash) ?? null))
    .filter((change) => change !== null);
}

/** Whether a change counts for hardware evidence: one of its two attributes, written by the DID's own account. */
export function isHardwareChange(change: AttributeChange): boolean {
  return (
    (change.name === HARDWARE_KEY_ATTRIBUTE || change.name === HARDWARE_ATTESTATION_ATTRIBUTE) &&
    change.sender.toLowerCase() === change.didAccount.toLowerCase()
  );
}

/**
 * `EvidenceFacts.hardwareAt` over changes in any order: the values at the end of a block. Anyone may write to anyone's DID, so
 * only what the account itself wrote counts. An empty value is none.
 */
export function hardwareTimeline(
  changes: Iterable<AttributeChange>,
): (machineAddress: Address, blockNumber: bigint) => HardwareFact {
  const byAccount = new Map<string, AttributeChange[]>();
  for (const change of changes) {
    if (!isHardwareChange(change)) continue;
    const account = change.didAccount.toLowerCase();
    const list = byAccount.get(account);
    if (list === undefined) byAccount.set(account, [change]);
    else list.push(change);
  }
  for (const list of byAccount.values()) {
    list.sort((a, b) =>
      a.blockNumber === b.blockNumber ? a.logIndex - b.logIndex : a.blockNumber < b.blockNumber ? -1 : 1,
    );
  }
  return (machineAddress, blockNumber) => {
    let [key, attestation]: (string | null)[] = [null, null];
    for (const change of byAccount.get(machineAddress.toLowerCase()) ?? []) {
      if (change.blockNumber > blockNumber) break;
      if (change.name === HARDWARE_KEY_ATTRIBUTE) key = change.value || null;
      else attestation = change.value || null;
    }
    return { key: key ?? null, attestation: attestation ?? null };
  };
}
