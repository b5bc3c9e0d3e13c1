import { PeaqosError, type PeaqosErrorOptions } from "../errors/base.ts";
import { addBrand } from "../errors/brand.ts";

/**
 * Base of every failure of the market's client.
 *
 * @example
 * ```ts
 * import { OrchestrationError } from "@peaqos/peaq-os-sdk";
 * try {
 *   await client.orchestration.getMachine("mach_61f043950cf1");
 * } catch (error) {
 *   if (error instanceof OrchestrationError) console.log(error.name, error.code);
 * }
 * ```
 */
export class OrchestrationError extends PeaqosError {
  static override readonly brand: string = "OrchestrationError";
  override readonly name: string = "OrchestrationError";

  constructor(message: string, options: PeaqosErrorOptions = {}) {
    super(message, options);
    addBrand(this, "OrchestrationError");
  }
}

/** What an `OrchestrationApiError` is made with. */
export type OrchestrationApiErrorOptions = PeaqosErrorOptions & {
  code: string;
  statusCode: number;
  details?: unknown;
  requestId?: string;
};

/**
 * The market answered with an error, or with something that is no answer. Branch on `code` (the `ERROR_CODE_*`
 * constants), never on the message. `BAD_RESPONSE` and `INVALID_RESPONSE_SHAPE` come from this client.
 *
 * @example
 * ```ts
 * import { ERROR_CODE_NOT_FOUND, OrchestrationApiError } from "@peaqos/peaq-os-sdk";
 * try {
 *   await client.orchestration.getMachine("mach_000000000000");
 * } catch (error) {
 *   if (error instanceof OrchestrationApiError && error.code === ERROR_CODE_NOT_FOUND) console.log(error.details);
 * }
 * ```
 */
export class OrchestrationApiError extends OrchestrationError {
  static override readonly brand: string = "OrchestrationApiError";
  override readonly name: string = "OrchestrationApiError";
  /** HTTP status; 0 for `INVALID_RESPONSE_SHAPE`. */
  readonly statusCode: number;
  /** The server's details as sent; for `BAD_RESPONSE` the client's own request body, redacted. */
  readonly details: unknown;
  /** The server's id of the request, for questions to its operator. Ours. */
  readonly requestId: string | undefined;

  constructor(message: string, options: OrchestrationApiErrorOptions) {
    super(message, options);
    this.statusCode = options.statusCode;
    this.details = options.details;
    this.requestId = options.requestId;
    addBrand(this, "OrchestrationApiError");
  }
}

/**
 * The request did not come through or the answer did not come back. `cause` is the transport's error. After a write the
 * outcome is unknown: repeat the call with the same `idempotencyKey`.
 *
 * @example
 * ```ts
 * import { OrchestrationNetworkError } from "@peaqos/peaq-os-sdk";
 * const params = { name: "Europe only" };
 * try {
 *   await client.orchestration.createPolicy(params);
 * } catch (error) {
 *   if (!(error instanceof OrchestrationNetworkError) || error.idempotencyKey === undefined) throw error;
 *   await client.orchestration.createPolicy(params, { idempotencyKey: error.idempotencyKey });
 * }
 * ```
 */
export class OrchestrationNetworkError extends OrchestrationError {
  static override readonly brand: string = "OrchestrationNetworkError";
  override readonly name: string = "OrchestrationNetworkError";
  /** The key the write was sent with. Ours. */
  readonly idempotencyKey: string | undefined;

  constructor(message: string, options: PeaqosErrorOptions & { idempotencyKey?: string }) {
    super(message, { retryable: true, ...options });
    this.idempotencyKey = options.idempotencyKey;
    addBrand(this, "OrchestrationNetworkError");
  }
}

/**
 * The market's address or key in the client's options is missing or cannot be used.
 *
 * @example
 * ```ts
 * import { OrchestrationConfigError, PeaqosClient } from "@peaqos/peaq-os-sdk";
 * const offline = new PeaqosClient({ rpcUrl, privateKey, contracts });
 * try {
 *   offline.orchestration;
 * } catch (error) {
 *   if (error instanceof OrchestrationConfigError) console.log(error.hint); // Set orchestrationUrl ...
 * }
 * ```
 */
export class OrchestrationConfigError extends OrchestrationError {
  static override readonly brand: string = "OrchestrationConfigError";
  override readonly name: string = "OrchestrationConfigError";

  constructor(message: string, options: PeaqosErrorOptions = {}) {
    super(message, { code: "ORCHESTRATION_CONFIG", ...options });
    addBrand(this, "OrchestrationConfigError");
  }
}

/**
 * Input that breaks a rule; nothing was sent.
 *
 * @example
 * ```ts
 * import { OrchestrationValidationError } from "@peaqos/peaq-os-sdk";
 * try {
 *   await client.orchestration.listMachines({ limit: 501 });
 * } catch (error) {
 *   if (error instanceof OrchestrationValidationError) console.log(error.field, error.constraint);
 * }
 * ```
 */
export class OrchestrationValidationError extends OrchestrationError {
  static override readonly brand: string = "OrchestrationValidationError";
  override readonly name: string = "OrchestrationValidationError";
  /** Name of the argument, such as `agentProof.signature`. */
  readonly field: string;
  /** The rule that was broken, in words. */
  readonly constraint: string;

  constructor(field: string, constraint: string) {
    super(`${field}: ${constraint}.`, { code: "VALIDATION_ERROR" });
    this.field = field;
    this.constraint = constraint;
    addBrand(this, "OrchestrationValidationError");
  }
}

/** What a `PurchaseError` is made with. */
export type PurchaseErrorOptions = PeaqosErrorOptions & {
  step?: string;
  orderId?: string | undefined;
  transactionHash?: string | undefined;
  idempotencyKey?: string | undefined;
};

/**
 * A purchase stopped: where, with which order and which transaction. `cause` is the failure below, whose code it
 * carries; codes of its own are `MAX_SPEND_EXCEEDED`, `NO_MATCH`, `PRICE_UNKNOWN`, `CURRENCY_MISMATCH`,
 * `ORDER_REFUSED`, `PAYMENT_INCOMPLETE`, `PAYMENT_INCONSISTENT`, `RAIL_NOT_SUPPORTED`, `TOKEN_MISMATCH`,
 * `WRONG_CHAIN`, `WRONG_PAYER`, `TRANSFER_REVERTED`, `KEY_REUSED`, `TIMEOUT` and `ABORTED`. Nothing is lost: `buy` with
 * the same `idempotencyKey` goes on from here.
 *
 * @example
 * ```ts
 * import { PurchaseError } from "@peaqos/peaq-os-sdk";
 * try {
 *   await client.orchestration.waitForOrder("mord_0123456789ab", { until: ["confirmed"], timeoutMs: 0 });
 * } catch (error) {
 *   if (error instanceof PurchaseError) console.log(error.code, error.orderId, error.idempotencyKey);
 * }
 * ```
 */
export class PurchaseError extends OrchestrationError {
  static override readonly brand: string = "PurchaseError";
  override readonly name: string = "PurchaseError";
  /** Where it stopped: search, order, payment, proof, execute, confirm. */
  readonly step: string | undefined;
  /** The order, once there is one. */
  readonly orderId: string | undefined;
  /** The payment's transaction, once there is one. */
  readonly transactionHash: string | undefined;
  /** What to call `buy` with to go on. */
  readonly idempotencyKey: string | undefined;

  constructor(message: string, options: PurchaseErrorOptions = {}) {
    super(message, options);
    this.step = options.step;
    this.orderId = options.orderId;
    this.transactionHash = options.transactionHash;
    this.idempotencyKey = options.idempotencyKey;
    addBrand(this, "PurchaseError");
  }
}
