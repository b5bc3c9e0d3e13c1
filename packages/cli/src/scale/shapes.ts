import { camelToSnakeKey } from "@peaqos/peaq-os-sdk";
import type { MarketOrder, MarketPayment, MarketSearch } from "@peaqos/peaq-os-sdk/orchestration";

/** The market's objects as `--json` prints them: snake case, with the names that the published command uses. */

/** Somebody else's data: its keys stay. */
const OPAQUE = new Set([
  "input",
  "labels",
  "result",
  "evidence",
  "requestPayload",
  "serviceSnapshot",
  "payload",
  "exampleInput",
  "details",
]);

export function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      camelToSnakeKey(key),
      OPAQUE.has(key) ? entry : snake(entry),
    ]),
  );
}

const renamed = (value: Record<string, unknown>, from: string, to: string) =>
  Object.fromEntries(Object.entries(value).map(([key, entry]) => [key === from ? to : key, entry]));

export function orderJson(order: MarketOrder): Record<string, unknown> {
  return renamed(snake(order) as Record<string, unknown>, "input", "input_payload");
}

export function paymentJson(payment: MarketPayment | null): Record<string, unknown> | null {
  if (payment === null) return null;
  const shown = snake(payment) as Record<string, unknown>;
  return { ...shown, rail: renamed(shown.rail as Record<string, unknown>, "type", "rail_type") };
}

export function searchJson(search: MarketSearch): Record<string, unknown> {
  return snake(search) as Record<string, unknown>;
}
