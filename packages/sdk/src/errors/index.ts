/** Error classes of the SDK (`@peaqos/peaq-os-sdk/errors`). */
export { PeaqosError, type PeaqosErrorOptions } from "./base.ts";
export { type DecodedRevert, decodeRevert } from "./revert.ts";
export {
  ApiError,
  type ApiErrorOptions,
  OrchestrationConfigError,
  RpcError,
  type RpcErrorOptions,
  RuntimeError,
} from "./runtime.ts";
export { RateLimitExceeded, ValidationError, ValueCapExceeded } from "./validation.ts";
