/** Codes of `OrchestrationApiError`, as constants. A test keeps them equal to the wire's table. */

/** The platform key is missing. */
export const ERROR_CODE_AUTH_REQUIRED = "AUTH_REQUIRED";
/** The platform key is not valid. */
export const ERROR_CODE_AUTH_INVALID = "AUTH_INVALID";
/** The agent's token is missing. */
export const ERROR_CODE_AGENT_AUTH_REQUIRED = "AGENT_AUTH_REQUIRED";
/** The agent's token is not valid here. */
export const ERROR_CODE_AGENT_AUTH_INVALID = "AGENT_AUTH_INVALID";
/** The agent's token has expired. */
export const ERROR_CODE_AGENT_AUTH_EXPIRED = "AGENT_AUTH_EXPIRED";
/** The request breaks a rule. */
export const ERROR_CODE_VALIDATION_ERROR = "VALIDATION_ERROR";
/** There is no such thing. */
export const ERROR_CODE_NOT_FOUND = "NOT_FOUND";
/** The machine is not active. */
export const ERROR_CODE_MACHINE_NOT_ACTIVE = "MACHINE_NOT_ACTIVE";
/** The machine's identity is not confirmed. */
export const ERROR_CODE_MACHINE_NOT_ACTIVATED = "MACHINE_NOT_ACTIVATED";
/** Another machine has this identity. */
export const ERROR_CODE_MACHINE_IDENTITY_EXISTS = "MACHINE_IDENTITY_EXISTS";
/** A machine's identity cannot be changed. */
export const ERROR_CODE_MACHINE_IDENTITY_IMMUTABLE = "MACHINE_IDENTITY_IMMUTABLE";
/** The identity proof is missing. */
export const ERROR_CODE_MACHINE_IDENTITY_PROOF_REQUIRED = "MACHINE_IDENTITY_PROOF_REQUIRED";
/** The identity proof does not fit. */
export const ERROR_CODE_MACHINE_IDENTITY_PROOF_INVALID = "MACHINE_IDENTITY_PROOF_INVALID";
/** The identity challenge is too old. */
export const ERROR_CODE_MACHINE_IDENTITY_PROOF_EXPIRED = "MACHINE_IDENTITY_PROOF_EXPIRED";
/** The rating service cannot be asked. */
export const ERROR_CODE_PEAQOS_IDENTITY_UNAVAILABLE = "PEAQOS_IDENTITY_UNAVAILABLE";
/** The agent's proof is missing. */
export const ERROR_CODE_AGENT_PAIRING_PROOF_REQUIRED = "AGENT_PAIRING_PROOF_REQUIRED";
/** The agent's proof does not fit. */
export const ERROR_CODE_AGENT_PAIRING_PROOF_INVALID = "AGENT_PAIRING_PROOF_INVALID";
/** The pairing challenge is too old. */
export const ERROR_CODE_AGENT_PAIRING_PROOF_EXPIRED = "AGENT_PAIRING_PROOF_EXPIRED";
/** Pairings cannot be verified here. */
export const ERROR_CODE_AGENT_PAIRING_UNAVAILABLE = "AGENT_PAIRING_UNAVAILABLE";
/** The agent is not paired with this machine. */
export const ERROR_CODE_AGENT_PAIRING_REQUIRED = "AGENT_PAIRING_REQUIRED";
/** The pairing or agent is paused or revoked. */
export const ERROR_CODE_AGENT_PAIRING_INACTIVE = "AGENT_PAIRING_INACTIVE";
/** The delegation policy forbids this. */
export const ERROR_CODE_AGENT_POLICY_DENIED = "AGENT_POLICY_DENIED";
/** Above the limit for one purchase. */
export const ERROR_CODE_AGENT_SPEND_LIMIT_EXCEEDED = "AGENT_SPEND_LIMIT_EXCEEDED";
/** Above what is left for today. */
export const ERROR_CODE_AGENT_DAILY_LIMIT_EXCEEDED = "AGENT_DAILY_LIMIT_EXCEEDED";
/** The quote has expired. */
export const ERROR_CODE_QUOTE_EXPIRED = "QUOTE_EXPIRED";
/** The order is closed. */
export const ERROR_CODE_ORDER_CLOSED = "ORDER_CLOSED";
/** The order is not delivered yet. */
export const ERROR_CODE_ORDER_NOT_DELIVERED = "ORDER_NOT_DELIVERED";
/** This service or operation cannot be executed here. */
export const ERROR_CODE_EXECUTION_UNSUPPORTED = "EXECUTION_UNSUPPORTED";
/** The order is not paid. */
export const ERROR_CODE_PAYMENT_REQUIRED = "PAYMENT_REQUIRED";
/** No node is configured for the payment's chain. */
export const ERROR_CODE_PAYMENT_RPC_REQUIRED = "PAYMENT_RPC_REQUIRED";
/** The payment's chain cannot be asked. */
export const ERROR_CODE_PAYMENT_RPC_ERROR = "PAYMENT_RPC_ERROR";
/** The transaction is not mined or not confirmed yet. */
export const ERROR_CODE_PAYMENT_NOT_MINED = "PAYMENT_NOT_MINED";
/** The transaction failed on the chain. */
export const ERROR_CODE_PAYMENT_TX_FAILED = "PAYMENT_TX_FAILED";
/** The transaction holds no matching transfer. */
export const ERROR_CODE_PAYMENT_TRANSFER_NOT_FOUND = "PAYMENT_TRANSFER_NOT_FOUND";
/** The provider's endpoint cannot be reached. */
export const ERROR_CODE_ENDPOINT_UNREACHABLE = "ENDPOINT_UNREACHABLE";
/** The platform key lacks the scope for this. Ours. */
export const ERROR_CODE_FORBIDDEN = "FORBIDDEN";
/** The request collides with another. Ours. */
export const ERROR_CODE_CONFLICT = "CONFLICT";
/** Too many requests. Ours. */
export const ERROR_CODE_RATE_LIMITED = "RATE_LIMITED";
/** The body is too large. Ours. */
export const ERROR_CODE_PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE";
/** The body is not JSON. Ours. */
export const ERROR_CODE_UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE";
/** The path does not take this method. Ours. */
export const ERROR_CODE_METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED";
/** The market failed. Ours. */
export const ERROR_CODE_INTERNAL_ERROR = "INTERNAL_ERROR";
/** The market's database cannot be used. Ours. */
export const ERROR_CODE_SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE";
/** The answer is no JSON, empty, or an error without the agreed body. Made by this client. */
export const ERROR_CODE_BAD_RESPONSE = "BAD_RESPONSE";
/** The answer is JSON of another shape than agreed. Made by this client. */
export const ERROR_CODE_INVALID_RESPONSE_SHAPE = "INVALID_RESPONSE_SHAPE";
