/** What stands in place of a secret. */
export const REDACTED = "[REDACTED]";

const sensitive = /token|key|secret|password|credential|auth/i;

/**
 * A copy without the values of fields whose name contains token, key, secret, password, credential or auth, at any
 * depth. Harmless names such as `skillKey` fall under the rule too; it is the published one.
 *
 * @example
 * ```ts
 * import { sanitizeBody } from "@peaqos/peaq-os-sdk/orchestration";
 * sanitizeBody({ label: "x", authToken: "s" }); // { label: "x", authToken: "[REDACTED]" }
 * ```
 */
export function sanitizeBody(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(sanitizeBody);
  if (typeof body !== "object" || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name,
      sensitive.test(name) ? REDACTED : sanitizeBody(value),
    ]),
  );
}

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** Keeps one-time tokens out of logs: `JSON.stringify` and Node's inspector show `[REDACTED]`, the field holds the value. */
export function hideFields<T extends object>(value: T, fields: readonly string[]): T {
  const shown = () => {
    const copy = { ...value } as Record<string, unknown>;
    for (const field of fields) if (typeof copy[field] === "string") copy[field] = REDACTED;
    return copy;
  };
  Object.defineProperty(value, "toJSON", { value: shown });
  Object.defineProperty(value, inspect, { value: shown });
  return value;
}
