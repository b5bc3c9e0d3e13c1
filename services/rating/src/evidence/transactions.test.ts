/** Guarantees that facts about payments come only from an RPC that makes sense: trouble of any kind is "ask again", not a verdict. */
import type { Hex } from "viem";
import { describe, expect, it } from "vitest";
import { transactionKey } from "./payment.ts";
import { CUSTOMER, EVENT, HOME, hash, MACHINE, policy, TOKEN, TX } from "./test-fixtures.ts";
import { type BatchRpc, type EvidenceChain, fetchTransactions } from "./transactions.ts";
import type { EvidenceEvent } from "./types.ts";

const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const word = (text: string): Hex => `0x${text.replace("0x", "").padStart(64, "0")}`;
const log = (change: object = {}) => ({
  address: TOKEN,
  topics: [TRANSFER, word(CUSTOMER), word(MACHINE)],
  data: word("989680"),
  logIndex: "0x3",
  ...change,
});
const receipt = (change: object = {}) => ({
  transactionHash: TX,
  status: "0x1",
  blockNumber: "0x10",
  blockHash: hash("b1"),
  logs: [log()],
  ...change,
});

type Node = { chainId?: unknown; head?: unknown; receipt?: unknown; block?: unknown };

/** A node that answers each method with a fixed value, and counts the HTTP requests. */
function node(answers: Node = {}): BatchRpc & { batches: number } {
  const rpc = {
    batches: 0,
    async batch(requests: Parameters<BatchRpc["batch"]>[0]) {
      rpc.batches += 1;
      return requests.map(({ method, params }) => {
        if (method === "eth_chainId") return answers.chainId ?? `0x${HOME.toString(16)}`;
        if (method === "eth_blockNumber") return answers.head ?? "0x20";
        if (method === "eth_getTransactionReceipt") return "receipt" in answers ? answers.receipt : receipt();
        if ("block" in answers) return answers.block;
        return { number: params[0], hash: hash("b1"), timestamp: "0x64" };
      });
    },
  };
  return rpc;
}

async function ask(rpc: BatchRpc, events: readonly EvidenceEvent[] = [EVENT], confirmations = 1) {
  const chains: EvidenceChain[] = [{ chainId: HOME, rpc, confirmations }];
  return fetchTransactions(events, chains, policy);
}
const KEY = transactionKey(HOME, TX);

describe("fetching a source transaction", () => {
  it("gives block time and ERC-20 transfers of a final one", async () => {
    expect((await ask(node())).get(KEY)).toEqual({
      kind: "final",
      blockTime: 100,
      transfers: [{ token: TOKEN, from: CUSTOMER, to: MACHINE, amount: 10_000_000n, logIndex: 3 }],
    });
  });

  it.each([
    [
      "an ERC-721 transfer",
      log({ topics: [TRANSFER, word(CUSTOMER), word(MACHINE), word("1")], data: "0x" }),
    ],
    ["another event", log({ topics: [hash("77"), word(CUSTOMER), word(MACHINE)] })],
    ["unindexed addresses", log({ topics: [TRANSFER], data: `0x${"00".repeat(96)}` })],
    ["a transfer without an amount", log({ data: "0x" })],
    ["an amount of two words", log({ data: `0x${"00".repeat(64)}` })],
    ["a word with other topics", log({ topics: [hash("77"), word(CUSTOMER)] })],
    ["an indexed amount", log({ topics: [TRANSFER, word(CUSTOMER), word(MACHINE), word("1")] })],
  ])("leaves out %s", async (_name, odd) => {
    expect((await ask(node({ receipt: receipt({ logs: [odd] }) }))).get(KEY)).toMatchObject({
      transfers: [],
    });
  });

  it("finds a transfer behind logs of other kinds", async () => {
    const logs = [
      log({ topics: [hash("77")] }),
      log({ topics: [TRANSFER], data: "0x" }),
      log({ logIndex: "0x5" }),
    ];
    const fact = (await ask(node({ receipt: receipt({ logs }) }))).get(KEY);
    expect(fact).toMatchObject({ transfers: [{ logIndex: 5 }] });
  });

  it.each<[string, Node, string, number?]>([
    ["unknown to the node", { receipt: null }, "missing"],
    ["reverted", { receipt: receipt({ status: "0x0" }) }, "failed"],
    ["one block short of its confirmations", { head: "0x1f" }, "not_final", 17],
    ["with exactly its confirmations", { head: "0x20" }, "final", 17],
    ["in a block after the head", { head: "0xf" }, "not_final"],
    ["reverted and not final", { receipt: receipt({ status: "0x0" }) }, "not_final", 99],
    ["on another chain than configured", { chainId: "0x1" }, "no_rpc"],
    ["answered with an error", { receipt: new Error("rate limit") }, "no_rpc"],
    ["answered with another transaction", { receipt: receipt({ transactionHash: hash("99") }) }, "no_rpc"],
    ["answered with nonsense", { receipt: "0x" }, "no_rpc"],
    ["without a block number", { receipt: receipt({ blockNumber: null }) }, "no_rpc"],
    [
      "with broken logs",
      { receipt: receipt({ logs: [{ topics: [TRANSFER, null, null], data: word("1") }] }) },
      "no_rpc",
    ],
    ["whose chain id is an error", { chainId: new Error("down") }, "no_rpc"],
    ["whose block has no time", { block: { hash: hash("b1") } }, "no_rpc"],
    ["whose head is an error", { head: new Error("down") }, "no_rpc"],
    ["whose block is gone", { block: null }, "no_rpc"],
    ["whose block failed", { block: new Error("down") }, "no_rpc"],
    ["whose block is another by now", { block: { hash: hash("b2"), timestamp: "0x64" } }, "no_rpc"],
  ])("%s", async (_name, answers, kind, confirmations) => {
    expect((await ask(node(answers), [EVENT], confirmations)).get(KEY)?.kind).toBe(kind);
  });

  it("tells transactions of one chain apart", async () => {
    const rpc: BatchRpc = {
      batch: async (requests) =>
        requests.map(({ method, params }) => {
          if (method === "eth_chainId") return `0x${HOME.toString(16)}`;
          if (method === "eth_blockNumber") return "0x20";
          if (method === "eth_getBlockByNumber") {
            return {
              hash: params[0] === "0x10" ? hash("b1") : hash("b2"),
              timestamp: params[0] === "0x10" ? "0x64" : "0x65",
            };
          }
          if (params[0] === hash("31")) return null;
          if (params[0] === hash("32")) return new Error("busy");
          const isLast = params[0] === hash("34");
          return receipt({
            transactionHash: params[0],
            ...(isLast ? { blockNumber: "0x11", blockHash: hash("b2") } : {}),
          });
        }),
    };
    const hashes = ["31", "32", "33", "34"].map(hash);
    const facts = await ask(
      rpc,
      hashes.map((sourceTxHash, index) => ({ ...EVENT, index, sourceTxHash })),
    );
    const found = hashes.map((each) => facts.get(transactionKey(HOME, each))!);
    expect(found.map((fact) => (fact.kind === "final" ? fact.blockTime : fact.kind))).toEqual([
      "missing",
      "no_rpc",
      100,
      101,
    ]);
  });

  it("takes a node that is away as no RPC", async () => {
    const away: BatchRpc = { batch: () => Promise.reject(new Error("connect ECONNREFUSED")) };
    expect((await ask(away)).get(KEY)).toEqual({ kind: "no_rpc" });
  });

  it("asks for each transaction once, in two requests a chain, and not for claims of 0", async () => {
    const rpc = node();
    const events: EvidenceEvent[] = [
      EVENT,
      { ...EVENT, index: 1, sourceChainId: 0n },
      { ...EVENT, index: 2, sourceTxHash: TX.toUpperCase().replace("0X", "0x") as Hex },
      { ...EVENT, index: 3, trustClaimed: 0, sourceTxHash: hash("55") },
      { ...EVENT, index: 4, sourceTxHash: hash("00") },
      { ...EVENT, index: 5, sourceChainId: 1n << 200n },
    ];
    const facts = await ask(rpc, events);
    expect(new Set(facts.keys())).toEqual(new Set([KEY, transactionKey(1n << 200n, TX)]));
    expect(facts.get(transactionKey(1n << 200n, TX))).toEqual({ kind: "no_rpc" });
    expect(rpc.batches).toBe(2);
  });

  it("asks nothing under the policy claimed", async () => {
    const rpc = node();
    const chains = [{ chainId: HOME, rpc, confirmations: 1 }];
    expect((await fetchTransactions([EVENT], chains, { ...policy, trustPolicy: "claimed" })).size).toBe(0);
    expect(rpc.batches).toBe(0);
  });
});
