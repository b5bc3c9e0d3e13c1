import type { PoolClient } from "pg";
import type { Disputes } from "../disputes/disputes.ts";
import type { JobHandlers } from "../jobs/jobs.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Orders } from "../orders/orders.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Policies } from "../policies/policies.ts";
import type { Steps } from "../steps/steps.ts";
import { createBooks } from "./books.ts";
import { cancelPayment } from "./cancel.ts";
import { createChains } from "./chain/chains.ts";
import { createHeads } from "./chain/heads.ts";
import { paymentForOrder } from "./for-order.ts";
import { createHandlers, createWaitForProof, type WaitForProof } from "./handlers.ts";
import { createOnOrder, type OnOrder } from "./on-order.ts";
import type { NewOrderPayment, NewPayment } from "./record.ts";
import { openRepayment } from "./refund.ts";
import { createReversal, reversalJob } from "./reverse.ts";
import { insertPayments, type PaymentRow } from "./store.ts";
import type { Submitted } from "./submit-proof.ts";
import { createTokens } from "./tokens.ts";
import { createVerify, verifyJob } from "./verify.ts";
import { createWatch } from "./watch.ts";

/** Payments: intents, proofs verified on the chain, what follows from a reorganisation. */

export type Payments = {
  readonly handlers: MarketHandlers<
    | "createPaymentIntent"
    | "getMarketPayment"
    | "submitPaymentProof"
    | "lockEscrowPayment"
    | "releasePayment"
    | "refundPayment"
  >;
  readonly jobs: JobHandlers;
  /** Begins to follow the heads of the payment chains. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Newest known block per chain (CAIP-2), at most a second old; null when the node cannot be asked. */
  headOf(chain: string): bigint | null;
  /**
   * The columns of an order's payment record, made with the order; `write` it with `insertPayments`. Null where the
   * order needs no payment. Pure.
   *
   * @throws HttpError VALIDATION_ERROR when the order could not be paid here: details.reason is `rail_not_offered`,
   *   `rail_incomplete`, `currency_mismatch`, `amount_too_small` or `self_payment`.
   */
  forOrder(order: NewOrderPayment): NewPayment | null;
  insertPayments(client: PoolClient, payments: readonly NewPayment[]): Promise<void>;
  /**
   * What cancelling an order does to its payment, in the cancelling transaction with the order's row locked: a held
   * payment becomes `refunded` (owed by the seller until its repayment is verified), an unpaid one stays as it is.
   * `spent`: money has moved, so the order's spend stays reserved; otherwise the caller gives it back.
   *
   * @throws HttpError CONFLICT `payment_unknown` while a proof is shown whose outcome the chain has not told yet.
   */
  cancel(tx: WriteTx, orderId: string, reason: string | null): Promise<{ readonly spent: boolean }>;
  /** A write of an order's agent: pairing checked, order and payment locked. */
  readonly onOrder: OnOrder;
  readonly waitForProof: WaitForProof;
  /**
   * Has the seller's repayment of a refunded payment looked for; nothing without a hash.
   *
   * @throws HttpError VALIDATION_ERROR for a payment that is not refunded, or whose repayment nobody can look up.
   */
  openRepayment(tx: WriteTx, payment: PaymentRow | null, hash: string | undefined): Promise<Submitted>;
};

export type PaymentsDeps = {
  readonly steps: Steps;
  readonly pairings: Pairings;
  readonly policies: Pick<Policies, "forMachine">;
  /** Made after payments, asked when there is something to do. */
  orders(): Pick<Orders, "releaseSpend">;
  disputes(): Pick<Disputes, "openBySystem">;
};

export function createPayments(market: Market, deps: PaymentsDeps): Payments {
  const { config, logger } = market;
  const chains = createChains(config);
  const tokens = createTokens(market, chains);
  const watch = createWatch(market);
  const heads = createHeads({
    chains,
    pollMs: config.PEAQOS_PAYMENT_POLL_MS,
    logger,
    ...(config.PEAQOS_MARKET_WORKERS ? { onHead: watch } : {}),
  });
  const books = createBooks(market);
  const onOrder = createOnOrder(market, deps.pairings);
  const waitForProof = createWaitForProof(market);

  return {
    jobs: {
      [verifyJob]: createVerify(market, { chains, tokens, steps: deps.steps, orders: deps.orders }),
      [reversalJob]: createReversal(market, { chains, disputes: deps.disputes }),
    },
    async start() {
      await tokens.start();
      await heads.start();
      if (config.PEAQOS_MARKET_WORKERS) books.start();
    },
    async stop() {
      await books.stop();
      await heads.stop();
      for (const chain of chains.values()) chain.rpc.close();
    },
    headOf: (chain) => heads.headOf(chain)?.number ?? null,
    forOrder: (order) => paymentForOrder(order, { tokens, headOf: heads.headOf }),
    insertPayments,
    cancel: cancelPayment,
    onOrder,
    waitForProof,
    openRepayment: (tx, payment, hash) => openRepayment(tx, payment, hash, chains),
    handlers: createHandlers(market, {
      onOrder,
      steps: deps.steps,
      chains,
      tokens,
      policies: deps.policies,
      waitForProof,
    }),
  };
}
