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

/** An error of the driver or of its socket: neither the server nor anybody's own code has said it. */
export function isDriverError(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof Error && error.constructor === Error && (code === "" || networkCodes.has(code));
}

/** SQLSTATE classes of a server that is going away, full or unreachable: 08, 53, 57P, 58. */
function isOutage(code: string): boolean {
  return sqlState.test(code) && /^(08|53|57P|58|25006)/.test(code);
}

/** 55000 is also what a statement gets at a wrong moment; as the end of a connection it is a closed database. */
function isClosed(error: unknown): boolean {
  return codeOf(error) === "55000" && (error as { severity?: unknown }).severity === "FATAL";
}

export function isDatabaseDown(error: unknown): boolean {
  return error instanceof DatabaseDown || isOutage(codeOf(error)) || isClosed(error);
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
    const isAnswer = sqlState.test(code) && !networkCodes.has(code) && !isOutage(code) && !isClosed(error);
    if (isOurs || isAnswer) throw error;
    throw new DatabaseDown("the database cannot be reached", { cause: error });
  }
}
