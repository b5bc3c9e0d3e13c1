import type { disputeResolutionSchema } from "@peaqos/protocol/market";
import type { z } from "zod";
import { fail } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";
import { movePayment, type PaymentRow } from "../payments/store.ts";
import { closeDispute, type DisputeRow } from "./store.ts";

/** A dispute ends: the order stays disputed, the payment goes where the resolution says. */

export type Resolution = z.output<typeof disputeResolutionSchema>;

/**
 * The same resolution again changes nothing.
 *
 * @throws HttpError CONFLICT `dispute_resolved` for another resolution than the one it had.
 */
export async function resolveDispute(
  tx: WriteTx,
  dispute: DisputeRow,
  payment: PaymentRow | null,
  decision: { readonly resolution: Resolution; readonly notes: string | null; readonly by: string },
): Promise<{ dispute: DisputeRow; payment: PaymentRow | null }> {
  const { resolution, notes, by } = decision;
  if (dispute.status === "resolved") {
    if (dispute.resolution === resolution) return { dispute, payment };
    throw fail("CONFLICT", `dispute ${dispute.id} was resolved by ${dispute.resolution}`, {
      reason: "dispute_resolved",
      resolution: dispute.resolution,
    });
  }
  const closed = await closeDispute(tx, dispute, resolution, notes, by);
  if (payment?.status !== "frozen") return { dispute: closed, payment };
  return { dispute: closed, payment: await settle(tx, payment, resolution, notes, dispute.id) };
}

function settle(
  tx: WriteTx,
  payment: PaymentRow,
  resolution: Resolution,
  notes: string | null,
  disputeId: string,
): Promise<PaymentRow> {
  const at = tx.now.toISOString();
  switch (resolution) {
    case "release":
      return movePayment(
        tx,
        payment,
        "resolveRelease",
        { release: { transactionHash: null, notes, at } },
        { disputeId },
      );
    case "refund":
      return movePayment(
        tx,
        payment,
        "resolveRefund",
        // Owed by the seller until its repayment is found on the chain.
        { refund: { transactionHash: null, reason: notes, at } },
        { disputeId },
      );
    case "dismiss":
      return movePayment(tx, payment, "resolveDismiss", {}, { disputeId });
  }
}
