/**
 * Guarantees that "paid" means paid: every forged payment is refused with its reason, the honest form is accepted, no transfer
 * counts twice, and a chain that is away never makes a verdict final.
 */
import type { Address } from "viem";
import { describe, expect, it } from "vitest";
import { decide } from "./decide.ts";
import { transactionKey } from "./payment.ts";
import {
  address,
  byEs256,
  CUSTOMER,
  EVENT,
  es256Fact,
  final,
  HOME,
  hash,
  judge,
  Kept,
  MACHINE,
  NO_HARDWARE,
  NOW,
  OPERATOR,
  OTHER_TOKEN,
  PAID,
  policy,
  TOKEN,
  TX,
} from "./test-fixtures.ts";
import type { EvidenceEvent, TransactionFact, Verdict } from "./types.ts";

describe("a payment", () => {
  it.each([
    ["to the machine", EVENT, final()],
    ["to its operator", EVENT, final({ to: OPERATOR })],
    ["exactly 95 %", EVENT, final({ amount: 9_500_000n })],
    ["a day before the event", EVENT, final({}, NOW - 86_400)],
    ["10 minutes after it", EVENT, final({}, NOW + 600)],
    ["on the registry's own chain, named 0", { ...EVENT, sourceChainId: 0n }, final()],
    [
      "of one cent for an activity",
      { ...EVENT, eventType: 1, usdCents: null } as const,
      final({ amount: 10_000n }),
    ],
    [
      "of a token in another case",
      EVENT,
      final({ token: TOKEN.toUpperCase().replace("0X", "0x") as Address }),
    ],
    [
      "with addresses in another case",
      EVENT,
      final({ to: MACHINE.toUpperCase().replace("0X", "0x") as Address }),
    ],
  ])("counts %s", (_name, event, fact) => {
    expect(judge([event], fact)).toEqual([
      {
        machineId: 7n,
        index: 0,
        cls: 1,
        paid: true,
        reason: null,
        final: true,
        usedTransfer: `${HOME}:${TX}:3`,
        usedDigest: null,
      },
    ]);
  });

  it.each<[string, EvidenceEvent, TransactionFact | null, Verdict["reason"], boolean]>([
    ["no RPC for the chain", EVENT, null, "no_rpc", false],
    ["no RPC for that chain", { ...EVENT, sourceChainId: 8453n }, final(), "no_rpc", false],
    ["an RPC that fails", EVENT, { kind: "no_rpc" }, "no_rpc", false],
    ["an invented transaction", EVENT, { kind: "missing" }, "tx_missing", false],
    ["no transaction named", { ...EVENT, sourceTxHash: hash("00") }, final(), "tx_missing", true],
    ["too few confirmations", EVENT, { kind: "not_final" }, "tx_not_final", false],
    ["a reverted transaction", EVENT, { kind: "failed" }, "tx_failed", true],
    ["a payment of last week", EVENT, final({}, NOW - 86_401), "tx_too_old", true],
    ["an event dated back before its payment", EVENT, final({}, NOW + 601), "tx_after_event", true],
    ["a token of one's own", EVENT, final({ token: address("ef") }), "unknown_token", true],
    [
      "a listed token's address on another chain",
      EVENT,
      final({ token: OTHER_TOKEN }),
      "unknown_token",
      true,
    ],
    ["a payment to somebody else", EVENT, final({ to: CUSTOMER }), "no_transfer_to_machine", true],
    [
      "no transfer at all (native value)",
      EVENT,
      { kind: "final", blockTime: NOW, transfers: [] },
      "no_transfer_to_machine",
      true,
    ],
    [
      "the operator of a self-managed machine",
      { ...EVENT, operatorAddress: null },
      final({ to: OPERATOR }),
      "no_transfer_to_machine",
      true,
    ],
    ["the machine paying its operator", EVENT, final({ from: MACHINE, to: OPERATOR }), "self_payment", true],
    ["the operator paying the machine", EVENT, final({ from: OPERATOR }), "self_payment", true],
    ["the machine paying itself", EVENT, final({ from: MACHINE }), "self_payment", true],
    ["a payment one unit under 95 %", EVENT, final({ amount: 9_499_999n }), "amount_mismatch", true],
    [
      "a large claim on a small payment",
      { ...EVENT, usdCents: 1n << 200n },
      final(),
      "amount_mismatch",
      true,
    ],
    ["an amount without dollars", { ...EVENT, usdCents: null }, final(), "amount_mismatch", true],
    [
      "less than a cent for an activity",
      { ...EVENT, eventType: 1, usdCents: null },
      final({ amount: 9_999n }),
      "amount_mismatch",
      true,
    ],
  ])("does not count: %s", (_name, event, fact, reason, isFinal) => {
    expect(judge([event], fact)).toEqual([
      {
        machineId: 7n,
        index: 0,
        cls: 0,
        paid: false,
        reason,
        final: isFinal,
        usedTransfer: null,
        usedDigest: null,
      },
    ]);
  });

  it("backs one event only: the first in chain order, whatever order they are given in", () => {
    const [first, second] = [EVENT, { ...EVENT, index: 1, logIndex: 1 }];
    const other = { ...EVENT, machineId: 8n, blockNumber: 101n };
    const verdicts = judge([other, second, first], final());
    expect(verdicts.map((v) => [v.machineId, v.index, v.cls, v.reason])).toEqual([
      [7n, 0, 1, null],
      [7n, 1, 0, "transfer_reused"],
      [8n, 0, 0, "transfer_reused"],
    ]);
  });

  it("backs one event only across calls, and deciding the same event again changes nothing", () => {
    const state = new Kept();
    const once = judge([EVENT], final(), NO_HARDWARE, { state });
    state.keep(once);
    expect(judge([EVENT], final(), NO_HARDWARE, { state })).toEqual(once);
    const again = { ...EVENT, index: 1, blockNumber: 200n, sourceChainId: 0n };
    expect(judge([again], final(), NO_HARDWARE, { state })[0]!.reason).toBe("transfer_reused");
  });

  it("compares addresses in any case: of the token list, the machine and its operator", () => {
    const upper = (text: Address): Address => text.toUpperCase().replace("0X", "0x") as Address;
    const tokens = policy.tokens.map((token) => ({ ...token, address: upper(token.address) }));
    const event = { ...EVENT, machineAddress: upper(MACHINE), operatorAddress: upper(OPERATOR) };
    const ask = (fact: TransactionFact) =>
      judge([event], fact, NO_HARDWARE, { policy: { ...policy, tokens } })[0]!.reason;
    expect([ask(final()), ask(final({ to: OPERATOR })), ask(final({ from: OPERATOR }))]).toEqual([
      null,
      null,
      "self_payment",
    ]);
  });

  it("knows a transaction again in whatever case its hash is written", () => {
    const mixed = { ...EVENT, index: 1, logIndex: 1, sourceTxHash: hash("Ab") };
    const lower = { ...EVENT, sourceTxHash: hash("ab") };
    const facts = {
      transactions: new Map([[transactionKey(HOME, hash("ab")), final()]]),
      hardwareAt: () => NO_HARDWARE,
    };
    const reasons = decide([lower, mixed], facts, policy, new Kept()).map((verdict) => verdict.reason);
    expect(reasons).toEqual([null, "transfer_reused"]);
  });

  it("leaves the transfer of a refused event to the next one", () => {
    const early = { ...EVENT, timestamp: NOW - 10_000 };
    const verdicts = judge([early, { ...EVENT, index: 1, logIndex: 1 }], final());
    expect(verdicts.map((v) => v.reason)).toEqual(["tx_after_event", null]);
  });

  it("finds the right one among several transfers of a transaction, each for one event", () => {
    const fact: TransactionFact = {
      kind: "final",
      blockTime: NOW,
      transfers: [
        { ...PAID, logIndex: 9 },
        { ...PAID, from: OPERATOR, logIndex: 1 },
        { ...PAID, amount: 5n, logIndex: 2 },
        { ...PAID, logIndex: 4 },
      ],
    };
    const events = [0, 1, 2].map((index) => ({ ...EVENT, index, logIndex: index }));
    expect(judge(events, fact).map((v) => v.usedTransfer ?? v.reason)).toEqual([
      `${HOME}:${TX}:4`,
      `${HOME}:${TX}:9`,
      // The best of the rest is the unused small one: it failed by its amount.
      "amount_mismatch",
    ]);
  });
});

describe("claims and policies", () => {
  it("takes a claim of 0 as class 0, unpaid, whatever it points at", () => {
    const verdict = judge([{ ...byEs256, trustClaimed: 0, sourceTxHash: TX }], final(), es256Fact)[0]!;
    expect(verdict).toMatchObject({
      cls: 0,
      paid: false,
      reason: null,
      final: true,
      usedTransfer: null,
      usedDigest: null,
    });
  });

  it.each([
    [0, false],
    [1, true],
    [2, true],
  ] as const)("takes a claim of %i at its word under the policy claimed", (trustClaimed, paid) => {
    const verdict = judge([{ ...EVENT, trustClaimed }], null, NO_HARDWARE, {
      policy: { ...policy, trustPolicy: "claimed" },
    })[0]!;
    expect(verdict).toMatchObject({ cls: trustClaimed, paid, reason: null, final: true });
  });
});
