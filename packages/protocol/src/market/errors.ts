import { z } from "zod";

/**
 * Errors of the market, one row per code. Published codes keep their names; `ours` marks the others. Clients branch on
 * `code` alone and cannot see anything but code, message and details.
 */

export type MarketErrorSpec = {
  /** HTTP status. */
  readonly status: number;
  /** The same request can succeed later without any change. */
  readonly retryable: boolean;
  /** What happened, in a few words. */
  readonly title: string;
  /** What the caller does next. */
  readonly next: string;
  /** Not in the published lists. */
  readonly ours?: true;
  /** Raised before an operation is chosen, so no operation lists it. */
  readonly routing?: true;
};

const row = (status: number, retryable: boolean, title: string, next: string) => ({
  status,
  retryable,
  title,
  next,
});
const ours = { ours: true } as const;

/** Code to status, title and advice. `MACHINE_NOT_FOUND`, which one published page names, is `NOT_FOUND` here. */
export const marketErrors = {
  AUTH_REQUIRED: row(401, false, "The platform key is missing", "Send the key in x-api-key."),
  AUTH_INVALID: row(401, false, "The platform key is not valid", "Check the key, or ask for a new one."),
  AGENT_AUTH_REQUIRED: row(
    401,
    false,
    "The agent's token is missing",
    "Send the pairing token in x-agent-pairing-token.",
  ),
  AGENT_AUTH_INVALID: row(
    401,
    false,
    "The agent's token is not valid here",
    "Create a new session for the pairing; a changed policy ends the old one.",
  ),
  AGENT_AUTH_EXPIRED: row(
    401,
    false,
    "The agent's token has expired",
    "Create a new session for the pairing.",
  ),
  VALIDATION_ERROR: row(400, false, "The request breaks a rule", "Correct the field that the message names."),
  NOT_FOUND: row(404, false, "There is no such thing", "Check the id and the path."),
  MACHINE_NOT_ACTIVE: row(409, false, "The machine is not active", "Set the machine's status to active."),
  MACHINE_NOT_ACTIVATED: row(
    403,
    false,
    "The machine's identity is not confirmed",
    "Register and bond the machine, and prove its identity.",
  ),
  MACHINE_IDENTITY_EXISTS: row(
    409,
    false,
    "Another machine has this identity",
    "Use the existing machine, or archive it first.",
  ),
  MACHINE_IDENTITY_IMMUTABLE: row(
    409,
    false,
    "A machine's identity cannot be changed",
    "Create a new machine for the other identity.",
  ),
  MACHINE_IDENTITY_PROOF_REQUIRED: row(
    400,
    false,
    "The identity proof is missing",
    "Request an identity challenge, sign it and send challengeId and signature.",
  ),
  MACHINE_IDENTITY_PROOF_INVALID: row(
    401,
    false,
    "The identity proof does not fit",
    "Sign a fresh challenge with a controller of the identity.",
  ),
  MACHINE_IDENTITY_PROOF_EXPIRED: row(
    401,
    false,
    "The identity challenge is too old",
    "Request a fresh challenge and sign it.",
  ),
  PEAQOS_IDENTITY_UNAVAILABLE: row(503, true, "The rating service cannot be asked", "Try again shortly."),
  AGENT_PAIRING_PROOF_REQUIRED: row(
    400,
    false,
    "The agent's proof is missing",
    "Request a pairing challenge, sign it and send challengeId and signature.",
  ),
  AGENT_PAIRING_PROOF_INVALID: row(
    401,
    false,
    "The agent's proof does not fit",
    "Sign a fresh challenge with the agent's key, unchanged in every field.",
  ),
  AGENT_PAIRING_PROOF_EXPIRED: row(
    401,
    false,
    "The pairing challenge is too old",
    "Request a fresh challenge and sign it.",
  ),
  AGENT_PAIRING_UNAVAILABLE: row(
    503,
    true,
    "Pairings cannot be verified here",
    "The operator of this deployment has to set up session signing.",
  ),
  AGENT_PAIRING_REQUIRED: row(
    403,
    false,
    "The agent is not paired with this machine",
    "Pair the agent with the machine.",
  ),
  AGENT_PAIRING_INACTIVE: row(
    403,
    false,
    "The pairing or agent is paused or revoked",
    "Reactivate a paused pairing, or create a new one.",
  ),
  AGENT_POLICY_DENIED: row(
    403,
    false,
    "The delegation policy forbids this",
    "Choose another service, or change the policy.",
  ),
  AGENT_SPEND_LIMIT_EXCEEDED: row(
    403,
    false,
    "Above the limit for one purchase",
    "Choose a cheaper service, or raise perTransactionLimit.",
  ),
  AGENT_DAILY_LIMIT_EXCEEDED: row(
    403,
    false,
    "Above what is left for today",
    "Wait until the next UTC day, or raise dailySpendLimit.",
  ),
  QUOTE_EXPIRED: row(409, false, "The quote has expired", "Search again and order at once."),
  ORDER_CLOSED: row(
    409,
    false,
    "The order is closed",
    "Read the order; a closed one takes no further steps.",
  ),
  ORDER_NOT_DELIVERED: row(
    409,
    false,
    "The order is not delivered yet",
    "Execute the order, then confirm it.",
  ),
  EXECUTION_UNSUPPORTED: row(
    422,
    false,
    "This service or operation cannot be executed here",
    "Choose an operation that the service lists.",
  ),
  PAYMENT_REQUIRED: row(
    402,
    false,
    "The order is not paid",
    "Create the payment intent, pay, and send the proof.",
  ),
  PAYMENT_RPC_REQUIRED: row(
    400,
    false,
    "No node is configured for the payment's chain",
    "Pay on a chain that this deployment can check.",
  ),
  PAYMENT_RPC_ERROR: row(
    502,
    true,
    "The payment's chain cannot be asked",
    "Send the same proof again; it is kept.",
  ),
  PAYMENT_NOT_MINED: row(
    409,
    true,
    "The transaction is not mined or not confirmed yet",
    "Send the same proof again after the next blocks.",
  ),
  PAYMENT_TX_FAILED: row(
    402,
    false,
    "The transaction failed on the chain",
    "Pay again and send the new transaction.",
  ),
  PAYMENT_TRANSFER_NOT_FOUND: row(
    400,
    false,
    "The transaction holds no matching transfer",
    "Check token, recipient and amount; send the transaction that paid.",
  ),
  ENDPOINT_UNREACHABLE: row(
    502,
    true,
    "The provider's endpoint cannot be reached",
    "Check the endpoint; the order stays ready and can be executed again.",
  ),
  FORBIDDEN: {
    ...row(
      403,
      false,
      "The platform key lacks the scope for this",
      "Use a key that has the scope which details name.",
    ),
    ...ours,
  },
  CONFLICT: {
    ...row(
      409,
      false,
      "The request collides with another",
      "Read details.reason and the current state, then decide.",
    ),
    ...ours,
  },
  RATE_LIMITED: { ...row(429, true, "Too many requests", "Wait for the seconds in Retry-After."), ...ours },
  PAYLOAD_TOO_LARGE: {
    ...row(413, false, "The body is too large", "Send less; the message names the limit."),
    ...ours,
  },
  UNSUPPORTED_MEDIA_TYPE: {
    ...row(415, false, "The body is not JSON", "Send content-type: application/json."),
    ...ours,
  },
  METHOD_NOT_ALLOWED: {
    ...row(405, false, "The path does not take this method", "Use a method named in the Allow header."),
    ...ours,
    routing: true,
  },
  INTERNAL_ERROR: {
    ...row(500, false, "The market failed", "Report the requestId to the operator of the deployment."),
    ...ours,
  },
  SERVICE_UNAVAILABLE: {
    ...row(503, true, "The market's database cannot be used", "Try again shortly."),
    ...ours,
  },
} as const satisfies Record<string, MarketErrorSpec>;

export type MarketErrorCode = keyof typeof marketErrors;

/** What clients of ours raise for a malformed answer; no server sends them. */
export const clientErrorCodes = ["BAD_RESPONSE", "INVALID_RESPONSE_SHAPE"] as const;

/** The one error body, from every layer. Both texts are always there; details never hold a secret. */
export const marketErrorSchema = z
  .object({
    error: z.object({
      code: z.string().min(1).describe("stable word, for programs"),
      message: z.string().min(1).describe("for people"),
      details: z.unknown().optional(),
      requestId: z.string().optional().describe("ours; also in the header x-request-id"),
    }),
  })
  .meta({ id: "MarketError" });
export type MarketErrorBody = z.infer<typeof marketErrorSchema>;
