import { RpcCallError } from "@peaqos/service-kit";
import { type Hex, keccak256, stringToHex } from "viem";
import { type EventSignal, quantity, type RawLog } from "./logs.ts";
import { type EventRecord, MalformedAnswer } from "./records.ts";

/** Do the pieces a node gave belong together? What does not is read again. */

export type BlockHead = {
  readonly number: number;
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly time: number;
};

/** The node's answers contradict each other: it lags, switched forks meanwhile, or lies. Read again. */
export class InconsistentAnswers extends Error {
  override readonly name = "InconsistentAnswers";
}

const hashText = /^0x[0-9a-f]{64}$/;

export function readHead(answer: unknown): BlockHead {
  const block = answer as Record<string, unknown> | null | RpcCallError;
  if (block === null) throw new InconsistentAnswers("the node does not have a block of the range");
  if (block instanceof RpcCallError) throw block;
  const { hash, parentHash } = block;
  if (typeof hash !== "string" || typeof parentHash !== "string" || !hashText.test(hash))
    throw new MalformedAnswer("a block without hash");
  return {
    number: quantity(block.number),
    hash: hash as Hex,
    parentHash: parentHash as Hex,
    time: quantity(block.timestamp),
  };
}

/** Every log must lie in a block whose header we hold: then logs and headers are of the same fork. */
export function checkLogs(logs: readonly RawLog[], heads: ReadonlyMap<number, BlockHead>): void {
  for (const log of logs) {
    const head = heads.get(quantity(log.blockNumber));
    if (head === undefined || head.hash !== log.blockHash)
      throw new InconsistentAnswers(`a log of block ${log.blockNumber} is not of the block we see there`);
  }
}

/** Neighbouring headers must follow one another, in hash and in time. */
export function checkChain(heads: readonly BlockHead[]): void {
  for (let i = 1; i < heads.length; i++) {
    const before = heads[i - 1]!;
    const head = heads[i]!;
    if (head.number === before.number + 1 && head.parentHash !== before.hash)
      throw new InconsistentAnswers(`block ${head.number} does not follow block ${before.number}`);
    if (head.time < before.time)
      throw new InconsistentAnswers(`block ${head.number} is older than its parent`);
  }
}

const currencyHashes = new Map<string, Hex>();

function hashOfCurrency(currency: string): Hex {
  let hash = currencyHashes.get(currency);
  if (hash === undefined) {
    hash = keccak256(stringToHex(currency));
    if (currencyHashes.size < 10_000) currencyHashes.set(currency, hash);
  }
  return hash;
}

/** A record that says something else than its log was read on another fork. */
export function checkRecord(signal: EventSignal, record: EventRecord | undefined): EventRecord {
  if (
    record === undefined ||
    record.machineId !== signal.machineId ||
    record.eventType !== signal.eventType ||
    record.value !== signal.value ||
    hashOfCurrency(record.currency) !== signal.currencyHash
  )
    throw new InconsistentAnswers(
      `event ${signal.index} of machine ${signal.machineId} is not what its log says`,
    );
  return record;
}
