import type { Answers } from "./answers.ts";
import { SellerError } from "./errors.ts";
import type { Payment, Price } from "./types.ts";

/** ERC-20 `Transfer(address,address,uint256)`. */
const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const RPC_TIMEOUT_MS = 5_000;

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const shapes = {
  chain: /^[a-z0-9-]{3,8}:[-_a-zA-Z0-9]{1,32}$/,
  transactionHash: /^0x[0-9a-fA-F]{64}$/,
  payer: ADDRESS,
  payee: ADDRESS,
  amount: /^\d{1,30}(\.\d{1,30})?$/,
  rawAmount: /^\d{1,78}$/,
} as const;

/** Reads `x-peaqos-payment`. @throws SellerError 400. */
export function readPayment(header: string | string[] | undefined): Payment | null {
  if (header === undefined) return null;
  let given: Record<string, unknown> | undefined;
  try {
    given = JSON.parse(String(header));
  } catch {
    // told below
  }
  if (typeof given !== "object" || given === null) throw invalid("is not a JSON object");
  for (const [name, shape] of Object.entries(shapes)) {
    const value = given[name];
    if (typeof value !== "string" || !shape.test(value)) throw invalid(`has no valid ${name}`);
  }
  if (given.token !== null && typeof given.token !== "string") throw invalid("has no valid token");
  return given as Payment;
}

/** Base units of a decimal amount. @throws when it has more digits than the token. */
export function baseUnits(amount: string, decimals: number): bigint {
  const [whole = "", fraction = ""] = amount.split(".");
  if (!shapes.amount.test(amount) || fraction.length > decimals)
    throw new Error(
      `the price ${amount} is no decimal number with at most ${decimals} digits after the point`,
    );
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}

export type PaymentCheck = (payment: Payment, orderId: string) => Promise<void>;

/**
 * Checks a payment on the chain, not by what the caller says of it: mined, successful, this token, to this payee, at
 * least the price. A transaction serves one order, for good.
 *
 * @throws SellerError 402 when it does not pay for the order, 503 when the chain does not show it yet or does not answer.
 */
export function createPaymentCheck(
  price: Price,
  rpcUrl: string,
  confirmations: number,
  answers: Answers,
): PaymentCheck {
  const { token, payee } = price;
  const least = baseUnits(price.amount, token.decimals);
  return async ({ chain, transactionHash, payer }, orderId) => {
    if (chain !== `eip155:${token.chainId}`)
      throw new SellerError(
        402,
        "payment_mismatch",
        `The payment is on ${chain}; this service is paid on eip155:${token.chainId}.`,
      );
    const hash = transactionHash.toLowerCase();
    const [receipt, head] = (await Promise.all([
      rpc(rpcUrl, "eth_getTransactionReceipt", [hash]),
      rpc(rpcUrl, "eth_blockNumber", []),
    ])) as [Receipt | null, string];
    if (receipt === null || BigInt(head) - BigInt(receipt.blockNumber) + 1n < BigInt(confirmations))
      throw new SellerError(
        503,
        "payment_not_confirmed",
        `The chain does not show transaction ${hash} with ${confirmations} confirmations yet.`,
      );
    if (receipt.status !== "0x1")
      throw new SellerError(402, "payment_failed", `Transaction ${hash} was reverted: nothing was paid.`);
    const paid = receipt.logs.some(
      ({ address, topics, data }) =>
        topics.length === 3 &&
        data.length === 66 &&
        topics[0] === TRANSFER &&
        same(address, token.address) &&
        same(`0x${topics[1]?.slice(26)}`, payer) &&
        same(`0x${topics[2]?.slice(26)}`, payee) &&
        BigInt(data) >= least,
    );
    if (!paid)
      throw new SellerError(
        402,
        "payment_mismatch",
        `Transaction ${hash} moves no ${price.amount} ${token.symbol} from ${payer} to ${payee}.`,
      );
    const holder = await answers.claim(`payment ${chain} ${hash}`, orderId);
    if (holder !== orderId)
      throw new SellerError(402, "payment_used", `Transaction ${hash} has paid for another order.`);
  };
}

type Receipt = {
  status: string;
  blockNumber: string;
  logs: { address: string; topics: string[]; data: string }[];
};

async function rpc(url: string, method: string, params: unknown[]): Promise<unknown> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(RPC_TIMEOUT_MS),
    });
    const answer = (await response.json()) as { result?: unknown; error?: unknown };
    if (answer.error !== undefined || answer.result === undefined) throw new Error("no result");
    return answer.result;
  } catch {
    throw new SellerError(
      503,
      "chain_unavailable",
      "The payment cannot be checked now: the chain does not answer.",
    );
  }
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function invalid(what: string): SellerError {
  return new SellerError(400, "invalid_payment_header", `The header x-peaqos-payment ${what}.`);
}
