import type { releaseBody } from "@peaqos/protocol/market";
import type { z } from "zod";
import { fail } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";
import type { OrderInHand } from "./on-order.ts";
import { type MarketPayment, movePayment, paymentView, wrongPaymentState } from "./store.ts";

/**
 * Records that the seller keeps the money. On the rails of this market the seller has had it all along, so nothing
 * moves; `transactionHash` and `notes` are kept as they were said.
 */
export async function releasePayment(
  tx: WriteTx,
  { order, payment }: OrderInHand,
  body: z.output<typeof releaseBody>,
): Promise<MarketPayment> {
  if (payment === null)
    throw fail("VALIDATION_ERROR", `order ${order.id} has no payment to release`, {
      reason: "payment_state",
    });
  if (payment.status === "released") return paymentView(payment);
  if (payment.status !== "release_pending") throw wrongPaymentState(payment, "release");
  const release = {
    transactionHash: body.transactionHash ?? null,
    notes: body.notes ?? null,
    at: tx.now.toISOString(),
  };
  return paymentView(await movePayment(tx, payment, "release", { release }));
}
