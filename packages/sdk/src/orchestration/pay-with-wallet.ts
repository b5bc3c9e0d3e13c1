import { encodeFunctionData, parseAbi } from "viem";
import type { Call } from "../chain/call-runner.ts";
import type { Kept } from "../chain/sender.ts";
import type { ClientContext } from "../context.ts";
import { RpcError } from "../errors/runtime.ts";
import type { Address, Hex } from "../types.ts";
import { PurchaseError } from "./errors.ts";
import { alone, type PurchaseJournal } from "./journal.ts";
import type { Pay, PaymentRequest } from "./payment-request.ts";

const erc20 = parseAbi([
  "function transfer(address to, uint256 amount) returns (bool)",
  "function decimals() view returns (uint8)",
  "function symbol() view returns (string)",
]);

/** Settings of `payWithWallet`. */
export type PayWithWalletOptions = {
  /**
   * Token symbol to contract, for the tokens that may be paid with. Default: any contract whose own symbol is the one
   * the market names.
   */
  readonly tokens?: Readonly<Record<string, string>>;
};

/** The signed transfer of an order, as the journal keeps it. */
type Payment = {
  readonly from: string;
  readonly chain: string;
  readonly tokenAddress: string;
  readonly payee: string;
  readonly rawAmount: string;
  readonly nonce: number;
  /** All under the one nonce, newest last: at most one of them can be mined. */
  readonly transactions: readonly { readonly hash: Hex; readonly raw: Hex }[];
  /** The transfer surely did not happen: its transaction reverted, or its nonce went elsewhere. */
  readonly failed?: string;
};

/** One record for each attempt; a further one only after the attempt before surely moved nothing. */
const keyOf = (orderId: string, attempt: number) => `payment:${orderId}:${attempt}`;

/**
 * Pays orders with the account of a client, by ERC-20 `transfer`. Before it signs it holds chain, token, decimals and
 * payer against the chain itself; the signed transaction is in the journal before it leaves, under one nonce, so that an
 * order is paid at most once, also across crashes and processes that share the journal.
 *
 * @param client of the chain that is paid on; several when orders are paid on several chains.
 * @param journal where signed transfers are kept; in production a durable one (`fileJournal`, or your database).
 * @returns a callback for `buy`. It throws PurchaseError (`WRONG_CHAIN`, `WRONG_PAYER`, `TOKEN_MISMATCH`,
 * `TRANSFER_REVERTED`) and RpcError.
 * @example
 * ```ts
 * import { memoryJournal, payWithWallet } from "@peaqos/peaq-os-sdk/orchestration";
 * const pay = payWithWallet(client, memoryJournal(), {
 *   tokens: { USDC: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913" },
 * });
 * ```
 */
export function payWithWallet(
  client: ClientContext | readonly ClientContext[],
  journal: PurchaseJournal,
  options: PayWithWalletOptions = {},
): Pay {
  const clients = Array.isArray(client) ? (client as readonly ClientContext[]) : [client as ClientContext];
  const pay = (request: PaymentRequest) =>
    alone(journal, `payment:${request.orderId}`, () => payOnce(clients, journal, options, request));
  return Object.assign(pay, { journal, payerAddress: (clients[0] as ClientContext).address });
}

async function payOnce(
  clients: readonly ClientContext[],
  journal: PurchaseJournal,
  options: PayWithWalletOptions,
  request: PaymentRequest,
): Promise<Hex> {
  const client = await clientFor(clients, request);
  let attempt = 1;
  for (; ; attempt++) {
    const earlier = (await journal.get(keyOf(request.orderId, attempt))) as Payment | null;
    if (earlier === null) break;
    if (earlier.failed === undefined) return follow(client, journal, attempt, request, earlier);
  }
  const call = await checkedCall(client, options, request);
  let payment: Payment | undefined;
  await client.chain.sender.prepare(call, async (kept) => {
    payment = {
      from: client.address,
      chain: request.chain,
      tokenAddress: request.tokenAddress,
      payee: request.payee,
      rawAmount: String(request.rawAmount),
      nonce: kept.nonce,
      transactions: [transactionOf(kept)],
    };
    if (!(await journal.add(keyOf(request.orderId, attempt), payment)))
      // Another process was faster: its transaction is the payment, ours never leaves.
      throw new PurchaseError(`Order ${request.orderId} is being paid by another process.`, {
        code: "PAYMENT_IN_PROGRESS",
        orderId: request.orderId,
        retryable: true,
        hint: "Call again: it waits for that payment.",
      });
  });
  return follow(client, journal, attempt, request, payment as Payment);
}

const transactionOf = ({ hash, raw }: Kept) => ({ hash, raw });

/** Waits until one of the order's transactions is mined; sends the newest again where the node lost it. */
async function follow(
  client: ClientContext,
  journal: PurchaseJournal,
  attempt: number,
  request: PaymentRequest,
  payment: Payment,
): Promise<Hex> {
  const { sender } = client.chain;
  const key = keyOf(request.orderId, attempt);
  if (payment.from.toLowerCase() !== client.address.toLowerCase())
    throw wrongPayer(request, client.address, payment.from);
  const call = transferOf(request, payment);
  let current = payment;
  for (;;) {
    const newest = current.transactions.at(-1) as Payment["transactions"][number];
    const kept = { ...newest, nonce: current.nonce };
    const minedEarlier = await minedOf(client, current.transactions.slice(0, -1));
    if (minedEarlier !== null) return minedEarlier;
    let receipt: Awaited<ReturnType<typeof sender.deliverKept>>;
    try {
      receipt = await sender.deliverKept(kept, call);
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== "TX_REPLACED") throw error;
      await journal.set(key, { ...current, failed: "its nonce went to another transaction" });
      throw error;
    }
    if (receipt === "fee") {
      // The same nonce, so at most one of them is mined.
      const dearer = await sender.resign(call, current.nonce);
      current = { ...current, transactions: [...current.transactions, transactionOf(dearer)] };
      await journal.set(key, current);
      continue;
    }
    if (receipt.succeeded) return receipt.txHash;
    await journal.set(key, { ...current, failed: `transaction ${receipt.txHash} reverted` });
    throw new PurchaseError(
      `The transfer for order ${request.orderId} was mined but reverted: ${receipt.txHash}.`,
      {
        code: "TRANSFER_REVERTED",
        orderId: request.orderId,
        transactionHash: receipt.txHash,
        hint: "Check the balance of the token; a further call pays with a new transaction.",
      },
    );
  }
}

async function minedOf(client: ClientContext, transactions: Payment["transactions"]): Promise<Hex | null> {
  for (const { hash } of transactions) {
    const receipt = await client.chain.rpc.request<{ status?: string } | null>("eth_getTransactionReceipt", [
      hash,
    ]);
    if (receipt?.status !== undefined && BigInt(receipt.status) === 1n) return hash;
  }
  return null;
}

async function clientFor(clients: readonly ClientContext[], request: PaymentRequest): Promise<ClientContext> {
  const seen: string[] = [];
  for (const client of clients) {
    const chain = `eip155:${await client.chain.chainId()}`;
    if (chain === request.chain) return client;
    seen.push(chain);
  }
  throw new PurchaseError(
    `Order ${request.orderId} is paid on ${request.chain}, but this wallet is on ${seen.join(", ")}.`,
    { code: "WRONG_CHAIN", orderId: request.orderId, hint: "Give payWithWallet a client of that chain." },
  );
}

/** The transfer, after everything the market said of it was held against the chain. */
async function checkedCall(
  client: ClientContext,
  { tokens }: PayWithWalletOptions,
  request: PaymentRequest,
): Promise<Call> {
  const { orderId, payer, token, tokenAddress, decimals } = request;
  if (payer !== null && payer.toLowerCase() !== client.address.toLowerCase())
    throw wrongPayer(request, client.address, payer);
  const mismatch = (what: string) =>
    new PurchaseError(`The payment of order ${orderId} is refused: ${what}.`, {
      code: "TOKEN_MISMATCH",
      orderId,
      hint: "Nothing was signed. Check the service's payment with its seller.",
    });
  if (tokens !== undefined) {
    const allowed = Object.hasOwn(tokens, token) ? tokens[token] : undefined;
    if (allowed?.toLowerCase() !== tokenAddress.toLowerCase())
      throw mismatch(`${token} at ${tokenAddress} is not among the tokens that may be paid with`);
  }
  const [onChain, symbol] = await Promise.all([
    client.chain.read<number>(view(tokenAddress, "decimals")),
    client.chain.read<string>(view(tokenAddress, "symbol")),
  ]);
  if (Number(onChain) !== decimals)
    throw mismatch(`the token at ${tokenAddress} has ${onChain} decimals, the market says ${decimals}`);
  if (tokens === undefined && symbol.toUpperCase() !== token.toUpperCase())
    throw mismatch(`the token at ${tokenAddress} is ${symbol}, the market says ${token}`);
  return transferOf(request, request);
}

const view = (address: Address, functionName: "decimals" | "symbol") => ({
  address,
  abi: erc20,
  functionName,
  doing: `read the ${functionName} of the token ${address}`,
});

function transferOf(
  request: PaymentRequest,
  { tokenAddress, payee, rawAmount }: { tokenAddress: string; payee: string; rawAmount: bigint | string },
): Call {
  const args = [payee as Address, BigInt(rawAmount)] as const;
  return {
    to: tokenAddress as Address,
    data: encodeFunctionData({ abi: erc20, functionName: "transfer", args }),
    doing: `pay ${request.amount} ${request.token} for order ${request.orderId}`,
  };
}

function wrongPayer(request: PaymentRequest, own: string, payer: string): PurchaseError {
  return new PurchaseError(
    `Order ${request.orderId} has to be paid by ${payer}, but this wallet is ${own}.`,
    {
      code: "WRONG_PAYER",
      orderId: request.orderId,
      hint: "Pay with that account, or name this one as rail.payerAddress of the payment intent.",
    },
  );
}
