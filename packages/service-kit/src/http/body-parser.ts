import { mayHoldLongInteger, parseJson } from "@peaqos/protocol";
import type { FastifyInstance } from "fastify";
import type { ErrorFormat } from "../errors.ts";

/**
 * The JSON body parser of all services. An empty body with a JSON content type is no body (browsers and clients
 * send that with DELETE), prototype keys are refused, and integers keep every digit.
 */
export function useJsonBodies(app: FastifyInstance, errors: ErrorFormat): void {
  const parseSafely = app.getDefaultJsonParser("error", "error");
  // Plain text too: what is not JSON is 415, not a text that no schema takes.
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, text, done) => {
    if (text === "") return done(null, undefined);
    void parseSafely(request, text, (error, value) => {
      if (error !== null && error !== undefined) done(errors.describe("invalidJson", {}));
      // Fastify's parser has checked the text; ours reads long integers from it.
      else done(null, mayHoldLongInteger(text) ? parseJson(text) : value);
    });
  });
}
