/** Error classes of the SDK (`@peaqos/peaq-os-sdk/errors`). */
export {
  OrchestrationApiError,
  type OrchestrationApiErrorOptions,
  OrchestrationConfigError,
  OrchestrationError,
  OrchestrationNetworkError,
  OrchestrationValidationError,
  PurchaseError,
  type PurchaseErrorOptions,
} from "../orchestration/errors.ts";
export { PeaqosError, type PeaqosErrorOptions } from "./base.ts";
export { type DecodedRevert, decodeRevert } from "./revert.ts";
export {
  ApiError,
  type ApiErrorOptions,
  RpcError,
  type RpcErrorOptions,
  RuntimeError,
} from "./runtime.ts";
export { RateLimitExceeded, ValidationError, ValueCapExceeded } from "./validation.ts";
