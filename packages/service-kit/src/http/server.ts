import type { Operation } from "@peaqos/protocol";
import { stringifyJson } from "@peaqos/protocol";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import type { Logger } from "pino";
import type { ErrorFormat } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import { useJsonBodies } from "./body-parser.ts";
import { refusePath, useErrors } from "./error-handling.ts";
import type { Handlers } from "./handler.ts";
import { type RateLimitOptions, useRateLimit } from "./limits.ts";
import { mountOperations } from "./mount.ts";
import { type ApiInfo, useOpenApi } from "./openapi.ts";

export type HttpServerOptions<T extends Readonly<Record<string, Operation>>> = {
  readonly info: ApiInfo;
  readonly operations: T;
  readonly handlers: Handlers<T>;
  readonly errors: ErrorFormat;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly rateLimit: RateLimitOptions;
  /** Largest request body in bytes. */
  readonly bodyLimit?: number;
  /** Believe `X-Forwarded-For`: only behind a proxy of one's own. */
  readonly trustProxy?: boolean;
  /** Validate every answer against its declared schema. */
  readonly checkAnswers?: boolean;
  /** Headers of every JSON answer, errors included. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** What a JSON answer needs against browsers that guess or frame; pages get the whole set of helmet. */
const jsonHeaders = {
  "content-type": "application/json; charset=utf-8",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** Request ids we take over from a caller; anything else is replaced. */
const safeRequestId = /^[\w.:-]{1,100}$/;

/**
 * A Fastify server over an operation table: validation, errors of every layer in one shape, OpenAPI, limits,
 * security headers, metrics. Not listening yet.
 */
export async function createHttpServer<T extends Readonly<Record<string, Operation>>>(
  options: HttpServerOptions<T>,
): Promise<FastifyInstance> {
  const { errors, metrics } = options;
  const headers = { ...jsonHeaders, ...options.headers };
  const app = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit ?? 1_048_576,
    trustProxy: options.trustProxy ?? false,
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: refusePath(errors, headers),
    forceCloseConnections: "idle",
    return503OnClosing: false,
    // One logger for all requests: entries name the request themselves, and most requests write none.
    childLoggerFactory: (logger) => logger,
    genReqId: (request) => {
      const given = request.headers["x-request-id"];
      return typeof given === "string" && safeRequestId.test(given) ? given : crypto.randomUUID();
    },
  }) as unknown as FastifyInstance;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => (data) => stringifyJson(data));
  useErrors(app, options.operations, errors, headers);
  useJsonBodies(app, errors);
  await useRateLimit(app, options.rateLimit, errors);
  await useOpenApi(app, options.info);
  app.addHook("onResponse", (request, reply, done) => {
    metrics.observeRequest(request.routeOptions.config.operationId, reply.statusCode, reply.elapsedTime);
    done();
  });
  mountOperations(app, options.operations, options.handlers, {
    check: options.checkAnswers ?? false,
    headers,
  });
  return app;
}

declare module "fastify" {
  interface FastifyContextConfig {
    operationId?: string;
  }
}
