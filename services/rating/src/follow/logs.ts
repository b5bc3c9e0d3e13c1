import { decodeAbiParameters, type Hex } from "viem";
import { MalformedAnswer } from "./records.ts";
import { topics } from "./topics.ts";

/** Logs as the node gives them, and what they say. */

export type RawLog = {
  readonly address: string;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly blockNumber: Hex;
  readonly blockHash: Hex;
  readonly logIndex: Hex;
  readonly transactionHash: Hex;
  readonly removed?: boolean;
};

/** Addresses in lower case. */
export type FollowedContracts = {
  readonly identityRegistry: Hex;
  readonly identityStaking: Hex;
  readonly eventRegistry: Hex;
  readonly machineNft: Hex;
  readonly didRegistry: Hex;
  readonly adminFlags: Hex | null;
};

type Position = {
  readonly blockNumber: number;
  readonly blockHash: Hex;
  readonly logIndex: number;
  readonly txHash: Hex;
};

/** A new record in the registry: only that it is there, and enough to check the record against. */
export type EventSignal = Position & {
  readonly kind: "event";
  readonly machineId: bigint;
  readonly index: number;
  readonly eventType: number;
  readonly value: bigint;
  readonly currencyHash: Hex;
};

export type MachineFactKind =
  | "registered"
  | "operator"
  | "staked"
  | "minted"
  | "verified"
  | "rejected"
  | "deactivated"
  | "reactivated"
  | "flagged"
  | "flag_cleared"
  | "override"
  | "override_cleared";

export type MachineFact = Position & {
  readonly kind: "machine";
  readonly fact: MachineFactKind;
  readonly machineId: bigint;
  /** Owner, operator or recipient. */
  readonly account: Hex | null;
  /** Bond, token id or override value. */
  readonly amount: bigint | null;
};

export type AttributeFact = Position & {
  readonly kind: "attribute";
  readonly account: Hex;
  readonly name: string;
  /** `null` in a removal, whose log does not name it: the transaction's sender has to be asked for. */
  readonly sender: Hex | null;
  /** `null`: removed. */
  readonly value: Hex | null;
};

export type LogFact = EventSignal | MachineFact | AttributeFact;

/** The attributes anything here reads; all others of the chain are passed over. */
export const attributeNames: ReadonlySet<string> = new Set([
  "operator",
  "documentation_url",
  "data_api",
  "data_visibility",
  "machines",
  "hardware_key",
  "hardware_attestation",
]);

const addressOf = (topic: Hex | undefined): Hex => `0x${(topic ?? "0x").slice(26).toLowerCase()}`;

const uintOf = (hex: string | undefined): bigint => {
  if (hex === undefined || !/^0x[0-9a-fA-F]+$/.test(hex))
    throw new MalformedAnswer("a topic is not a number");
  return BigInt(hex);
};

function word(data: Hex, index: number): Hex {
  const at = 2 + index * 64;
  if (data.length < at + 64) throw new MalformedAnswer("a log's data ends early");
  return `0x${data.slice(at, at + 64)}`;
}

/** A number of JSON-RPC (`0x1a`) that must fit a JavaScript number. */
export function quantity(hex: unknown): number {
  if (typeof hex !== "string" || !/^0x[0-9a-f]{1,13}$/i.test(hex))
    throw new MalformedAnswer(`not a quantity: ${String(hex).slice(0, 40)}`);
  return Number.parseInt(hex, 16);
}

function positionOf(log: RawLog): Position {
  return {
    blockNumber: quantity(log.blockNumber),
    blockHash: log.blockHash,
    logIndex: quantity(log.logIndex),
    txHash: log.transactionHash,
  };
}

type MachineLog = { fact: MachineFactKind; account?: "topic2" | "topic3"; amount?: "word0" | "topic1" };

/** Logs that speak of one machine. `machineId` is topic 1 everywhere but in `MachineMinted`. */
const machineLogs = new Map<Hex, MachineLog>([
  [topics.registered, { fact: "registered", account: "topic2" }],
  [topics.operatorSet, { fact: "operator", account: "topic2" }],
  [topics.machineVerified, { fact: "verified" }],
  [topics.machineRejected, { fact: "rejected" }],
  [topics.machineDeactivated, { fact: "deactivated" }],
  [topics.machineReactivated, { fact: "reactivated" }],
  [topics.staked, { fact: "staked", amount: "word0" }],
  [topics.machineMinted, { fact: "minted", account: "topic3", amount: "topic1" }],
  [topics.machineFlagged, { fact: "flagged" }],
  [topics.flagCleared, { fact: "flag_cleared" }],
  [topics.overrideSet, { fact: "override", amount: "word0" }],
  [topics.overrideCleared, { fact: "override_cleared" }],
]);

/** Which contract may emit which topic: a log from elsewhere proves nothing. */
export function emitters(contracts: FollowedContracts): ReadonlyMap<string, ReadonlySet<Hex>> {
  const map = new Map<string, ReadonlySet<Hex>>([
    [contracts.eventRegistry, new Set([topics.eventSubmitted])],
    [
      contracts.identityRegistry,
      new Set([
        topics.registered,
        topics.operatorSet,
        topics.machineVerified,
        topics.machineRejected,
        topics.machineDeactivated,
        topics.machineReactivated,
      ]),
    ],
    [contracts.identityStaking, new Set([topics.staked])],
    [contracts.machineNft, new Set([topics.machineMinted])],
    [
      contracts.didRegistry,
      new Set([topics.attributeAdded, topics.attributeUpdated, topics.attributeRemoved]),
    ],
  ]);
  if (contracts.adminFlags !== null)
    map.set(
      contracts.adminFlags,
      new Set([topics.machineFlagged, topics.flagCleared, topics.overrideSet, topics.overrideCleared]),
    );
  return map;
}

function readMachineLog(log: RawLog, form: MachineLog): MachineFact {
  const minted = form.fact === "minted";
  return {
    ...positionOf(log),
    kind: "machine",
    fact: form.fact,
    machineId: uintOf(minted ? log.topics[2] : log.topics[1]),
    account: form.account === undefined ? null : addressOf(log.topics[form.account === "topic2" ? 2 : 3]),
    amount:
      form.amount === undefined ? null : uintOf(form.amount === "topic1" ? log.topics[1] : word(log.data, 0)),
  };
}

const bytesPair = [{ type: "bytes" }, { type: "bytes" }] as const;
const written = [{ type: "address" }, { type: "address" }, ...bytesPair, { type: "uint32" }] as const;
const removed = [{ type: "address" }, { type: "bytes" }] as const;

/** Both forms of the attribute logs: the chain's (nothing indexed) and the published ABI's (indexed addresses). */
function readAttributeLog(log: RawLog): AttributeFact | null {
  const indexed = log.topics.length > 1;
  let account: Hex;
  let sender: Hex | null;
  let nameHex: Hex;
  let value: Hex | null;
  if (log.topics[0] === topics.attributeRemoved) {
    sender = null;
    value = null;
    if (indexed)
      [account, [nameHex]] = [addressOf(log.topics[1]), decodeAbiParameters([{ type: "bytes" }], log.data)];
    else [account, nameHex] = decodeAbiParameters(removed, log.data);
  } else if (indexed) {
    [sender, account] = [addressOf(log.topics[1]), addressOf(log.topics[2])];
    [nameHex, value] = decodeAbiParameters(bytesPair, log.data);
  } else {
    [sender, account, nameHex, value] = decodeAbiParameters(written, log.data);
  }
  const name = Buffer.from(nameHex.slice(2), "hex").toString("utf8");
  if (!attributeNames.has(name)) return null;
  return {
    ...positionOf(log),
    kind: "attribute",
    account: account.toLowerCase() as Hex,
    sender: (sender?.toLowerCase() ?? null) as Hex | null,
    name,
    value,
  };
}

/**
 * What a log says, `null` for one that does not concern us.
 *
 * @throws MalformedAnswer when it is ours but cannot be read.
 */
export function readLog(log: RawLog, allowed: ReturnType<typeof emitters>): LogFact | null {
  const topic = log.topics[0];
  if (topic === undefined || allowed.get(log.address.toLowerCase())?.has(topic) !== true) return null;
  if (log.removed === true) throw new MalformedAnswer("the node says that a log was removed");
  if (topic === topics.eventSubmitted)
    return {
      ...positionOf(log),
      kind: "event",
      machineId: uintOf(log.topics[1]),
      index: Number(uintOf(log.topics[2])),
      eventType: Number(uintOf(word(log.data, 0))),
      value: uintOf(word(log.data, 1)),
      currencyHash: log.topics[3] ?? "0x",
    };
  const form = machineLogs.get(topic);
  if (form !== undefined) return readMachineLog(log, form);
  try {
    return readAttributeLog(log);
  } catch (cause) {
    throw new MalformedAnswer("an attribute log cannot be decoded", { cause });
  }
}
