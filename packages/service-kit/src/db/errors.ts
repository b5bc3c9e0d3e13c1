/** Database trouble, told apart by SQLSTATE and by network codes, never by message text. */

/** The database cannot be used now; the same call can succeed later. */
export class DatabaseDown extends Error {
  override readonly name = "DatabaseDown";
  readonly code = "DATABASE_DOWN";
}

const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENOENT",
]);

const sqlState = /^[0-9A-Z]{5}$/;

function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : "";
}

/** SQLSTATE classes of a server that is going away, full or unreachable: 08, 53, 57P, 58. */
function isOutage(code: string): boolean {
  return sqlState.test(code) && /^(08|53|57P|58|25006)/.test(code);
}

export function isDatabaseDown(error: unknown): boolean {
  return error instanceof DatabaseDown || isOutage(codeOf(error));
}

/** True for conflicts that the same transaction can win when it is run again (40001, 40P01). */
export function isSerializationFailure(error: unknown): boolean {
  const code = codeOf(error);
  return code === "40001" || code === "40P01";
}

/**
 * Runs database calls and nothing else, and names a lost connection as such: the driver reports some of them
 * without any code.
 *
 * @throws DatabaseDown when the connection failed; any error with an SQLSTATE as it is.
 */
export async function guarded<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    const code = codeOf(error);
    const isOurs = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
    if (isOurs || (sqlState.test(code) && !networkCodes.has(code) && !isOutage(code))) throw error;
    throw new DatabaseDown("the database cannot be reached", { cause: error });
  }
}
