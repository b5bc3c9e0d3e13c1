import type { Run } from "./buy-run.ts";
import { OrchestrationApiError, PurchaseError } from "./errors.ts";
import { assertWithin, paymentRequestOf } from "./payment-request.ts";
import { createPaymentIntent, submitPaymentProof } from "./payments.ts";
import type { MarketOrder, MarketPayment, MarketQuote } from "./types.ts";

/** The paying part of `buy`. */

/** Whether nothing has to be paid. */
export const isFree = (payment: MarketQuote["payment"]) =>
  payment.defaultRail === "not-required" && payment.required !== true;

/** A payment and its transaction, as far as there is one. */
export type Paid = { readonly payment: MarketPayment | null; readonly transactionHash: string | null };

/** Pays the order unless it is paid or free, and proves it. Nothing is signed before its exact price was held against the limit. */
export async function pay(run: Run, order: MarketOrder): Promise<Paid> {
  const { params } = run;
  if (isFree(order.payment)) {
    run.tell("payment", "skipped", "the service costs nothing");
    return { payment: null, transactionHash: null };
  }
  const payment = await run.at("payment", () => intent(run));
  const open = payment.status === "intent_created";
  const shown = payment.proof?.transactionHash ?? null;
  if (!open) {
    run.tell("payment", "skipped", `the payment is ${payment.status}`);
    return { payment, transactionHash: shown };
  }
  const request = await run.at("payment", async () => {
    await assertWithin(params.maxSpend, payment.amount, payment.currency, `order ${order.id}`);
    return paymentRequestOf(payment);
  });
  const hash = await run.at("payment", async (): Promise<string> => {
    // A transfer whose outcome the market does not know yet stays the payment.
    if (payment.outcome === "unknown" && shown !== null) return shown;
    const earlier = run.record.transactionHash;
    // A callback with our journal follows its own transaction, and sends it again where the node lost it.
    if (earlier !== undefined && !run.paysByJournal) return earlier;
    if (params.pay === undefined)
      throw new PurchaseError(
        `Order ${order.id} costs ${request.amount} ${request.currency}, and there is no pay callback.`,
        { code: "PAYMENT_REQUIRED", hint: "Pass pay, for example payWithWallet(client, journal)." },
      );
    run.throwIfAborted();
    run.tell(
      "payment",
      "started",
      `${request.amount} ${request.token} on ${request.chain} go to ${request.payee}`,
    );
    return params.pay(request, params.signal);
  });
  run.transactionHash = hash;
  await run.at("payment", () => run.remember({ transactionHash: hash }));
  run.tell("payment", "done", `paid with transaction ${hash}`);
  const payer = request.payer ?? params.pay?.payerAddress ?? "";
  const proven = await run.at("proof", () =>
    run
      .persist((options) =>
        submitPaymentProof(
          run.client,
          order.id,
          {
            verificationMode: "rpc",
            chain: request.chain,
            token: request.token,
            payerAddress: payer,
            payeeAddress: request.payee,
            amount: request.amount,
            transactionHash: hash,
            tokenAddress: request.tokenAddress,
            tokenDecimals: request.decimals,
            rawAmount: String(request.rawAmount),
          },
          params.pairingToken,
          options(`proof:${hash.slice(2, 18)}`),
        ),
      )
      .catch(async (error: unknown) => {
        // A reverted transfer moved nothing: the next call may pay anew.
        if (error instanceof OrchestrationApiError && error.code === "PAYMENT_TX_FAILED")
          await run.remember({ transactionHash: undefined });
        throw error;
      }),
  );
  run.tell("proof", "done", `the payment is ${proven.item.status}`);
  return { payment: proven.item, transactionHash: hash };
}

/** The payment as it is now. Never under a fixed key: a replayed answer could say "unpaid" of what is paid by now. */
async function intent(run: Run): Promise<MarketPayment> {
  const payerAddress = run.params.pay?.payerAddress;
  const body = payerAddress === undefined ? {} : { rail: { payerAddress } };
  const { item } = await run.persist((request) =>
    createPaymentIntent(run.client, run.orderId, body, run.params.pairingToken, request()),
  );
  return item;
}
