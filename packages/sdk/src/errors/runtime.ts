import { PeaqosError, type PeaqosErrorOptions } from "./base.ts";
import { addBrand } from "./brand.ts";

/**
 * Something outside failed: the chain or a service. `code` tells what.
 *
 * The name is the published one; it shadows no built-in of JavaScript.
 */
export class RuntimeError extends PeaqosError {
  static override readonly brand: string = "RuntimeError";
  override readonly name: string = "RuntimeError";

  constructor(message: string, options: PeaqosErrorOptions & { code: string }) {
    super(message, options);
    addBrand(this, "RuntimeError");
  }
}

export type RpcErrorOptions = PeaqosErrorOptions & {
  code: string;
  txHash?: `0x${string}`;
  args?: readonly unknown[];
};

/**
 * A chain call failed. `code` is the contract's error name (`AlreadyRegistered`, `MachineNotBonded`, ...) or one of
 * `TX_REVERTED`, `RECEIPT_AWAIT_FAILED`, `REGISTERED_EVENT_MISSING`, `REGISTERED_EVENT_MALFORMED`,
 * `INSUFFICIENT_FUNDS`, `NONCE_ALREADY_USED`, `TX_REPLACED`, `TX_REJECTED`, `WRONG_CHAIN`, `NO_CONTRACT`,
 * `REGISTRY_MISMATCH`, `UNSUPPORTED_REGISTRY`, `NFT_NOT_MINTED`, `AttributeNotFound`, `RPC_UNREACHABLE`,
 * `RPC_TIMEOUT`, `RPC_BAD_RESPONSE`, `RPC_ERROR`.
 *
 * @example
 * ```ts
 * import { RpcError } from "@peaqos/peaq-os-sdk";
 * try {
 *   await client.mintNft(999_999, client.address);
 * } catch (error) {
 *   if (error instanceof RpcError) console.log(error.code, error.txHash); // MachineNotFound undefined
 * }
 * ```
 */
export class RpcError extends RuntimeError {
  static override readonly brand: string = "RpcError";
  override readonly name: string = "RpcError";
  /** The transaction concerned, `0x` and 64 digits, when one was sent. */
  readonly txHash: `0x${string}` | undefined;
  /** Arguments of the contract's error. */
  readonly args: readonly unknown[];

  constructor(message: string, options: RpcErrorOptions) {
    super(message, options);
    this.txHash = options.txHash;
    this.args = options.args ?? [];
    addBrand(this, "RpcError");
  }
}

export type ApiErrorOptions = PeaqosErrorOptions & { code: string; status?: number; detail?: string };

/**
 * An HTTP service failed. `code` is `NOT_FOUND`, `SERVICE_UNAVAILABLE`, `SERVER_ERROR`, `HTTP_ERROR`,
 * `BAD_RESPONSE`, `TIMEOUT` or `NETWORK_ERROR`; services with codes of their own pass them on.
 *
 * @example
 * ```ts
 * import { ApiError } from "@peaqos/peaq-os-sdk";
 * try {
 *   await client.queryMcr("did:peaq:0x00000000000000000000000000000000000000ff");
 * } catch (error) {
 *   if (error instanceof ApiError && error.code === "NOT_FOUND") console.log("not registered");
 * }
 * ```
 */
export class ApiError extends RuntimeError {
  static override readonly brand: string = "ApiError";
  override readonly name: string = "ApiError";
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** The service's own words, when it sent any. */
  readonly detail: string | undefined;

  constructor(message: string, options: ApiErrorOptions) {
    super(message, options);
    this.status = options.status;
    this.detail = options.detail;
    addBrand(this, "ApiError");
  }
}
