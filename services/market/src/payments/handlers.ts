import { fail } from "../kit/errors.ts";
import { item } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { orderOf } from "../orders/store.ts";
import { lockPairings } from "../pairings/lock-many.ts";
import type { Policies } from "../policies/policies.ts";
import type { AgentStep } from "../steps/step.ts";
import type { Steps } from "../steps/steps.ts";
import type { PaymentChain } from "./chain/chains.ts";
import { createIntent, UnknownToken } from "./intent.ts";
import type { OnOrder } from "./on-order.ts";
import type { Payments } from "./payments.ts";
import { type ProofPurpose, readProof } from "./proofs.ts";
import { notOffered } from "./rails/registry.ts";
import { refundPayment } from "./refund.ts";
import { releasePayment } from "./release.ts";
import { type PaymentRow, paymentOf, paymentView } from "./store.ts";
import { type Submitted, submitProof } from "./submit-proof.ts";
import type { Tokens } from "./tokens.ts";
import type { Known } from "./verify.ts";

/** The operations on payments. */

export function createHandlers(
  market: Market,
  deps: {
    readonly onOrder: OnOrder;
    readonly steps: Steps;
    readonly chains: ReadonlyMap<string, PaymentChain>;
    readonly tokens: Tokens;
    readonly policies: Pick<Policies, "forMachine">;
    readonly waitForProof: WaitForProof;
  },
): Payments["handlers"] {
  const { config, database, ids } = market;
  const { onOrder, steps, chains, tokens, policies, waitForProof } = deps;

  async function isCapped({ client, pairing }: AgentStep): Promise<boolean> {
    const locked = (await lockPairings(client, [pairing.id])).get(pairing.id);
    const list = await policies.forMachine(pairing.tenantId, locked?.policy_ids ?? [], client);
    return list.some(({ budgetCap }) => budgetCap !== null);
  }

  const intentDeps = {
    enforceRails: config.PEAQOS_ENFORCE_SERVICE_PAYMENT_RAILS,
    newPaymentId: () => ids.next("mpay"),
    decimalsOf: tokens.decimalsOf,
    isCapped,
  };

  /** What an intent needs to know of a token nobody has asked about: its contract is, outside of any transaction. */
  async function learn({ chain, token }: UnknownToken): Promise<void> {
    await tokens
      .find(chain, token)
      .catch((error: unknown) =>
        market.logger.warn({ err: error, chain }, "a token's decimals cannot be read"),
      );
  }

  return {
    async createPaymentIntent(request) {
      let mayLearn = true;
      const intent = () =>
        steps.request(request, (step) => {
          const { chain, tokenAddress: token } = step.order.payment;
          if (mayLearn && chain !== null && token !== null && chains.has(chain))
            if (tokens.decimalsOf(chain, token) === null) {
              step.needOwnTransaction();
              throw new UnknownToken(chain, token);
            }
          return createIntent(step, request.body, intentDeps);
        });
      try {
        return item(await intent());
      } catch (error) {
        if (!(error instanceof UnknownToken)) throw error;
        mayLearn = false;
        await learn(error);
        return item(await intent());
      }
    },
    getMarketPayment: async ({ params, caller }) => {
      await orderOf(database.pool, params.orderId, caller.tenantId);
      const payment = await paymentOf(database.pool, params.orderId);
      return item(payment === null ? null : paymentView(payment));
    },
    submitPaymentProof: async (request) => {
      const submitted = await steps.request(request, (step) => submitProof(step, request.body, chains));
      return item(paymentView(await waitForProof(request.params.orderId, "payment", submitted)));
    },
    lockEscrowPayment: (request) => onOrder(request, () => notOffered("escrow")),
    releasePayment: async (request) =>
      item(await onOrder(request, (tx, hand) => releasePayment(tx, hand, request.body))),
    refundPayment: async (request) => {
      const submitted = await onOrder(request, (tx, hand) => refundPayment(tx, hand, request.body, chains));
      return item(paymentView(await waitForProof(request.params.orderId, "repayment", submitted)));
    },
  };
}

/**
 * Waits for the verification that a write has left, as long as the settings say.
 *
 * @returns the payment as it is then.
 * @throws HttpError with the code of the proof's last check unless it is settled. An open repayment is no error: the
 *   refund stands and says itself that it is still owed.
 */
export type WaitForProof = (
  orderId: string,
  purpose: ProofPurpose,
  submitted: Submitted,
) => Promise<PaymentRow>;

export function createWaitForProof(market: Market): WaitForProof {
  const { config, database, jobs } = market;
  return async (orderId, purpose, { jobId, hash }) => {
    const end = jobId === null ? undefined : await jobs.waitFor(jobId, config.PEAQOS_PAYMENT_WAIT_MS);
    const payment =
      (end as Partial<Known> | null | undefined)?.payment ?? (await paymentOf(database.pool, orderId));
    if (payment === null) throw new Error(`order ${orderId} has lost its payment`);
    if (
      hash === null ||
      (purpose === "payment" && payment.status !== "intent_created" && payment.transaction_hash === hash)
    )
      return payment;
    const name = { paymentId: payment.id, purpose, hash };
    const proof = await readProof(database.pool, name);
    if (proof === null || proof.state === "settled") return payment;
    const details = {
      reason: proof.reason,
      outcome: proof.state,
      transactionHash: hash,
      paymentId: payment.id,
      orderId,
    };
    if (purpose === "payment")
      throw fail(proof.code ?? "PAYMENT_RPC_ERROR", proof.message ?? undefined, details);
    if (proof.state === "unknown") return payment;
    throw fail(
      "VALIDATION_ERROR",
      `transactionHash: the refund stands, but this does not repay it: ${proof.message}`,
      details,
    );
  };
}
