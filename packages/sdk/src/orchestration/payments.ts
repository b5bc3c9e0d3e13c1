import type { OrchestrationContext } from "./api.ts";
import { callItem, type ItemResponse } from "./call.ts";
import { assertFilled } from "./checks.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  CreatePaymentIntentRequest,
  LockEscrowPaymentRequest,
  MarketPayment,
  RefundPaymentRequest,
  ReleasePaymentRequest,
  SubmitPaymentProofRequest,
} from "./types.ts";

/** Payments of orders. */

/**
 * Prepares an order's payment; an existing one is completed and returned. On transfer rails `rail.metadata` holds
 * `rawAmount` in base units and `tokenDecimals`.
 *
 * `amount` is in `currency`, as a number.
 *
 * @throws OrchestrationValidationError (`orderId`, `pairingToken`); OrchestrationApiError (AGENT_PAIRING_INACTIVE,
 * NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED,
 * AGENT_POLICY_DENIED, AGENT_SPEND_LIMIT_EXCEEDED, AGENT_DAILY_LIMIT_EXCEEDED, ORDER_CLOSED);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createPaymentIntent } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createPaymentIntent(client, "mord_0123456789ab", {}, pairingToken);
 * ```
 */
export async function createPaymentIntent(
  client: OrchestrationContext,
  orderId: string,
  params: CreatePaymentIntentRequest,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketPayment>> {
  assertFilled({ orderId });
  return callItem(
    client,
    "createPaymentIntent",
    { params: { orderId }, body: params, pairingToken },
    request,
  );
}

/**
 * Reads an order's payment; `item` is null when there is none.
 *
 * @throws OrchestrationValidationError (`orderId`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getMarketPayment } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getMarketPayment(client, "mord_0123456789ab");
 * ```
 */
export async function getMarketPayment(
  client: OrchestrationContext,
  orderId: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketPayment | null>> {
  assertFilled({ orderId });
  return callItem(client, "getMarketPayment", { params: { orderId } }, request);
}

/**
 * Shows that the order was paid: `transactionHash` on EVM chains, `transactionSignature` on Solana.
 *
 * `amount` is decimal text in the payment's currency, `rawAmount` base units, `chain` CAIP-2.
 *
 * @throws OrchestrationValidationError (`orderId`, `pairingToken`); OrchestrationApiError (AGENT_PAIRING_INACTIVE,
 * NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED,
 * AGENT_POLICY_DENIED, ORDER_CLOSED, PAYMENT_RPC_REQUIRED, PAYMENT_RPC_ERROR, PAYMENT_NOT_MINED,
 * PAYMENT_TX_FAILED, PAYMENT_TRANSFER_NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { submitPaymentProof } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await submitPaymentProof(client, "mord_0123456789ab", {
 *   verificationMode: "rpc",
 *   chain: "eip155:33380",
 *   token: "USDC",
 *   payerAddress: "0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D",
 *   payeeAddress: "0x00000000000000000000000000000000000000aa",
 *   amount: "0.25",
 *   transactionHash: `0x${"ab".repeat(32)}`,
 * }, pairingToken);
 * ```
 */
export async function submitPaymentProof(
  client: OrchestrationContext,
  orderId: string,
  params: SubmitPaymentProofRequest,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketPayment>> {
  assertFilled({ orderId });
  return callItem(client, "submitPaymentProof", { params: { orderId }, body: params, pairingToken }, request);
}

/**
 * Shows that the escrow holds the money.
 *
 * @throws OrchestrationValidationError (`orderId`, `transactionHash`, `chain`, `escrowAddress`, `pairingToken`);
 * OrchestrationApiError (AGENT_PAIRING_INACTIVE, NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED,
 * PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED, AGENT_POLICY_DENIED, ORDER_CLOSED, PAYMENT_RPC_REQUIRED,
 * PAYMENT_RPC_ERROR, PAYMENT_NOT_MINED, PAYMENT_TX_FAILED, PAYMENT_TRANSFER_NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { lockEscrowPayment } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await lockEscrowPayment(client, "mord_0123456789ab", {
 *   transactionHash: `0x${"ab".repeat(32)}`,
 *   chain: "eip155:33380",
 *   escrowAddress: "0x00000000000000000000000000000000000000ee",
 * }, pairingToken);
 * ```
 */
export async function lockEscrowPayment(
  client: OrchestrationContext,
  orderId: string,
  params: LockEscrowPaymentRequest,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketPayment>> {
  assertFilled({
    orderId,
    transactionHash: params?.transactionHash,
    chain: params?.chain,
    escrowAddress: params?.escrowAddress,
  });
  return callItem(client, "lockEscrowPayment", { params: { orderId }, body: params, pairingToken }, request);
}

/**
 * Releases a confirmed order's payment to the seller.
 *
 * @throws OrchestrationValidationError (`orderId`, `pairingToken`); OrchestrationApiError (AGENT_PAIRING_INACTIVE,
 * NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED,
 * AGENT_POLICY_DENIED); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { releasePayment } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await releasePayment(client, "mord_0123456789ab", undefined, pairingToken);
 * ```
 */
export async function releasePayment(
  client: OrchestrationContext,
  orderId: string,
  params: ReleasePaymentRequest | undefined,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketPayment>> {
  assertFilled({ orderId });
  return callItem(client, "releasePayment", { params: { orderId }, body: params, pairingToken }, request);
}

/**
 * Records that the payment goes back to the buyer.
 *
 * @throws OrchestrationValidationError (`orderId`, `pairingToken`); OrchestrationApiError (AGENT_PAIRING_INACTIVE,
 * NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED,
 * AGENT_POLICY_DENIED); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { refundPayment } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await refundPayment(client, "mord_0123456789ab", { reason: "not delivered" }, pairingToken);
 * ```
 */
export async function refundPayment(
  client: OrchestrationContext,
  orderId: string,
  params: RefundPaymentRequest | undefined,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketPayment>> {
  assertFilled({ orderId });
  return callItem(client, "refundPayment", { params: { orderId }, body: params, pairingToken }, request);
}
