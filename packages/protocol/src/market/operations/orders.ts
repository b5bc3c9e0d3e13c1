import { z } from "zod";
import { ids, marketOperation } from "../operation.ts";
import {
  confirmationSchema,
  createOrderBody,
  createOrdersBody,
  disputeBody,
  disputingSchema,
  executeBody,
  executionSchema,
  marketOrderSchema,
  noBody,
  orderCheckSchema,
  placedOrdersSchema,
  reasonBody,
  resolveDisputeBody,
} from "../orders.ts";
import {
  escrowLockBody,
  marketPaymentSchema,
  paymentIntentBody,
  paymentProofBody,
  refundBody,
  releaseBody,
} from "../payments.ts";
import { filled, maybeBody, pageQuery } from "../values.ts";

/** Orders and payments; cancel, retry and resolve are ours. */

const published = true;
const orderTag = ["orders"] as const;
const paymentTag = ["payments"] as const;
const order = ids("orderId");
const confirmed = ["MACHINE_NOT_ACTIVE", "MACHINE_NOT_ACTIVATED", "PEAQOS_IDENTITY_UNAVAILABLE"] as const;
/** What stops an agent besides its token. */
const agent = ["NOT_FOUND", ...confirmed, "AGENT_PAIRING_REQUIRED", "AGENT_POLICY_DENIED"] as const;
const limits = ["AGENT_SPEND_LIMIT_EXCEEDED", "AGENT_DAILY_LIMIT_EXCEEDED"] as const;

export const listMarketOrders = marketOperation({
  id: "listMarketOrders",
  method: "GET",
  path: "/market/orders",
  auth: "platform",
  query: z.object({ machineId: filled(200), ...pageQuery }),
  envelope: "list",
  answer: marketOrderSchema,
  errors: ["NOT_FOUND", ...confirmed],
  summary: "List a machine's orders",
  tags: orderTag,
  published,
});
export const createMarketOrder = marketOperation({
  id: "createMarketOrder",
  method: "POST",
  path: "/market/orders",
  auth: "pairing",
  body: createOrderBody,
  envelope: "item",
  statuses: [201],
  answer: marketOrderSchema,
  errors: [...agent, ...limits, "QUOTE_EXPIRED", "EXECUTION_UNSUPPORTED"],
  summary: "Place an order",
  description:
    "The spend is reserved in the same transaction. Input that is given has to keep the contract of the operation; without it, the execution brings it.",
  tags: orderTag,
  published,
});
export const getMarketOrder = marketOperation({
  id: "getMarketOrder",
  method: "GET",
  path: "/market/orders/{orderId}",
  auth: "platform",
  params: order,
  envelope: "item",
  answer: marketOrderSchema,
  errors: ["NOT_FOUND"],
  summary: "Read an order",
  tags: orderTag,
  published,
});

export const createPaymentIntent = marketOperation({
  id: "createPaymentIntent",
  method: "POST",
  path: "/market/orders/{orderId}/payment-intent",
  auth: "pairing",
  params: order,
  body: maybeBody(paymentIntentBody),
  envelope: "item",
  answer: marketPaymentSchema,
  errors: [...agent, ...limits, "ORDER_CLOSED"],
  summary: "Prepare the payment",
  description: "An existing payment is completed and returned.",
  tags: paymentTag,
  published,
});
export const getMarketPayment = marketOperation({
  id: "getMarketPayment",
  method: "GET",
  path: "/market/orders/{orderId}/payment",
  auth: "platform",
  params: order,
  envelope: "item",
  answer: marketPaymentSchema.nullable(),
  errors: ["NOT_FOUND"],
  summary: "Read an order's payment",
  description: "item is null when the order has none.",
  tags: paymentTag,
  published,
});
export const submitPaymentProof = marketOperation({
  id: "submitPaymentProof",
  method: "POST",
  path: "/market/orders/{orderId}/payment-proof",
  auth: "pairing",
  params: order,
  body: paymentProofBody,
  envelope: "item",
  answer: marketPaymentSchema,
  errors: [
    ...agent,
    "ORDER_CLOSED",
    "PAYMENT_RPC_REQUIRED",
    "PAYMENT_RPC_ERROR",
    "PAYMENT_NOT_MINED",
    "PAYMENT_TX_FAILED",
    "PAYMENT_TRANSFER_NOT_FOUND",
  ],
  summary: "Show that the order was paid",
  tags: paymentTag,
  published,
});
export const lockEscrowPayment = marketOperation({
  id: "lockEscrowPayment",
  method: "POST",
  path: "/market/orders/{orderId}/payment/escrow-lock",
  auth: "pairing",
  params: order,
  body: escrowLockBody,
  envelope: "item",
  answer: marketPaymentSchema,
  errors: [
    ...agent,
    "ORDER_CLOSED",
    "PAYMENT_RPC_REQUIRED",
    "PAYMENT_RPC_ERROR",
    "PAYMENT_NOT_MINED",
    "PAYMENT_TX_FAILED",
    "PAYMENT_TRANSFER_NOT_FOUND",
  ],
  summary: "Show that the escrow holds the money",
  tags: paymentTag,
  published,
});
export const releasePayment = marketOperation({
  id: "releasePayment",
  method: "POST",
  path: "/market/orders/{orderId}/payment/release",
  auth: "pairing",
  params: order,
  body: maybeBody(releaseBody),
  envelope: "item",
  answer: marketPaymentSchema,
  errors: [...agent],
  summary: "Release the payment to the seller",
  tags: paymentTag,
  published,
});
export const refundPayment = marketOperation({
  id: "refundPayment",
  method: "POST",
  path: "/market/orders/{orderId}/payment/refund",
  auth: "pairing",
  params: order,
  body: maybeBody(refundBody),
  envelope: "item",
  answer: marketPaymentSchema,
  errors: [...agent],
  summary: "Record that the payment goes back",
  tags: paymentTag,
  published,
});

export const executeMarketOrder = marketOperation({
  id: "executeMarketOrder",
  method: "POST",
  path: "/market/orders/{orderId}/execute",
  auth: "pairing",
  params: order,
  body: maybeBody(executeBody),
  envelope: "bare",
  statuses: [200, 202],
  answer: executionSchema,
  errors: [...agent, "PAYMENT_REQUIRED", "EXECUTION_UNSUPPORTED", "ENDPOINT_UNREACHABLE", "ORDER_CLOSED"],
  summary: "Execute the order",
  description: "The status equals execution.statusCode. While one runs: CONFLICT.",
  tags: orderTag,
  published,
});
export const confirmMarketOrder = marketOperation({
  id: "confirmMarketOrder",
  method: "POST",
  path: "/market/orders/{orderId}/confirm",
  auth: "pairing",
  params: order,
  body: maybeBody(noBody),
  envelope: "bare",
  answer: confirmationSchema,
  errors: [...agent, "ORDER_NOT_DELIVERED", "ORDER_CLOSED"],
  summary: "Confirm what was delivered",
  tags: orderTag,
  published,
});
export const disputeMarketOrder = marketOperation({
  id: "disputeMarketOrder",
  method: "POST",
  path: "/market/orders/{orderId}/dispute",
  auth: "pairing",
  params: order,
  body: disputeBody,
  envelope: "bare",
  answer: disputingSchema,
  errors: [...agent, "ORDER_CLOSED"],
  summary: "Dispute the order",
  description: "The payment is frozen until the dispute is resolved.",
  tags: orderTag,
  published,
});

// Ours from here.

export const createMarketOrders = marketOperation({
  id: "createMarketOrders",
  method: "POST",
  path: "/market/orders/batch",
  auth: "pairing",
  body: createOrdersBody,
  envelope: "bare",
  answer: placedOrdersSchema,
  summary: "Place up to 500 orders",
  description:
    "Each order passes or is refused on its own. With an Idempotency-Key, orders placed before are answered again and refused ones are tried again.",
  tags: orderTag,
});
export const checkMarketOrder = marketOperation({
  id: "checkMarketOrder",
  method: "POST",
  path: "/market/orders/check",
  auth: "pairing",
  body: createOrderBody,
  readsOnly: true,
  envelope: "bare",
  answer: orderCheckSchema,
  errors: ["NOT_FOUND", "AGENT_PAIRING_REQUIRED", "PEAQOS_IDENTITY_UNAVAILABLE"],
  summary: "Ask whether an order would pass",
  description: "Every rule with its result; nothing is written or reserved.",
  tags: orderTag,
});
export const cancelMarketOrder = marketOperation({
  id: "cancelMarketOrder",
  method: "POST",
  path: "/market/orders/{orderId}/cancel",
  auth: "pairing",
  params: order,
  body: maybeBody(reasonBody),
  envelope: "item",
  answer: marketOrderSchema,
  errors: [...agent, "ORDER_CLOSED"],
  summary: "Cancel an order",
  tags: orderTag,
});
export const retryMarketOrder = marketOperation({
  id: "retryMarketOrder",
  method: "POST",
  path: "/market/orders/{orderId}/retry",
  auth: "pairing",
  params: order,
  body: maybeBody(reasonBody),
  envelope: "item",
  answer: marketOrderSchema,
  errors: [...agent, "ORDER_CLOSED"],
  summary: "Make a failed order ready again",
  tags: orderTag,
});
export const resolveMarketDispute = marketOperation({
  id: "resolveMarketDispute",
  method: "POST",
  path: "/market/orders/{orderId}/dispute/resolve",
  auth: "platform",
  params: order,
  body: resolveDisputeBody,
  envelope: "bare",
  answer: disputingSchema,
  errors: ["NOT_FOUND"],
  summary: "Resolve a dispute",
  description: "The order stays disputed, the payment moves.",
  tags: orderTag,
});
