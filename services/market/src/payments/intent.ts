import { isDeepStrictEqual } from "node:util";
import { compareAmounts, type MarketPaymentRailType, type paymentIntentBody } from "@peaqos/protocol/market";
import { getAddress, isAddress } from "viem";
import type { z } from "zod";
import { fail, invalid } from "../kit/errors.ts";
import { wrongState } from "../orders/store.ts";
import type { ActivePairing } from "../pairings/pairings.ts";
import { unitOf } from "../search/price.ts";
import type { AgentStep } from "../steps/step.ts";
import { claimPayer } from "./payers.ts";
import { notRequired } from "./rails/not-required.ts";
import type { Rail, RailOrder } from "./rails/rail.ts";
import { railFor } from "./rails/registry.ts";
import type { PaymentRail } from "./record.ts";
import { insertPayments, type PaymentRow, paymentOf, paymentView } from "./store.ts";

/**
 * The intent: an order's payment is completed with what the caller names while nothing has been shown for it, then
 * returned unchanged. What the seller relies on (payee, token, chain, amount) never comes from the caller.
 */

export type IntentBody = z.output<typeof paymentIntentBody>;
type RailInput = Partial<NonNullable<IntentBody["rail"]>>;

export type IntentDeps = {
  readonly enforceRails: boolean;
  readonly newPaymentId: () => string;
  decimalsOf(chain: string, token: string): number | null;
  /** Whether a policy of the pairing's machine limits what is spent in a day. */
  isCapped(step: AgentStep): Promise<boolean>;
};

/** The token's decimals are to be learnt first, so that the intent can name the base units. */
export class UnknownToken extends Error {
  override readonly name = "UnknownToken";
  readonly chain: string;
  readonly token: string;

  constructor(chain: string, token: string) {
    super(`nobody has asked ${token} on ${chain} for its decimals`);
    this.chain = chain;
    this.token = token;
  }
}

export async function createIntent(step: AgentStep, body: IntentBody, deps: IntentDeps) {
  const { order, payment } = step;
  // A proof that failed leaves the payment unproven: the payer may still be named.
  const isOpen = payment?.status === "intent_created" && payment.outcome !== "unknown";
  // What stands is told in every state of the order, so that a purchase can be picked up wherever it broke.
  if (payment !== null && !isOpen) return paymentView(payment);
  if (["confirmed", "disputed", "cancelled"].includes(order.status))
    throw wrongState(order, "payment-intent");
  if (payment === null) return intentWithoutPayment(step, body, deps);
  const completed = await complete(step, payment, body, deps);
  if (order.status === "created") step.moveOrder("intent");
  return paymentView(completed);
}

/** Nothing is to be paid: the record says so and the order is ready. */
async function intentWithoutPayment(step: AgentStep, body: IntentBody, deps: IntentDeps) {
  const { order, pairing } = step;
  const type = body.rail?.type ?? "not-required";
  railFor(type);
  if (type !== "not-required")
    throw fail("VALIDATION_ERROR", `rail.type: the service asks for no payment, so ${type} is not possible`, {
      reason: "payment_not_required",
      rail: type,
    });
  step.needOwnTransaction();
  await insertPayments(step.client, [
    {
      id: deps.newPaymentId(),
      order_id: order.id,
      tenant_id: order.tenant_id,
      machine_id: order.machine_id,
      agent_address: pairing.agentAddress.toLowerCase(),
      status: "not_required",
      from_block: null,
      from_block_hash: null,
      created_at: step.now,
      ...notRequired.columns({
        recommendation: order.payment,
        amount: order.amount,
        currency: order.currency,
        payerAddress: pairing.agentAddress,
        decimalsOf: deps.decimalsOf,
      }),
    },
  ]);
  const made = await paymentOf(step.client, order.id);
  if (made === null) throw new Error(`the payment of ${order.id} was not written`);
  step.audit({
    type: "payment.not_required",
    resourceType: "market-payment",
    resourceId: made.id,
    machineId: made.machine_id,
    payload: { orderId: order.id },
  });
  if (order.status === "created") step.moveOrder("paymentNotRequired");
  return paymentView(made);
}

async function complete(
  step: AgentStep,
  payment: PaymentRow,
  body: IntentBody,
  deps: IntentDeps,
): Promise<PaymentRow> {
  const { order, pairing } = step;
  const given: RailInput = body.rail ?? {};
  const rail = chooseRail(payment, given.type, order.payment.supportedRails, deps.enforceRails);
  const amount = amountOf(payment, body, pairing);
  if (payment.amount === null && amount !== null && (await deps.isCapped(step)))
    throw notReserved(amount, {});
  const payer = payerOf(payment, given.payerAddress);
  const input: RailOrder = {
    recommendation: order.payment,
    amount,
    currency: payment.currency,
    payerAddress: payer,
    decimalsOf: deps.decimalsOf,
  };
  const columns = rail.columns(input);
  const wireRail = rail.proof === "record" ? filled(columns.rail, payment.rail, given) : columns.rail;
  checkFixed(columns.rail, given, rail);
  if (columns.payer_address !== null && columns.payer_address !== payment.payer_address) {
    step.needOwnTransaction();
    await claimPayer(step, columns.payer_address, payment.agent_address);
  }
  const { notes: _, ...changes } = columns;
  const isSame =
    isDeepStrictEqual(wireRail, payment.rail) &&
    amount === payment.amount &&
    columns.raw_amount === (payment.raw_amount === null ? null : String(payment.raw_amount));
  if (isSame) return payment;
  const changed = step.setPayment({
    ...changes,
    raw_amount: columns.raw_amount === null ? null : BigInt(columns.raw_amount),
    rail: wireRail,
  });
  step.audit({
    type: "payment.intent",
    resourceType: "market-payment",
    resourceId: payment.id,
    machineId: payment.machine_id,
    payload: {
      orderId: order.id,
      rail: wireRail.type,
      payerAddress: wireRail.payerAddress,
      amount,
      rawAmount: columns.raw_amount,
    },
  });
  return changed;
}

/**
 * A rail whose payments nobody checks has to be on the service's own list, whatever the setting says: the seller bears
 * its risk.
 */
function chooseRail(
  payment: PaymentRow,
  wanted: MarketPaymentRailType | undefined,
  supported: readonly MarketPaymentRailType[],
  enforced: boolean,
): Rail {
  const rail = railFor(wanted ?? payment.rail.type);
  if (rail.type === payment.rail.type) return rail;
  if (rail.proof === "none")
    throw fail("VALIDATION_ERROR", "rail.type: this order has to be paid", {
      reason: "payment_required",
      rail: rail.type,
    });
  if (!supported.includes(rail.type) && (enforced || rail.proof === "record"))
    throw fail(
      "VALIDATION_ERROR",
      `rail.type: the service does not take ${rail.type}, only ${supported.join(", ")}`,
      { reason: "rail_not_supported", rail: rail.type, supportedRails: supported },
    );
  return rail;
}

/** The agreed price stands; one the provider left open can be named, as far as the pairing's limits can still hold it. */
function amountOf(
  payment: PaymentRow,
  { amount, currency }: IntentBody,
  pairing: ActivePairing,
): string | null {
  if (currency !== undefined && payment.currency !== null && unitOf(currency) !== unitOf(payment.currency))
    throw fail("VALIDATION_ERROR", `currency: the payment is in ${payment.currency}, not in ${currency}`, {
      reason: "wrong_currency",
      expected: payment.currency,
    });
  if (amount === undefined) return payment.amount;
  const { perTransactionLimit, dailySpendLimit } = pairing.policy;
  const difference = payment.amount === null ? 1 : compareAmounts(amount, payment.amount);
  if (difference === 0) return payment.amount;
  if (difference > 0 && perTransactionLimit !== null && compareAmounts(amount, perTransactionLimit) > 0)
    throw fail("AGENT_SPEND_LIMIT_EXCEEDED", `${amount} is above the limit of ${perTransactionLimit}`, {
      amount,
      perTransactionLimit,
    });
  if (payment.amount !== null)
    throw fail("VALIDATION_ERROR", `amount: the price is ${payment.amount}, not ${amount}`, {
      reason: "wrong_amount",
      expected: payment.amount,
    });
  if (dailySpendLimit !== null) throw notReserved(String(amount), { dailySpendLimit });
  return String(amount);
}

const notReserved = (amount: string, details: Record<string, unknown>) =>
  fail(
    "AGENT_DAILY_LIMIT_EXCEEDED",
    `${amount} was not reserved when the order was placed: place one with budget.amount`,
    { amount, ...details },
  );

function payerOf(payment: PaymentRow, wanted: string | undefined): string {
  const current = payment.rail.payerAddress ?? payment.agent_address;
  if (wanted === undefined) return current;
  if (!isAddress(wanted, { strict: false }) || /^0x0{40}$/.test(wanted))
    throw invalid("rail.payerAddress", `${wanted} is no address that can pay`, { reason: "wrong_payer" });
  return getAddress(wanted);
}

const fixed: readonly (readonly [keyof PaymentRail & string, string])[] = [
  ["chain", "wrong_chain"],
  ["token", "wrong_token"],
  ["tokenAddress", "wrong_token"],
  ["tokenMint", "wrong_token"],
  ["payeeAddress", "wrong_payee"],
  ["walletAddress", "wrong_payee"],
];

/** What the caller repeats must be what the service asks for. On record rails it may fill what the service left open. */
function checkFixed(rail: PaymentRail, given: RailInput, kind: Rail): void {
  for (const [field, reason] of fixed) {
    const wanted = given[field as keyof typeof given] as string | undefined;
    const expected = rail[field] as string | null;
    if (wanted === undefined || (expected === null && (kind.proof === "record" || field === "walletAddress")))
      continue;
    if (wanted.toLowerCase() !== expected?.toLowerCase())
      throw fail("VALIDATION_ERROR", `rail.${field}: ${wanted} is not what the service asks for`, {
        reason,
        field: `rail.${field}`,
        expected,
      });
  }
  const rawAmount = given.metadata?.rawAmount;
  const expected = rail.metadata?.rawAmount;
  if (kind.proof === "transfer" && rawAmount !== undefined && expected !== undefined)
    if (String(rawAmount) !== expected)
      throw fail("VALIDATION_ERROR", `rail.metadata.rawAmount: ${String(rawAmount)} is not the price`, {
        reason: "wrong_amount",
        expected,
      });
}

const fillable = [
  "chain",
  "token",
  "tokenAddress",
  "tokenMint",
  "externalUrl",
  "provider",
  "accountId",
  "walletAddress",
  "paymentIntentId",
  "metadata",
] as const;
const maxMetadata = 16_384;

/** The rail with the fields that were still open. */
function filled(rail: PaymentRail, before: PaymentRail, given: RailInput): PaymentRail {
  const result: Record<string, unknown> = { ...rail };
  for (const field of fillable) result[field] = rail[field] ?? before[field] ?? given[field] ?? null;
  if (
    JSON.stringify(given.metadata ?? null, (_, value) => (typeof value === "bigint" ? String(value) : value))
      .length > maxMetadata
  )
    throw invalid("rail.metadata", `must be at most ${maxMetadata} characters of JSON`);
  return result as PaymentRail;
}
