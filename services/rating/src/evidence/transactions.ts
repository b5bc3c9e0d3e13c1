/** Fetches what `decide` must know of source transactions, with batched JSON-RPC calls. Trouble becomes `no_rpc`, never a verdict. */
import type { Address, Hex } from "viem";
import { hasSource, sourceChainOf, transactionKey } from "./payment.ts";
import type { EvidenceEvent, EvidencePolicy, TransactionFact, TransferFact } from "./types.ts";

/** The part of an RPC client this needs: answers in order, an `Error` in the place of a call that failed. */
export type BatchRpc = {
  batch(
    requests: readonly { readonly method: string; readonly params: readonly unknown[] }[],
  ): Promise<readonly unknown[]>;
};

/** A chain whose transactions can be looked up (`PEAQOS_EVIDENCE_CHAINS`). */
export type EvidenceChain = {
  readonly chainId: number;
  readonly rpc: BatchRpc;
  /** Blocks that must hold or follow the transaction, itself included: 1 is "mined". */
  readonly confirmations: number;
};

const TRANSFER_TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const NO_RPC: TransactionFact = { kind: "no_rpc" };

type Receipt = {
  readonly transactionHash: Hex;
  readonly status: Hex;
  readonly blockNumber: Hex;
  readonly blockHash: Hex;
  readonly logs: readonly {
    readonly address: Hex;
    readonly topics: readonly Hex[];
    readonly data: Hex;
    readonly logIndex: Hex;
  }[];
};

/** ERC-20 `Transfer(address,address,uint256)`: two indexed addresses and one word. ERC-721 has three topics and is left out. */
export function transfersIn(receipt: Pick<Receipt, "logs">): TransferFact[] {
  const transfers: TransferFact[] = [];
  for (const { address, topics, data, logIndex } of receipt.logs) {
    const [topic, from, to] = topics;
    if (topic !== TRANSFER_TOPIC || topics.length !== 3 || data.length !== 66) continue;
    transfers.push({
      token: address as Address,
      from: `0x${from!.slice(26)}`,
      to: `0x${to!.slice(26)}`,
      amount: BigInt(data),
      logIndex: Number(logIndex),
    });
  }
  return transfers;
}

type ReadReceipt = {
  readonly succeeded: boolean;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly transfers: TransferFact[];
};

/** `null` for anything that is not the receipt of this transaction. */
function readReceipt(answer: unknown, hash: Hex): ReadReceipt | null {
  try {
    const receipt = answer as Receipt;
    if (receipt.transactionHash.toLowerCase() !== hash) return null;
    return {
      succeeded: receipt.status === "0x1",
      blockNumber: BigInt(receipt.blockNumber),
      blockHash: receipt.blockHash,
      transfers: transfersIn(receipt),
    };
  } catch {
    return null;
  }
}

type BlockAnswer = { readonly hash?: unknown; readonly timestamp?: unknown } | null;

/** Facts of one chain's transactions. A node that contradicts itself (another chain, hash or block) counts as trouble. */
async function fetchChain(chain: EvidenceChain, hashes: readonly Hex[]): Promise<Map<Hex, TransactionFact>> {
  const facts = new Map<Hex, TransactionFact>();
  const [chainId, head, ...answers] = await chain.rpc.batch([
    { method: "eth_chainId", params: [] },
    { method: "eth_blockNumber", params: [] },
    ...hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] })),
  ]);
  if (typeof chainId !== "string" || typeof head !== "string" || Number(chainId) !== chain.chainId)
    return facts;
  const final: { hash: Hex; receipt: ReadReceipt }[] = [];
  for (const [i, hash] of hashes.entries()) {
    const answer = answers[i];
    if (answer === null) {
      facts.set(hash, { kind: "missing" });
      continue;
    }
    const receipt = readReceipt(answer, hash);
    if (receipt === null) continue;
    if (BigInt(head) - receipt.blockNumber + 1n < BigInt(chain.confirmations)) {
      facts.set(hash, { kind: "not_final" });
    } else if (!receipt.succeeded) facts.set(hash, { kind: "failed" });
    else final.push({ hash, receipt });
  }
  const numbers = [...new Set(final.map(({ receipt }) => receipt.blockNumber))];
  if (numbers.length === 0) return facts;
  const blocks = await chain.rpc.batch(
    numbers.map((number) => ({
      method: "eth_getBlockByNumber",
      params: [`0x${number.toString(16)}`, false],
    })),
  );
  for (const { hash, receipt } of final) {
    const block = blocks[numbers.indexOf(receipt.blockNumber)] as BlockAnswer | Error;
    if (block === null || block instanceof Error || typeof block.timestamp !== "string") continue;
    if (block.hash !== receipt.blockHash) continue;
    facts.set(hash, { kind: "final", blockTime: Number(block.timestamp), transfers: receipt.transfers });
  }
  return facts;
}

/**
 * Looks up the source transactions of all events that claim more than 0, each once, chain by chain in parallel.
 * Never rejects: a chain that is not configured, away, or answers nonsense gives `no_rpc`, which `decide` keeps for later.
 */
export async function fetchTransactions(
  events: readonly EvidenceEvent[],
  chains: readonly EvidenceChain[],
  policy: EvidencePolicy,
): Promise<Map<string, TransactionFact>> {
  const wanted = new Map<bigint, Set<Hex>>();
  for (const event of events) {
    if (event.trustClaimed === 0 || policy.trustPolicy === "claimed" || !hasSource(event)) continue;
    const chainId = sourceChainOf(event, policy);
    const hashes = wanted.get(chainId) ?? new Set();
    wanted.set(chainId, hashes.add(event.sourceTxHash.toLowerCase() as Hex));
  }
  const facts = new Map<string, TransactionFact>();
  await Promise.all(
    [...wanted].map(async ([chainId, hashes]) => {
      const chain = chains.find((candidate) => BigInt(candidate.chainId) === chainId);
      const found =
        chain === undefined
          ? new Map<Hex, TransactionFact>()
          : await fetchChain(chain, [...hashes]).catch(() => new Map<Hex, TransactionFact>());
      for (const hash of hashes) facts.set(transactionKey(chainId, hash), found.get(hash) ?? NO_RPC);
    }),
  );
  return facts;
}
