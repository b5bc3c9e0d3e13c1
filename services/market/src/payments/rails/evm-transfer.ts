import { decimalOf, type MarketPaymentRailType, textOf, toBaseUnits } from "@peaqos/protocol/market";
import { getAddress, isAddress } from "viem";
import { fail } from "../../kit/errors.ts";
import { unitOf } from "../../search/price.ts";
import type { RailColumns } from "../record.ts";
import { type Rail, type RailOrder, railOf } from "./rail.ts";

/** Rails on which the payer moves an ERC-20 token straight to the payee and the market finds the transfer on the chain. */

const evmChain = /^eip155:[1-9]\d{0,15}$/;

/** The service's listing cannot be paid on this rail. */
function incomplete(type: MarketPaymentRailType, field: string, message: string): Error {
  return fail("VALIDATION_ERROR", `the service cannot be paid by ${type}: ${field} ${message}`, {
    reason: "rail_incomplete",
    rail: type,
    field,
  });
}

function addressOf(type: MarketPaymentRailType, field: string, value: string | null): `0x${string}` {
  if (value === null) throw incomplete(type, field, "is missing in its listing");
  if (!isAddress(value, { strict: false })) throw incomplete(type, field, `${value} is no EVM address`);
  return getAddress(value);
}

/**
 * @throws HttpError VALIDATION_ERROR `rail_not_offered` for a chain whose transfers the market cannot read,
 *   `rail_incomplete` for a listing without chain, token or payee, `currency_mismatch` for a price in another unit than
 *   the token, `amount_too_small` for a price below one base unit, `self_payment` where payer and payee are one.
 */
export function evmTransfer(type: MarketPaymentRailType, order: RailOrder): RailColumns {
  const { recommendation, amount, currency } = order;
  const { chain, token } = recommendation;
  if (chain === null) throw incomplete(type, "chain", "is missing in its listing");
  if (!evmChain.test(chain))
    throw fail("VALIDATION_ERROR", `transfers on ${chain} cannot be checked here`, {
      reason: "rail_not_offered",
      rail: type,
      chain,
    });
  if (token === null) throw incomplete(type, "token", "is missing in its listing");
  const tokenAddress = addressOf(type, "tokenAddress", recommendation.tokenAddress);
  const payee = addressOf(type, "payeeAddress", recommendation.payeeAddress ?? recommendation.walletAddress);
  const payer = addressOf(type, "payerAddress", order.payerAddress);
  if (payer === payee)
    throw fail("VALIDATION_ERROR", `payer and payee are the same address ${payer}`, {
      reason: "self_payment",
      payerAddress: payer,
    });
  if (currency !== null && unitOf(currency) !== unitOf(token))
    throw fail("VALIDATION_ERROR", `a price in ${currency} cannot be paid in ${token}`, {
      reason: "currency_mismatch",
      currency,
      token,
    });
  const decimals = order.decimalsOf(chain, tokenAddress);
  const raw = amount === null || decimals === null ? null : toBaseUnits(amount, decimals);
  if (raw === 0n || (amount !== null && decimalOf(amount).digits <= 0n))
    throw fail("VALIDATION_ERROR", `an amount of ${amount} ${token} is less than its smallest unit`, {
      reason: "amount_too_small",
      amount,
      token,
    });
  return {
    rail: railOf(type, order, {
      tokenAddress,
      payerAddress: payer,
      payeeAddress: payee,
      metadata: {
        ...(raw === null ? {} : { rawAmount: String(raw) }),
        ...(decimals === null ? {} : { tokenDecimals: decimals }),
      },
    }),
    notes: [...recommendation.notes],
    amount: amount === null ? null : textOf(decimalOf(amount)),
    currency: currency ?? token,
    raw_amount: raw === null ? null : String(raw),
    token_decimals: decimals,
    chain,
    token_address: tokenAddress.toLowerCase(),
    payer_address: payer.toLowerCase(),
    payee_address: payee.toLowerCase(),
  };
}

export function evmTransferRail(type: MarketPaymentRailType): Rail {
  return { type, proof: "transfer", columns: (order) => evmTransfer(type, order) };
}
