import { camelToSnakeKey } from "@peaqos/peaq-os-sdk";

/** Keys of the SDK as the wire and `--json` write them; keys that are data (`inputs`, `factors`) stay. */
export function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      camelToSnakeKey(key),
      OPAQUE.has(key) ? entry : snakeKeys(entry),
    ]),
  );
}

/** Somebody else's data: a machine's own metadata and what its data API answered. */
const OPAQUE = new Set(["metadata", "partnerData", "inputs"]);
