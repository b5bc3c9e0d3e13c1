import helmet from "@fastify/helmet";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { stringifyJson } from "@peaqos/protocol";
import type { FastifyInstance } from "fastify";
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from "fastify-type-provider-zod";

export type ApiInfo = { readonly title: string; readonly version: string; readonly description: string };

/** What zod's converter hands to an override. */
type OverrideContext = {
  readonly zodSchema: { readonly _zod: { readonly def: { readonly type: string } } };
  readonly jsonSchema: Record<string, unknown>;
};

/**
 * A schema that names its JSON type in its metadata (integers of any size: number or bigint inside) is shown as
 * that type alone.
 */
function preferNamedType(context: OverrideContext): void {
  const schema = context.jsonSchema;
  if (!Array.isArray(schema.anyOf)) return;
  if (schema.type !== undefined) delete schema.anyOf;
  else schema.anyOf = schema.anyOf.filter((branch: object) => Object.keys(branch).length > 0);
}

const zodToJsonConfig = { override: preferNamedType as never };

/** Collects the mounted operations into an OpenAPI 3.1 document and serves a page to read it, offline. */
export async function useOpenApi(app: FastifyInstance, info: ApiInfo): Promise<void> {
  await app.register(swagger, {
    openapi: { openapi: "3.1.1", info: { ...info } },
    transform: createJsonSchemaTransform({ zodToJsonConfig, skipList: [] }),
    transformObject: createJsonSchemaTransformObject({ zodToJsonConfig }),
  });
  await app.register(async (pages) => {
    await pages.register(helmet);
    await pages.register(swaggerUi, {
      routePrefix: "/docs",
      staticCSP: true,
      // The page must also work on a plain http address of one's own network, and load nothing from elsewhere.
      transformStaticCSP: (header) =>
        header.replace(/upgrade-insecure-requests;?/, "").replaceAll(/ (https:|validator\.swagger\.io)/g, ""),
    });
  });
}

/** The document's text, made when it is first asked for: a start need not wait for it. The server has to be ready by then. */
export function openApiTextOf(app: FastifyInstance): () => string {
  let text: string | undefined;
  return () => {
    text ??= stringifyJson(app.swagger());
    return text;
  };
}
