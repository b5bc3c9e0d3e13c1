import { createHash, timingSafeEqual } from "node:crypto";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ErrorFormat } from "../errors.ts";

/** The header by which our own services name themselves. */
export const internalKeyHeader = "x-peaqos-internal-key";

/** Compares two secrets in constant time, whatever their lengths. */
export function secretsEqual(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

export type RateLimitOptions = {
  /** Requests a minute and IP address; 0 switches the limit off. */
  readonly perMinute: number;
  /** Callers with this key are not counted. */
  readonly internalKey: string | undefined;
  /** Paths that are never counted, such as health checks. */
  readonly exempt: readonly string[];
};

export async function useRateLimit(
  app: FastifyInstance,
  options: RateLimitOptions,
  errors: ErrorFormat,
): Promise<void> {
  if (options.perMinute === 0) return;
  const { internalKey } = options;
  const exempt = new Set(options.exempt);
  await app.register(rateLimit, {
    max: options.perMinute,
    timeWindow: 60_000,
    allowList: (request: FastifyRequest) => {
      if (exempt.has(request.routeOptions.url ?? "")) return true;
      const given = request.headers[internalKeyHeader];
      return internalKey !== undefined && typeof given === "string" && secretsEqual(given, internalKey);
    },
    errorResponseBuilder: (_request, context) =>
      errors.describe("tooManyRequests", { limit: context.max, seconds: Math.ceil(context.ttl / 1000) }),
  });
}
