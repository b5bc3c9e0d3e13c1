import { invalid } from "../kit/errors.ts";

/** Pages of lists that stand in memory in the order of a key. The cursor names the last key of the page before. */

export type PageQuery = { readonly limit: number; readonly cursor?: string | undefined };

/** Never empty and never beginning with `-`. */
const cursorOf = (key: string) => `k${Buffer.from(key).toString("base64url")}`;

/** @throws HttpError VALIDATION_ERROR for anything this service has not made. */
function keyOfCursor(cursor: string): string {
  const key = Buffer.from(cursor.slice(1), "base64url").toString("utf8");
  if (key === "" || cursorOf(key) !== cursor)
    throw invalid("cursor", "is not a nextCursor of this list; leave it out for the first page");
  return key;
}

/**
 * @param sorted ascending by `keyOf` as text; keys are distinct.
 * @example
 * pageByKey(skills, { limit: 100 }, (skill) => skill.key); // { items, nextCursor? }
 */
export function pageByKey<T>(
  sorted: readonly T[],
  { limit, cursor }: PageQuery,
  keyOf: (entry: T) => string,
): { items: T[]; nextCursor?: string } {
  const after = cursor === undefined ? null : keyOfCursor(cursor);
  const from = after === null ? 0 : sorted.findIndex((entry) => keyOf(entry) > after);
  const items = from < 0 ? [] : sorted.slice(from, from + limit);
  const last = items.at(-1);
  const more = from >= 0 && from + limit < sorted.length && last !== undefined;
  return more ? { items, nextCursor: cursorOf(keyOf(last)) } : { items };
}
