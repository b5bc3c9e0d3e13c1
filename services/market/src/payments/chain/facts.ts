/**
 * What a payment's chain tells of a transaction. A node that contradicts itself (another chain, hash, block or head)
 * has told nothing: that is trouble to ask again about, never a verdict.
 */

/** An ERC-20 transfer, addresses in lower case. */
export type TransferLog = {
  /** Which of the transaction's logs, from 0. */
  readonly position: number;
  readonly token: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
};

/** Who sent the transaction with which nonce, once the node has shown it. */
export type Sender = { readonly sender: string; readonly nonce: number };

export type TransactionFact =
  | { readonly kind: "trouble"; readonly message: string }
  /** In no block. `overtaken`: its sender's nonce is used up by confirmed blocks, so it never will be. */
  | { readonly kind: "unmined"; readonly by: Sender | null; readonly overtaken: boolean }
  | { readonly kind: "unconfirmed"; readonly by: Sender | null; readonly confirmations: bigint }
  | { readonly kind: "failed" }
  | {
      readonly kind: "mined";
      readonly blockNumber: bigint;
      readonly blockHash: string;
      /** Seconds since 1970. */
      readonly blockTime: number;
      readonly transfers: readonly TransferLog[];
      /** Whether the chain still holds the block that was asked about with `since`; true without one. */
      readonly sinceHolds: boolean;
    };

export type BlockName = { readonly number: bigint; readonly hash: string };

const transferTopic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const hash32 = /^0x[0-9a-f]{64}$/;
const paddedAddress = /^0x0{24}[0-9a-f]{40}$/;
const quantity = /^0x[0-9a-f]{1,64}$/;

export const hex = (value: bigint) => `0x${value.toString(16)}`;
export const lower = (value: unknown): string => (typeof value === "string" ? value.toLowerCase() : "");

class Contradiction extends Error {}

export function need(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Contradiction(message);
}

export function numberOf(value: unknown, what: string): bigint {
  const text = lower(value);
  need(quantity.test(text), `the node told no ${what}`);
  return BigInt(text);
}

export type Receipt = {
  readonly status: string;
  readonly blockNumber: bigint;
  readonly blockHash: string;
  readonly logs: readonly Record<string, unknown>[];
};

export function readReceipt(answer: unknown, hash: string): Receipt {
  need(typeof answer === "object" && answer !== null, "the node told a receipt that is none");
  const given = answer as Record<string, unknown>;
  need(lower(given.transactionHash) === hash, "the node told the receipt of another transaction");
  const blockHash = lower(given.blockHash);
  need(hash32.test(blockHash), "the receipt names no block");
  const status = lower(given.status);
  need(status === "0x1" || status === "0x0", "the receipt tells no status");
  need(Array.isArray(given.logs), "the receipt has no logs");
  const logs = given.logs as Record<string, unknown>[];
  for (const log of logs) {
    need(typeof log === "object" && log !== null, "the receipt holds a log that is none");
    const ofBlock = log.blockHash === undefined || lower(log.blockHash) === blockHash;
    const ofTransaction = log.transactionHash === undefined || lower(log.transactionHash) === hash;
    need(ofBlock && ofTransaction, "the receipt holds a log of another transaction or block");
  }
  return { status, blockNumber: numberOf(given.blockNumber, "block of the receipt"), blockHash, logs };
}

/** ERC-20 `Transfer(address,address,uint256)`: two indexed addresses and one word. An ERC-721 transfer has four topics. */
export function transfersIn(logs: readonly Record<string, unknown>[]): TransferLog[] {
  return logs.flatMap((log, position) => {
    const topics = Array.isArray(log.topics) ? log.topics.map(lower) : [];
    const [topic, from = "", to = ""] = topics;
    const data = lower(log.data);
    const isTransfer =
      topic === transferTopic &&
      topics.length === 3 &&
      paddedAddress.test(from) &&
      paddedAddress.test(to) &&
      hash32.test(data);
    if (!isTransfer || log.removed === true) return [];
    return [
      {
        position,
        token: lower(log.address),
        from: `0x${from.slice(26)}`,
        to: `0x${to.slice(26)}`,
        amount: BigInt(data),
      },
    ];
  });
}

export function senderIn(answer: unknown, hash: string): Sender | null {
  if (typeof answer !== "object" || answer === null) return null;
  const given = answer as Record<string, unknown>;
  const sender = lower(given.from);
  const nonce = lower(given.nonce);
  if (lower(given.hash) !== hash || !/^0x[0-9a-f]{40}$/.test(sender) || !quantity.test(nonce)) return null;
  return { sender, nonce: Number(BigInt(nonce)) };
}
