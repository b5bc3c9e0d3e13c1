import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { type Answer, Answers } from "./answers.ts";
import { answerOf, problems, SellerError } from "./errors.ts";
import { listingOf } from "./listing.ts";
import { createPaymentCheck, type PaymentCheck, readPayment } from "./payments.ts";
import type { Call, JsonObject, Operation, Seller, SellerConfig, SellerDefinition } from "./types.ts";

/** Largest result in bytes: the market takes no more. */
const RESULT_LIMIT = 1_048_576;

/** What stays the same for all calls of a running seller. */
type Running = {
  readonly config: SellerConfig;
  readonly definition: SellerDefinition;
  readonly answers: Answers;
  readonly checkPayment: PaymentCheck | null;
  readonly inputLimit: number;
};

/**
 * A seller that listens: README.md says what it takes and answers.
 *
 * @throws when the port is taken, the folder cannot be used, or the definition has a price and the config no `rpcUrl`.
 * @example
 * const seller = await createSeller({ service, price: null, operations }, { port: 0, dataDir: "/tmp/greeter" });
 * seller.listing().endpoints[0].url; // "http://127.0.0.1:40123"
 * await seller.stop();
 */
export async function createSeller(definition: SellerDefinition, config: SellerConfig): Promise<Seller> {
  const { price } = definition;
  if (price !== null && config.rpcUrl === undefined)
    throw new Error(
      `${definition.service.name} has a price: config.rpcUrl must name a node that shows payments`,
    );
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const answers = await Answers.open(config.dataDir, config.now ?? Date.now);
  const inputLimit = config.inputLimit ?? 65_536;
  const running: Running = {
    config,
    definition,
    answers,
    inputLimit,
    checkPayment:
      price === null
        ? null
        : createPaymentCheck(price, config.rpcUrl as string, config.confirmations ?? 1, answers),
  };
  let stopping: Promise<void> | undefined;
  const app = server(running, () => stopping !== undefined);
  try {
    await app.listen({ port: config.port, host: config.host ?? "127.0.0.1" });
  } catch (error) {
    await answers.close();
    throw error;
  }
  const { address, port } = app.server.address() as AddressInfo;
  const url = (
    config.publicUrl ?? `http://${address.includes(":") ? `[${address}]` : address}:${port}`
  ).replace(/\/$/, "");

  async function end(): Promise<void> {
    const cut = setTimeout(() => app.server.closeAllConnections(), config.graceMs ?? 5_000);
    await app.close();
    clearTimeout(cut);
    await answers.close();
  }

  return {
    url,
    listing: () => listingOf(definition, url),
    stop() {
      stopping ??= end();
      return stopping;
    },
  };
}

function server(running: Running, isStopping: () => boolean): FastifyInstance {
  const { definition, inputLimit } = running;
  const app = fastify({
    bodyLimit: inputLimit,
    requestTimeout: 30_000,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    // Input is checked as it came: nothing is turned into another type, nothing is taken away.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false } },
  });
  app.removeContentTypeParser("text/plain");

  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const { status, body } = answerOf(error, inputLimit);
    if (status >= 500) logFailure(running, request, error);
    if (status === 503) reply.header("retry-after", "1");
    return reply.code(status).send(body);
  };
  app.setErrorHandler(fail);
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff");
    if (!isStopping()) return;
    reply.header("connection", "close");
    throw new SellerError(503, "shutting_down", "The seller is being stopped. Try again later.");
  });
  const paths = new Set(definition.operations.map(({ contract }) => contract.path));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    if (!paths.has(path) || definition.handoff !== undefined)
      return fail(
        new SellerError(404, "not_found", `There is nothing at ${path.slice(0, 200)}.`),
        request,
        reply,
      );
    reply.header("allow", "POST");
    return fail(new SellerError(405, "method_not_allowed", `${path} takes POST only.`), request, reply);
  });

  app.get("/health", () => ({
    status: "ok",
    service: definition.service.id,
    operations: definition.operations.map(({ contract }) => contract.operation),
  }));
  if (definition.handoff === undefined)
    for (const operation of definition.operations) mount(app, operation, running);
  definition.routes?.(app);
  return app;
}

function mount(app: FastifyInstance, operation: Operation, running: Running): void {
  const { contract } = operation;
  app.post(contract.path, { schema: { body: contract.inputSchema } }, async (request, reply) => {
    const call = readCall(request);
    const input = request.body as JsonObject;
    const started = performance.now();
    const answer = await inTime(
      running.answers.give(call.key, contract.operation, input, () =>
        execute(operation, input, call, request, running),
      ),
      running.config.waitMs ?? 10_000,
    );
    running.config.log?.({
      operation: contract.operation,
      order: call.orderId,
      replayed: answer.replayed,
      ms: Math.round(performance.now() - started),
    });
    if (answer.replayed) reply.header("idempotency-replayed", "true");
    return reply.type("application/json; charset=utf-8").send(answer.text);
  });
}

function readCall(request: FastifyRequest): Call {
  const { headers } = request;
  const key = headers["idempotency-key"];
  if (key === undefined || key === "")
    throw new SellerError(
      400,
      "idempotency_key_required",
      "Send a header idempotency-key: the same for a repeat, a new one for a new execution.",
    );
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new SellerError(
      400,
      "invalid_idempotency_key",
      "The idempotency-key must be 1 to 255 visible ASCII characters.",
    );
  const text = (name: string) => (typeof headers[name] === "string" ? headers[name] : null);
  return {
    key,
    orderId: text("x-peaqos-order-id"),
    machineId: text("x-peaqos-machine-id"),
    payment: readPayment(headers["x-peaqos-payment"]),
  };
}

/** Payment, handler, contract: the text of a result that may be sent. */
async function execute(
  operation: Operation,
  input: JsonObject,
  call: Call,
  request: FastifyRequest,
  { definition, checkPayment, config }: Running,
): Promise<string> {
  const { contract } = operation;
  const { price } = definition;
  if (checkPayment !== null && call.payment !== null)
    await checkPayment(call.payment, call.orderId ?? call.key);
  if (price !== null && call.payment === null && config.unpaid !== "serve")
    throw new SellerError(
      402,
      "payment_required",
      `${contract.operation} costs ${price.amount} ${price.token.symbol}, paid to ${price.payee} on eip155:${price.token.chainId}. Order it through the market.`,
    );
  const paid = checkPayment === null ? { ...call, payment: null } : call;
  const result = await operation.run(input, paid);

  const validate = request.compileValidationSchema(contract.outputSchema);
  if (!validate(result))
    throw new SellerError(
      500,
      "result_breaks_contract",
      `The seller made a result that breaks its contract: ${problems(validate.errors ?? [])}.`,
    );
  const text = JSON.stringify(result);
  if (Buffer.byteLength(text) > RESULT_LIMIT)
    throw new SellerError(500, "result_too_large", `The result is larger than ${RESULT_LIMIT} bytes.`);
  return text;
}

/** The answer, or word that it takes longer: the work goes on, and the same key gets what comes of it. */
async function inTime(answer: Promise<Answer>, ms: number): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      reject(
        new SellerError(
          503,
          "still_running",
          "The execution takes longer. Ask again with the same idempotency-key.",
        ),
      ),
    ms,
  );
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function logFailure({ config }: Running, request: FastifyRequest, error: unknown): void {
  config.log?.({
    failed: request.url.split("?")[0],
    order: request.headers["x-peaqos-order-id"] ?? null,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
}
