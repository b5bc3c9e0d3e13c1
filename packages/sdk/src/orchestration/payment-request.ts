import type { Address, Hex } from "../types.ts";
import { PurchaseError } from "./errors.ts";
import type { PurchaseJournal } from "./journal.ts";
import type { MarketPayment } from "./types.ts";

/** What has to be paid for an order, to the last unit. */
export type PaymentRequest = {
  readonly orderId: string;
  /** Price in `currency`, as decimal text. */
  readonly amount: string;
  readonly currency: string;
  /** CAIP-2, such as `eip155:3338`. */
  readonly chain: string;
  /** Symbol of the token. */
  readonly token: string;
  /** The token's contract. */
  readonly tokenAddress: Address;
  readonly decimals: number;
  /** What the transfer has to move, in the token's smallest unit. */
  readonly rawAmount: bigint;
  /** Who is paid. */
  readonly payee: Address;
  /** Whose transfer counts, where the market says so. */
  readonly payer: Address | null;
  readonly rail: string;
};

/**
 * Pays an order on its chain and answers the transaction's hash, once it is sent or mined. Called again for the same
 * `orderId` (after a failure or a crash) it must answer the hash of its earlier transaction and not pay a second time;
 * `payWithWallet` does that.
 */
export type Pay = ((request: PaymentRequest, signal?: AbortSignal) => Promise<Hex>) & {
  /** Where the callback keeps what it signed; `buy` uses the same one unless it is given its own. */
  readonly journal?: PurchaseJournal;
  /** The account it pays from; `buy` names it in the payment intent. */
  readonly payerAddress?: string;
};

/** The most a purchase may cost. */
export type SpendLimit = {
  /** Decimal text or a number. */
  readonly amount: string | number;
  /** USD, USDC and USDT count as one unit. */
  readonly currency: string;
};

const dollars = new Set(["USD", "USDC", "USDT"]);

/** Whether amounts of the two can be compared. */
export function sameUnit(a: string, b: string): boolean {
  const [left, right] = [a.toUpperCase(), b.toUpperCase()];
  return left === right || (dollars.has(left) && dollars.has(right));
}

/**
 * Whether a price is within the limit. @throws PurchaseError: `MAX_SPEND_EXCEEDED`, `PRICE_UNKNOWN`,
 * `CURRENCY_MISMATCH`.
 */
export async function assertWithin(
  limit: SpendLimit,
  amount: string | number | null,
  currency: string | null,
  about: string,
): Promise<void> {
  if (amount === null || currency === null)
    throw new PurchaseError(`The price of ${about} is not stated, so it cannot be held against maxSpend.`, {
      code: "PRICE_UNKNOWN",
    });
  if (!sameUnit(currency, limit.currency))
    throw new PurchaseError(
      `The price of ${about} is ${amount} ${currency}, which cannot be compared with maxSpend in ${limit.currency}.`,
      { code: "CURRENCY_MISMATCH" },
    );
  const { compareAmounts } = await import("@peaqos/protocol/market");
  if (compareAmounts(amount, limit.amount) > 0)
    throw new PurchaseError(
      `The price of ${about} is ${amount} ${currency}, more than maxSpend of ${limit.amount} ${limit.currency}.`,
      { code: "MAX_SPEND_EXCEEDED" },
    );
}

const evmAddress = /^0x[0-9a-fA-F]{40}$/;

/**
 * The transfer that a payment record asks for, with its numbers held against each other: what is signed is exactly
 * what is shown.
 *
 * @throws PurchaseError `PAYMENT_INCOMPLETE`, `PAYMENT_INCONSISTENT`, `RAIL_NOT_SUPPORTED`.
 * @example
 * ```ts
 * import { createPaymentIntent, paymentRequestOf } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createPaymentIntent(client, "mord_0123456789ab", {}, pairingToken);
 * const { rawAmount, token, payee } = await paymentRequestOf(item);
 * console.log(`${rawAmount} units of ${token} go to ${payee}`);
 * ```
 */
export async function paymentRequestOf(payment: MarketPayment): Promise<PaymentRequest> {
  const { rail, amount, currency, orderId } = payment;
  const { compareAmounts, fromBaseUnits, textOf, decimalOf } = await import("@peaqos/protocol/market");
  if (rail.type !== "wallet" && rail.type !== "wdk-usdt-transfer")
    throw new PurchaseError(`Order ${orderId} is paid by ${rail.type}, which is no token transfer.`, {
      code: "RAIL_NOT_SUPPORTED",
      orderId,
      hint: "Choose a service with the rail wallet, wdk-usdt-transfer or not-required, or pay it by other means.",
    });
  const metadata = rail.metadata ?? {};
  const rawAmount = String(metadata.rawAmount ?? "");
  const decimals = Number(metadata.tokenDecimals ?? metadata.decimals ?? Number.NaN);
  const payee = rail.payeeAddress ?? rail.walletAddress;
  const lacking = Object.entries({
    amount,
    currency,
    chain: rail.chain,
    token: rail.token,
    tokenAddress: rail.tokenAddress,
    payeeAddress: payee,
    rawAmount: /^\d{1,78}$/.test(rawAmount) ? rawAmount : null,
    tokenDecimals: Number.isInteger(decimals) && decimals >= 0 && decimals <= 36 ? decimals : null,
  }).flatMap(([name, value]) => (value === null || value === "" ? [name] : []));
  if (lacking.length > 0 || amount === null || currency === null || payee === null)
    throw new PurchaseError(
      `The payment of order ${orderId} does not say all it must: ${lacking.join(", ")}.`,
      {
        code: "PAYMENT_INCOMPLETE",
        orderId,
      },
    );
  for (const [name, value] of Object.entries({ tokenAddress: rail.tokenAddress, payeeAddress: payee }))
    if (!evmAddress.test(value ?? ""))
      throw new PurchaseError(
        `The payment of order ${orderId} has a ${name} that is no EVM address: ${value}.`,
        {
          code: "RAIL_NOT_SUPPORTED",
          orderId,
        },
      );
  if (compareAmounts(fromBaseUnits(BigInt(rawAmount), decimals), amount) !== 0)
    throw new PurchaseError(
      `The payment of order ${orderId} contradicts itself: ${amount} ${currency} is not ${rawAmount} units of ${decimals} decimals.`,
      { code: "PAYMENT_INCONSISTENT", orderId },
    );
  return {
    orderId,
    amount: textOf(decimalOf(amount)),
    currency,
    chain: rail.chain as string,
    token: rail.token as string,
    tokenAddress: rail.tokenAddress as Address,
    decimals,
    rawAmount: BigInt(rawAmount),
    payee: payee as Address,
    payer: evmAddress.test(rail.payerAddress ?? "") ? (rail.payerAddress as Address) : null,
    rail: rail.type,
  };
}
