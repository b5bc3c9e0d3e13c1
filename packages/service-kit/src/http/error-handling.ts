import type { Operation } from "@peaqos/protocol";
import { stringifyJson } from "@peaqos/protocol";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { isDatabaseDown } from "../db/errors.ts";
import { type ErrorFormat, type FormattedError, HttpError, type RequestIssue } from "../errors.ts";

const places = { params: "path", querystring: "query", body: "body", headers: "headers" } as const;

/** Zod's issues as the kit names them. */
function requestIssues(error: FastifyError): RequestIssue[] {
  const where = places[(error.validationContext ?? "body") as keyof typeof places] ?? "body";
  return (error.validation ?? []).map((issue) => ({
    in: where,
    path: issue.instancePath
      .split("/")
      .filter((part) => part !== "")
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
    rule: issue.keyword,
    message: issue.message ?? "does not fit",
  }));
}

/** Fastify's own refusals by their stable codes. */
const frameworkErrors: Readonly<Record<string, "payloadTooLarge" | "unsupportedMediaType" | "invalidJson">> =
  {
    FST_ERR_CTP_BODY_TOO_LARGE: "payloadTooLarge",
    FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupportedMediaType",
    FST_ERR_CTP_INVALID_JSON_BODY: "invalidJson",
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalidJson",
  };

function toHttpError(error: FastifyError | HttpError, errors: ErrorFormat): HttpError {
  if (error instanceof HttpError) return error;
  if (isDatabaseDown(error)) return errors.describe("databaseUnavailable", {});
  const known = frameworkErrors[error.code];
  if (known !== undefined) return errors.describe(known, {});
  return errors.describe("internal", {});
}

function sendError(
  reply: FastifyReply,
  headers: Readonly<Record<string, string>>,
  formatted: FormattedError,
  error?: HttpError,
) {
  if (error !== undefined) reply.headers(error.headers);
  return reply
    .code(formatted.status)
    .headers({ ...headers, "cache-control": "no-store", "x-request-id": reply.request.id })
    .send(stringifyJson(formatted.body));
}

/** Answers a path the router refuses before any route is looked for; Fastify's own body would repeat the path. */
export function refusePath(errors: ErrorFormat, headers: Readonly<Record<string, string>>) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const message =
      error.code === "FST_ERR_MAX_PARAM_LENGTH"
        ? "a part of the path is too long"
        : "the path is not percent-encoded UTF-8";
    const issue = { in: "path", path: [], rule: "invalid_format", message } as const;
    sendError(reply, headers, errors.invalid([issue], request.id));
  };
}

/** Turns every error of every layer, unknown routes and wrong methods included, into the service's own body. */
export function useErrors(
  app: FastifyInstance,
  operations: Readonly<Record<string, Operation>>,
  errors: ErrorFormat,
  headers: Readonly<Record<string, string>>,
): void {
  const routes = Object.values(operations).map((operation) => ({
    method: operation.method,
    pattern: new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, "[^/]*")}/?$`),
  }));

  const send = (reply: FastifyReply, formatted: FormattedError, error?: HttpError) =>
    sendError(reply, headers, formatted, error);

  app.setErrorHandler((error: FastifyError | HttpError, request, reply) => {
    if (hasZodFastifySchemaValidationErrors(error))
      return send(reply, errors.invalid(requestIssues(error as FastifyError), request.id));
    const httpError = toHttpError(error, errors);
    const formatted = errors.failed(httpError, request.id);
    if (formatted.status >= 500)
      request.log.error({ err: error, url: request.url, requestId: request.id }, "request failed");
    return send(reply, formatted, httpError);
  });

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const allowed = routes.filter((route) => route.pattern.test(path)).map((route) => route.method);
    const isMethod = allowed.length > 0 && !allowed.includes(request.method as never);
    const error = isMethod
      ? errors.describe("methodNotAllowed", { method: request.method })
      : errors.describe("routeNotFound", { path });
    // Each service names the error in its own way.
    if (isMethod) reply.header("allow", [...new Set(allowed)].join(", "));
    return send(reply, errors.failed(error, request.id), error);
  });
}
