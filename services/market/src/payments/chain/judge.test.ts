import { describe, expect, test } from "vitest";
import type { TransactionFact, TransferLog } from "./facts.ts";
import { transfersIn } from "./facts.ts";
import { type ExpectedTransfer, judge } from "./judge.ts";

/** Guarantees that only a transfer that meets every condition is found, and that the refusal names the first it lacks. */

const address = (digit: string) => `0x${digit.repeat(40)}`;
const [token, payer, payee, other] = ["1", "2", "3", "4"].map(address) as [string, string, string, string];
const hash = `0x${"a".repeat(64)}`;

const expected: ExpectedTransfer = { token, payer, payee, amount: 500n, sinceBlock: 10n, sinceTime: 1_000 };
const right: TransferLog = { position: 0, token, from: payer, to: payee, amount: 500n };
const mined = (
  transfers: TransferLog[],
  changes: Partial<Extract<TransactionFact, { kind: "mined" }>> = {},
): TransactionFact => ({
  kind: "mined",
  blockNumber: 11n,
  blockHash: hash,
  blockTime: 1_000,
  transfers,
  sinceHolds: true,
  ...changes,
});
const reasonOf = (fact: TransactionFact, wanted = expected) => {
  const verdict = judge(fact, wanted, hash);
  return verdict.state === "found"
    ? verdict.transfers.map(({ position }) => position)
    : `${verdict.state} ${verdict.reason}`;
};

test.each([
  [{ kind: "trouble", message: "away" }, "unknown rpc_error"],
  [{ kind: "unmined", by: null, overtaken: false }, "unknown not_mined"],
  [{ kind: "unmined", by: { sender: payer, nonce: 1 }, overtaken: true }, "unknown overtaken"],
  [{ kind: "unconfirmed", by: null, confirmations: 3n }, "unknown not_confirmed"],
  [{ kind: "failed" }, "failed tx_failed"],
] as const)("%o: %s", (fact, verdict) => {
  expect(reasonOf(fact as TransactionFact)).toBe(verdict);
});

test("all that fit are found, in the order of their logs", () => {
  const logs = [
    { ...right, amount: 1n },
    { ...right, position: 1 },
    { ...right, position: 2, from: other },
    { ...right, position: 3 },
  ];
  expect(reasonOf(mined(logs))).toEqual([1, 3]);
});

describe("the first condition that none meets", () => {
  test.each([
    ["no_transfer", []],
    ["no_transfer", [{ ...right, from: payee }]],
    ["wrong_token", [{ ...right, token: other }]],
    ["wrong_payee", [{ ...right, to: other }]],
    ["wrong_payer", [{ ...right, from: other }]],
    ["wrong_amount", [{ ...right, amount: 499n }]],
    ["wrong_amount", [{ ...right, amount: 501n }]],
    // No two transfers make one.
    [
      "wrong_amount",
      [
        { ...right, amount: 250n },
        { ...right, amount: 250n },
      ],
    ],
    [
      "wrong_payee",
      [
        { ...right, token: other },
        { ...right, to: other },
      ],
    ],
    [
      "wrong_amount",
      [
        { ...right, amount: 1n },
        { ...right, from: other },
      ],
    ],
  ] as const)("%s", (reason, transfers) => {
    expect(reasonOf(mined([...transfers]))).toBe(`failed ${reason}`);
  });
});

describe("not older than the order", () => {
  test.each([
    ["the block after the head", {}, {}, [0]],
    ["the head itself", { blockNumber: 10n }, {}, "failed too_old"],
    ["before it", { blockNumber: 9n, blockTime: 5_000 }, {}, "failed too_old"],
    [
      "below a head that is gone, but younger",
      { blockNumber: 9n, sinceHolds: false, blockTime: 1_000 },
      {},
      [0],
    ],
    [
      "below a head that is gone, and older",
      { blockNumber: 9n, sinceHolds: false, blockTime: 999 },
      {},
      "failed too_old",
    ],
    ["above a head that is gone", { sinceHolds: false, blockTime: 1 }, {}, [0]],
    ["no head known, the order's second", { blockNumber: 1n }, { sinceBlock: null }, [0]],
    ["no head known, the second before", { blockTime: 999 }, { sinceBlock: null }, "failed too_old"],
  ] as const)("%s", (_name, fact, wanted, result) => {
    expect(reasonOf(mined([right], fact), { ...expected, ...wanted })).toEqual(result);
  });
});

describe("what counts as the log of a transfer", () => {
  const topic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
  const word = (digits: string) => `0x${digits.padStart(64, "0")}`;
  const log = {
    address: token,
    topics: [topic, word(payer.slice(2)), word(payee.slice(2))],
    data: word("1f4"),
  };

  test("in any case of its letters", () => {
    const loud = { ...log, topics: log.topics.map((each) => each.toUpperCase().replace("0X", "0x")) };
    expect(transfersIn([loud])).toEqual([right]);
  });

  test.each([
    ["another event", { topics: [word("1"), ...log.topics.slice(1)] }],
    ["a number in a fourth topic", { topics: [...log.topics, word("1")], data: "0x" }],
    ["two topics", { topics: log.topics.slice(0, 2) }],
    ["no topics", { topics: undefined }],
    [
      "something before an address",
      { topics: [topic, `0x${"1".repeat(24)}${payer.slice(2)}`, log.topics[2]] },
    ],
    ["two words of data", { data: `${log.data}${"0".repeat(64)}` }],
    ["no data", { data: "0x" }],
    ["a log that was taken back", { removed: true }],
  ])("not %s", (_name, change) => {
    expect(transfersIn([{ ...log, ...change }])).toEqual([]);
  });

  test("positions count all logs of the transaction", () => {
    expect(transfersIn([{ ...log, topics: [] }, log]).map(({ position }) => position)).toEqual([1]);
  });
});
