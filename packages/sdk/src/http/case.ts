/**
 * Letter case of keys between JSON (snake_case) and JavaScript (camelCase). Only keys of plain objects and of
 * objects in lists are renamed; values never are.
 */

/**
 * `machine_id` to `machineId`. Underscores at the ends vanish; a part's first letter is raised, the rest lowered
 * unless it is all capitals.
 *
 * @example
 * ```ts
 * import { snakeToCamelKey } from "@peaqos/peaq-os-sdk";
 * snakeToCamelKey("documentation_url"); // "documentationUrl"
 * ```
 */
export function snakeToCamelKey(key: string): string {
  if (!key.includes("_")) return key;
  const parts = key.split("_").filter((part) => part !== "");
  if (parts.length === 0) return key;
  const [first = "", ...rest] = parts;
  return first.toLowerCase() + rest.map(capitalised).join("");
}

function capitalised(part: string): string {
  if (part === part.toUpperCase()) return part;
  return part.charAt(0).toUpperCase() + part.slice(1);
}

/**
 * `machineId` to `machine_id`; a run of capitals counts as one word.
 *
 * @example
 * ```ts
 * import { camelToSnakeKey } from "@peaqos/peaq-os-sdk";
 * camelToSnakeKey("getHTTPResponseCode"); // "get_http_response_code"
 * ```
 */
export function camelToSnakeKey(key: string): string {
  return key
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** Keys whose object is somebody else's data and stays as it is. */
export type CaseOptions = { readonly opaque?: readonly string[] };

/** Renames all keys to camelCase, also inside lists. */
export function toCamelCase(
  data: Record<string, unknown>,
  options: CaseOptions = {},
): Record<string, unknown> {
  return renamed(asObject(data), snakeToCamelKey, new Set(options.opaque ?? []));
}

/** Renames all keys to snake_case, also inside lists. */
export function toSnakeCase(
  data: Record<string, unknown>,
  options: CaseOptions = {},
): Record<string, unknown> {
  return renamed(asObject(data), camelToSnakeKey, new Set(options.opaque ?? []));
}

function asObject(data: unknown): Record<string, unknown> {
  if (!isPlain(data)) throw new TypeError("an object is needed");
  return data;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

function renamed(
  data: Record<string, unknown>,
  rename: (key: string) => string,
  opaque: ReadonlySet<string>,
): Record<string, unknown> {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    return isPlain(value) ? renamed(value, rename, opaque) : value;
  };
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [rename(key), opaque.has(key) ? value : walk(value)]),
  );
}
