import type { PoolClient } from "pg";
import { fail } from "../kit/errors.ts";
import type { OrderRow } from "../orders/store.ts";
import { type PaymentRow, paymentOf } from "../payments/store.ts";
import type { PaymentProof } from "./adapters/adapter.ts";

/** Whether an order is paid, and what its seller is shown. */

type Queryable = Pick<PoolClient, "query">;

export type Standing = {
  readonly isPaid: boolean;
  /** Null when nothing was paid on a chain. */
  readonly proof: PaymentProof | null;
  readonly payment: PaymentRow | null;
};

export async function standingOf(client: Queryable, order: OrderRow): Promise<Standing> {
  return standingFor(order, await paymentOf(client, order.id));
}

export function standingFor(order: OrderRow, payment: PaymentRow | null): Standing {
  // Without a record nothing is owed, unless the order itself says otherwise: then it is a fault, and nothing runs.
  const isPaid = payment === null ? !order.payment.required : isHeld(payment);
  return { isPaid, payment, proof: payment === null ? null : proofOf(payment) };
}

const isHeld = ({ status }: PaymentRow) => status === "held" || status === "not_required";

function proofOf(payment: PaymentRow): PaymentProof | null {
  const { chain, transaction_hash, payer_address, payee_address, amount, raw_amount } = payment;
  const isComplete =
    chain !== null && transaction_hash !== null && payer_address !== null && payee_address !== null;
  if (!isComplete || amount === null || raw_amount === null) return null;
  return {
    chain,
    token: payment.rail.token ?? null,
    transactionHash: transaction_hash,
    payer: payer_address,
    payee: payee_address,
    amount,
    rawAmount: String(raw_amount),
  };
}

/** A refunded order is closed, whatever its status says. @throws HttpError ORDER_CLOSED. */
export function refuseRefunded(order: OrderRow, payment: PaymentRow | null): void {
  if (payment?.status === "refunded")
    throw fail("ORDER_CLOSED", `the payment of order ${order.id} was refunded`, {
      status: order.status,
      paymentStatus: payment.status,
    });
}

export function unpaid(order: OrderRow, payment: PaymentRow | null): Error {
  return fail("PAYMENT_REQUIRED", `order ${order.id} is not paid`, {
    orderId: order.id,
    status: order.status,
    paymentStatus: payment?.status ?? null,
    outcome: payment?.outcome ?? null,
  });
}
