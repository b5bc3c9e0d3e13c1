import { RpcCallError, type RpcClient, type RpcRequest, RpcUnavailable } from "@peaqos/service-kit";
import type { Hex } from "viem";
import {
  type BlockHead,
  checkChain,
  checkLogs,
  checkRecord,
  InconsistentAnswers,
  readHead,
} from "./consistency.ts";
import {
  type AttributeFact,
  type EventSignal,
  type emitters,
  type MachineFact,
  quantity,
  type RawLog,
  readLog,
} from "./logs.ts";
import { decodeEvents, type EventRecord, encodeGetEvents, MalformedAnswer, pad } from "./records.ts";

/** Reads everything that happened in a range of blocks, and checks that the pieces belong together. */

export type FollowedEvent = {
  readonly signal: EventSignal;
  readonly record: EventRecord;
  /** Time of the block that recorded it. */
  readonly recordedAt: number;
};

export type RegisteredWallets = ReadonlyMap<bigint, Hex>;

export type RangeData = {
  readonly from: number;
  readonly to: number;
  /** In ascending order; every block of the range when it was read exactly, else those with logs, and both ends. */
  readonly heads: readonly BlockHead[];
  readonly tip: BlockHead;
  /** In chain order. */
  readonly events: readonly FollowedEvent[];
  readonly machineFacts: readonly (MachineFact & { readonly blockTime: number })[];
  readonly attributeFacts: readonly AttributeFact[];
  readonly wallets: RegisteredWallets;
  /** The registry's own count at the tip, `null` when it was not asked for. */
  readonly totalEvents: number | null;
  readonly logCount: number;
};

/** The provider refuses so many blocks or logs at once. */
export class RangeTooLarge extends Error {
  override readonly name = "RangeTooLarge";
}

export type RangeReader = {
  readonly rpc: RpcClient;
  readonly allowed: ReturnType<typeof emitters>;
  readonly identityRegistry: Hex;
  readonly eventRegistry: Hex;
  /** `MAX_QUERY_LIMIT` of the registry. */
  readonly recordsPerCall: number;
  /** The node takes a block's hash where a block is asked for (EIP-1898). */
  readonly byHash: boolean;
};

const hex = (value: number): Hex => `0x${value.toString(16)}`;
function unwrap<T>(answer: unknown): T {
  if (answer instanceof RpcCallError) throw answer;
  return answer as T;
}

const headRequest = (number: number): RpcRequest => ({
  method: "eth_getBlockByNumber",
  params: [hex(number), false],
});

function logsRequest(reader: RangeReader, from: number, to: number): RpcRequest {
  const topics = [...new Set([...reader.allowed.values()].flatMap((set) => [...set]))];
  return {
    method: "eth_getLogs",
    params: [
      { fromBlock: hex(from), toBlock: hex(to), address: [...reader.allowed.keys()], topics: [topics] },
    ],
  };
}

function readLogs(answer: unknown, from: number, to: number): readonly RawLog[] {
  if (answer instanceof RpcCallError) {
    // Providers word their limits in many ways; a smaller range is the answer to all of them.
    if (to > from) throw new RangeTooLarge(answer.message, { cause: answer });
    throw new RpcUnavailable(answer.message, { cause: answer });
  }
  if (!Array.isArray(answer)) throw new MalformedAnswer("eth_getLogs did not answer a list");
  return answer as RawLog[];
}

/** Calls of `getEvents` that cover the given signals: one for each run of indices of one machine. */
export function planRecordCalls(
  signals: readonly EventSignal[],
  perCall: number,
): { machineId: bigint; offset: number; limit: number }[] {
  const byMachine = new Map<bigint, number[]>();
  for (const { machineId, index } of signals) {
    const indices = byMachine.get(machineId);
    if (indices === undefined) byMachine.set(machineId, [index]);
    else indices.push(index);
  }
  const calls: { machineId: bigint; offset: number; limit: number }[] = [];
  for (const [machineId, indices] of byMachine) {
    indices.sort((a, b) => a - b);
    let offset = indices[0]!;
    for (const [i, index] of indices.entries()) {
      const next = indices[i + 1];
      if (next !== index + 1 || index - offset + 1 === perCall) {
        calls.push({ machineId, offset, limit: index - offset + 1 });
        offset = next ?? 0;
      }
    }
  }
  return calls;
}

/** Getter calls answered per HTTP request: large enough to save round trips, small enough to run side by side. */
const callsPerRequest = 16;

/**
 * @param exact read state at the tip's own hash, all headers, and the registry's count. Needs a node that still
 *   has that state, so it is for blocks near the head; else state is read at `latest` and the tip checked again.
 * @throws RangeTooLarge, InconsistentAnswers, MalformedAnswer, RpcUnavailable, RpcCallError
 */
export async function fetchRange(
  reader: RangeReader,
  from: number,
  to: number,
  exact: boolean,
): Promise<RangeData> {
  const { rpc } = reader;
  let logs: readonly RawLog[];
  let heads: BlockHead[];
  if (exact) {
    const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const answers = await rpc.batch([logsRequest(reader, from, to), ...numbers.map(headRequest)]);
    logs = readLogs(answers[0], from, to);
    heads = answers.slice(1).map(readHead);
  } else {
    const [answer] = await rpc.batch([logsRequest(reader, from, to)]);
    logs = readLogs(answer, from, to);
    const numbers = [...new Set([from, ...logs.map((log) => quantity(log.blockNumber)), to])].sort(
      (a, b) => a - b,
    );
    heads = (await rpc.batch(numbers.map(headRequest))).map(readHead);
  }
  const byNumber = new Map(heads.map((head) => [head.number, head]));
  checkChain(heads);
  checkLogs(logs, byNumber);
  const tip = byNumber.get(to);
  if (tip === undefined) throw new InconsistentAnswers(`no header of block ${to}`);

  const facts = logs.flatMap((log) => readLog(log, reader.allowed) ?? []);
  facts.sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
  const signals = facts.filter((fact) => fact.kind === "event");
  const machineFacts = facts.filter((fact) => fact.kind === "machine");
  const attributeFacts = facts.filter((fact) => fact.kind === "attribute");

  const at = exact ? (reader.byHash ? { blockHash: tip.hash, requireCanonical: true } : hex(to)) : "latest";
  const call = (contract: Hex, data: Hex): RpcRequest => ({
    method: "eth_call",
    params: [{ to: contract, data }, at],
  });
  const plan = planRecordCalls(signals, reader.recordsPerCall);
  const registrations = machineFacts.filter((fact) => fact.fact === "registered");
  const removals = attributeFacts.filter((fact) => fact.sender === null);
  const requests = [
    ...plan.map((c) => call(reader.eventRegistry, encodeGetEvents(c.machineId, c.offset, c.limit))),
    ...registrations.map((fact) =>
      call(reader.identityRegistry, `0x${machineWalletOf}${pad(fact.machineId)}`),
    ),
    ...removals.map((fact) => ({ method: "eth_getTransactionByHash", params: [fact.txHash] })),
    ...(exact ? [call(reader.eventRegistry, `0x${totalEventCount}`)] : []),
  ];
  const answers = await inParts(rpc, requests);

  const records = new Map<string, EventRecord>();
  plan.forEach((c, i) => {
    const list = decodeEvents(unwrap<string>(answers[i]));
    for (const [position, record] of list.entries())
      records.set(`${c.machineId}/${c.offset + position}`, record);
  });
  const wallets = new Map<bigint, Hex>();
  registrations.forEach((fact, i) => {
    const answer = unwrap<string>(answers[plan.length + i]);
    wallets.set(fact.machineId, `0x${answer.slice(26, 66).toLowerCase().padStart(40, "0")}`);
  });
  const senders = removals.map((_, i) => {
    const transaction = unwrap<{ from?: string } | null>(answers[plan.length + registrations.length + i]);
    if (typeof transaction?.from !== "string")
      throw new InconsistentAnswers("a transaction of the range is missing");
    return transaction.from.toLowerCase() as Hex;
  });
  if (!(exact && reader.byHash) && requests.length > 0) {
    const [again] = await rpc.batch([headRequest(to)]);
    if (readHead(again).hash !== tip.hash)
      throw new InconsistentAnswers(`block ${to} was replaced while its records were read`);
  }
  const timeOf = (number: number): number => byNumber.get(number)!.time;
  return {
    from,
    to,
    heads,
    tip,
    events: signals.map((signal) => ({
      signal,
      record: checkRecord(signal, records.get(`${signal.machineId}/${signal.index}`)),
      recordedAt: timeOf(signal.blockNumber),
    })),
    machineFacts: machineFacts.map((fact) => ({ ...fact, blockTime: timeOf(fact.blockNumber) })),
    attributeFacts: attributeFacts.map((fact) =>
      fact.sender === null ? { ...fact, sender: senders[removals.indexOf(fact)]! } : fact,
    ),
    wallets,
    totalEvents: exact ? readCount(answers.at(-1)) : null,
    logCount: logs.length,
  };
}

/** `null` where the registry does not offer the count. */
function readCount(answer: unknown): number | null {
  return typeof answer === "string" && answer.length === 66 ? Number(BigInt(answer)) : null;
}

const machineWalletOf = "54206c58";
const totalEventCount = "c1299ef6";

async function inParts(rpc: RpcClient, requests: readonly RpcRequest[]): Promise<unknown[]> {
  const parts: Promise<unknown[]>[] = [];
  for (let i = 0; i < requests.length; i += callsPerRequest)
    parts.push(rpc.batch(requests.slice(i, i + callsPerRequest)));
  return (await Promise.all(parts)).flat();
}
