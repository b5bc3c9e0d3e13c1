import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
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
  /** Requests a minute and caller; 0 switches the limit off. Counted in each process for itself. */
  readonly perMinute: number;
  /**
   * Who calls, when that is known: name of a bucket of its own. Null: the IP address's bucket. Only for credentials
   * that are known to be good: whoever makes one up must not get a fresh bucket with each.
   */
  readonly callerOf?: (headers: IncomingHttpHeaders) => string | null;
  /** Operations by id with fewer requests a minute, in a bucket of their own. */
  readonly fewer?: Readonly<Record<string, number>>;
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
  const { internalKey, callerOf, fewer = {} } = options;
  const exempt = new Set(options.exempt);
  // Before the plugin, which reads the routes' own limits when they are added.
  app.addHook("onRoute", (route) => {
    const max = fewer[route.config?.operationId ?? ""];
    if (max !== undefined) route.config = { ...route.config, rateLimit: { max } };
  });
  await app.register(rateLimit, {
    max: options.perMinute,
    timeWindow: 60_000,
    cache: 50_000,
    keyGenerator: (request: FastifyRequest) => {
      const caller = callerOf?.(request.headers) ?? null;
      return caller === null ? `ip ${request.ip}` : `caller ${caller}`;
    },
    allowList: (request: FastifyRequest) => {
      if (exempt.has(request.routeOptions.url ?? "")) return true;
      const given = request.headers[internalKeyHeader];
      return internalKey !== undefined && typeof given === "string" && secretsEqual(given, internalKey);
    },
    errorResponseBuilder: (_request, context) =>
      errors.describe("tooManyRequests", { limit: context.max, seconds: Math.ceil(context.ttl / 1000) }),
  });
}
