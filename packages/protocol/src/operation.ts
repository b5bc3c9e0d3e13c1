import type { z } from "zod";

/**
 * One HTTP operation as plain data. The server mounts it, the OpenAPI document is printed from it, the SDK sends
 * through it and meta-tests count it; it knows no HTTP framework.
 */

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** How a caller shows who it is. `internal` is the key our own services share. */
export type AuthScheme = "none" | "apiKey" | "pairing" | "apiKeyOrPairing" | "internal";

export type ResponseSpec = {
  readonly description: string;
  /** Absent: the answer has no body that a schema describes (a page, metrics text, 204). */
  readonly schema?: z.ZodType;
  /** Default `application/json`. */
  readonly contentType?: string;
};

export type Operation = {
  /** camelCase, unique in its service: the OpenAPI operationId and the key of its handler. */
  readonly id: string;
  readonly method: HttpMethod;
  /** With parameters in braces: `/mcr/{did}`. */
  readonly path: string;
  readonly auth: AuthScheme;
  /** A write that honours `Idempotency-Key`. Reads are repeatable anyway and say false. */
  readonly idempotent: boolean;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Every status the operation can answer with, each with its body. */
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** Names of the errors it can answer with, from the service's error table. */
  readonly errors: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
};

/**
 * Keeps the literal types of an operation while checking its shape.
 *
 * @throws Error when the path's braces and the keys of `params` differ; a mistake of ours, found at load time.
 * @example
 * const getHealth = defineOperation({
 *   id: "getHealth", method: "GET", path: "/health", auth: "none", idempotent: false,
 *   responses: { 200: { description: "alive", schema: healthSchema } },
 *   errors: [], summary: "Is the process alive?", tags: ["operations"],
 * });
 */
export function defineOperation<const T extends Operation>(operation: T): T {
  const inPath = pathParameters(operation.path);
  const declared = Object.keys(operation.params?.shape ?? {});
  if (inPath.toSorted().join() !== declared.toSorted().join())
    throw new Error(
      `operation ${operation.id}: path has {${inPath.join(", ")}}, params has {${declared.join(", ")}}`,
    );
  return operation;
}

/** The names in braces of a path: `/mcr/{did}` has `did`. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
}

/** Schema output of one part of an operation, `undefined` where it has none. */
type Output<S> = S extends z.ZodType ? z.output<S> : undefined;

export type ParamsOf<T extends Operation> = Output<T["params"]>;
export type QueryOf<T extends Operation> = Output<T["query"]>;
export type BodyOf<T extends Operation> = Output<T["body"]>;

/** Body of one declared status: `ResponseOf<typeof getRating, 200>`. */
export type ResponseOf<T extends Operation, S extends keyof T["responses"]> = T["responses"][S] extends {
  schema: infer X extends z.ZodType;
}
  ? z.output<X>
  : undefined;
