import type { Operation } from "@peaqos/protocol";
import { stringifyJson } from "@peaqos/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import type { Answer, Handler, Handlers } from "./handler.ts";
import { mountedElsewhere } from "./handler.ts";

/** Fastify's spelling of a path: `/mcr/{did}` is `/mcr/:did`. */
export function routePath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

/** Schemas and texts for validation and for the OpenAPI document. */
function routeSchema(operation: Operation): FastifySchema {
  const response: Record<number, unknown> = {};
  for (const [status, spec] of Object.entries(operation.responses)) {
    const bodyless = spec.schema === undefined && spec.contentType === undefined;
    response[Number(status)] =
      bodyless && Number(status) !== 200
        ? z.null().describe(spec.description)
        : {
            description: spec.description,
            content: { [spec.contentType ?? "application/json"]: { schema: spec.schema ?? z.unknown() } },
          };
  }
  return {
    operationId: operation.id,
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    tags: operation.tags,
    ...(operation.params === undefined ? {} : { params: operation.params }),
    ...(operation.query === undefined ? {} : { querystring: operation.query }),
    ...(operation.body === undefined ? {} : { body: operation.body }),
    response,
  } as FastifySchema;
}

/** Thrown when a handler's answer is not what the operation declares: a mistake of ours, seen in tests. */
export class UndeclaredAnswer extends Error {
  override readonly name = "UndeclaredAnswer";
}

/** @throws UndeclaredAnswer when status or body differ from the operation's declaration. */
export function checkAnswer(operation: Operation, answer: Answer): void {
  const declared = operation.responses[answer.status];
  if (declared === undefined)
    throw new UndeclaredAnswer(`${operation.id} answered ${answer.status}, which it does not declare`);
  if (declared.schema === undefined || answer.body === undefined) return;
  const result = declared.schema.safeParse(answer.body);
  if (!result.success)
    throw new UndeclaredAnswer(`${operation.id} ${answer.status}: ${z.prettifyError(result.error)}`);
}

function sendAnswer(
  reply: FastifyReply,
  answer: Answer,
  headers: Readonly<Record<string, string>>,
): FastifyReply {
  reply.code(answer.status).headers(headers).header("x-request-id", reply.request.id);
  if (answer.headers !== undefined) reply.headers(answer.headers);
  return reply.send(answer.text ?? (answer.body === undefined ? undefined : stringifyJson(answer.body)));
}

/**
 * Mounts every operation of a table. `check` validates each answer against the declared schemas; tests and the
 * devnet switch it on, production trusts what tests have shown.
 */
export function mountOperations<T extends Readonly<Record<string, Operation>>>(
  app: FastifyInstance,
  operations: T,
  handlers: Handlers<T>,
  options: { check: boolean; headers: Readonly<Record<string, string>> },
): void {
  for (const [id, operation] of Object.entries(operations) as [keyof T & string, T[keyof T]][]) {
    const handler = handlers[id];
    if (handler === mountedElsewhere) continue;
    const run = handler as Handler<Operation>;
    app.route({
      method: operation.method,
      url: routePath(operation.path),
      schema: routeSchema(operation),
      config: { operationId: id },
      handler: (request: FastifyRequest, reply: FastifyReply) => {
        const finish = (answer: Answer) => {
          if (options.check) checkAnswer(operation, answer);
          return sendAnswer(reply, answer, options.headers);
        };
        const answer = run({
          params: request.params as never,
          query: request.query as never,
          body: request.body as never,
          headers: request.headers,
          id: request.id,
          ip: request.ip,
          log: request.log as Logger,
        });
        // An answer from memory is sent in the same turn.
        return answer instanceof Promise ? answer.then(finish) : finish(answer);
      },
    });
  }
}
