import { HttpError } from "@peaqos/service-kit";
import { describe, expect, test } from "vitest";
import type { RailRecommendation } from "../record.ts";
import { railFor, startingRail } from "./registry.ts";

const payee = "0x52908400098527886E0F7030069857D2E4169EE7";
const payer = "0x8617E340B3D01FA5F11F306F4090FD50E238070D";
const token = "0xde709f2102306220921060314715629080e2fb77";

const listing: RailRecommendation = {
  defaultRail: "wallet",
  required: true,
  supportedRails: ["wallet", "wdk-usdt-transfer"],
  notes: ["pay in advance"],
  provider: null,
  chain: "eip155:33380",
  token: "USDC",
  tokenAddress: token,
  tokenMint: null,
  walletAddress: null,
  externalUrl: null,
  payerAddress: null,
  payeeAddress: payee.toLowerCase(),
};

const columns = (changes: Partial<RailRecommendation> = {}, order = {}) => {
  const recommendation = { ...listing, ...changes };
  return startingRail(recommendation).columns({
    recommendation,
    amount: "0.05",
    currency: "USD",
    payerAddress: payer.toLowerCase(),
    decimalsOf: () => 6,
    ...order,
  });
};

const reasonOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    if (error instanceof HttpError) return (error.details as { reason: unknown }).reason;
    throw error;
  }
  return "none";
};

test("an intent on a transfer rail says everything a client needs to pay without asking a chain", () => {
  expect(columns()).toEqual({
    rail: {
      type: "wallet",
      chain: "eip155:33380",
      token: "USDC",
      tokenAddress: "0xde709f2102306220921060314715629080e2fb77",
      tokenMint: null,
      escrowAddress: null,
      externalUrl: null,
      provider: null,
      accountId: null,
      walletAddress: null,
      payerAddress: payer,
      payeeAddress: payee,
      paymentIntentId: null,
      metadata: { rawAmount: "50000", tokenDecimals: 6 },
    },
    notes: ["pay in advance"],
    amount: "0.05",
    currency: "USD",
    raw_amount: "50000",
    token_decimals: 6,
    chain: "eip155:33380",
    token_address: token,
    payer_address: payer.toLowerCase(),
    payee_address: payee.toLowerCase(),
  });
});

test("amounts stay exact beyond what a float holds", () => {
  const order = { amount: "123456789012.000000000000000001", currency: null, decimalsOf: () => 18 };
  expect(columns({}, order).raw_amount).toBe("123456789012000000000000000001");
});

test("unknown decimals leave the base units open", () => {
  expect(columns({}, { decimalsOf: () => null })).toMatchObject({
    raw_amount: null,
    token_decimals: null,
    rail: { metadata: {} },
  });
});

describe("an order that could not be paid is refused with the reason", () => {
  test.each([
    ["rail_incomplete", { chain: null }, {}],
    ["rail_incomplete", { token: null }, {}],
    ["rail_incomplete", { tokenAddress: null }, {}],
    ["rail_incomplete", { payeeAddress: null }, {}],
    ["rail_incomplete", { payeeAddress: "acct-17" }, {}],
    ["rail_not_offered", { chain: "solana:mainnet" }, {}],
    ["rail_not_offered", { defaultRail: "x402", supportedRails: ["x402"] }, {}],
    ["rail_not_offered", { defaultRail: "not-required", supportedRails: ["escrow"] }, {}],
    ["self_payment", { payeeAddress: payer }, {}],
    ["currency_mismatch", {}, { currency: "EUR" }],
    ["amount_too_small", {}, { amount: "0.0000001" }],
    ["amount_too_small", {}, { amount: "0" }],
  ] as const)("%s: %j %j", (reason, change, order) => {
    expect(reasonOf(() => columns(change as Partial<RailRecommendation>, order))).toBe(reason);
  });
});

test.each(["x402", "mpp", "vault-stripe", "escrow", "onchain-escrow"] as const)(
  "%s is not offered",
  (type) => {
    expect(reasonOf(() => railFor(type))).toBe("rail_not_offered");
  },
);

test("where the default rail is not offered, the first of the others that is", () => {
  const given = { ...listing, defaultRail: "x402", supportedRails: ["x402", "wallet"] } as const;
  expect(startingRail({ ...given, supportedRails: [...given.supportedRails] }).type).toBe("wallet");
  expect(startingRail({ ...listing, defaultRail: "not-required", required: false }).type).toBe(
    "not-required",
  );
});
