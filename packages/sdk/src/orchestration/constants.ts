/** Transport constants of the market's client. Names and values are published. */

/** Stands before every path. */
export const API_BASE_PATH = "/api/v1";
/** Time for a GET, in milliseconds. */
export const DEFAULT_READ_TIMEOUT_MS = 30_000;
/** Time for any other request, in milliseconds. */
export const DEFAULT_WRITE_TIMEOUT_MS = 60_000;
/** Header of the platform's key. */
export const HEADER_API_KEY = "x-api-key";
/** Header of an agent's pairing token. */
export const HEADER_AGENT_PAIRING_TOKEN = "x-agent-pairing-token";
/** Header that makes a repeated write the same write. Ours. */
export const HEADER_IDEMPOTENCY_KEY = "idempotency-key";
/** Rows of a page when no limit is given. */
export const LIST_QUERY_DEFAULT_LIMIT = 100;
/** Most rows of a page. */
export const LIST_QUERY_MAX_LIMIT = 500;
