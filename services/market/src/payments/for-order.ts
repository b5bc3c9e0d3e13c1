import type { Head } from "./chain/heads.ts";
import { startingRail } from "./rails/registry.ts";
import type { NewOrderPayment, NewPayment } from "./record.ts";
import type { Tokens } from "./tokens.ts";

/**
 * The payment row of a new order; null where nothing is to be paid.
 *
 * @throws HttpError VALIDATION_ERROR when the order could not be paid: `rail_not_offered`, `rail_incomplete`,
 *   `currency_mismatch`, `amount_too_small`, `self_payment` in details.reason.
 */
export function paymentForOrder(
  order: NewOrderPayment,
  deps: { readonly tokens: Tokens; headOf(chain: string): Head | null },
): NewPayment | null {
  const rail = startingRail(order.rail);
  if (rail.proof === "none") return null;
  const columns = rail.columns({
    recommendation: order.rail,
    amount: order.amount,
    currency: order.currency,
    payerAddress: order.agentAddress,
    decimalsOf: deps.tokens.decimalsOf,
  });
  const head = columns.chain === null ? null : deps.headOf(columns.chain);
  return {
    id: order.paymentId,
    order_id: order.orderId,
    tenant_id: order.tenantId,
    machine_id: order.machineId,
    agent_address: order.agentAddress.toLowerCase(),
    status: "intent_created",
    created_at: order.now,
    from_block: head === null ? null : String(head.number),
    from_block_hash: head?.hash ?? null,
    ...columns,
  };
}
