import fastify from "fastify";

/** The anchor of POST /market/orders: Fastify with one route that checks a body of the same fields, and nothing else. */
const app = fastify();
const text = { type: "string", minLength: 1, maxLength: 200 } as const;
let count = 0;
app.post(
  "/api/v1/market/orders",
  {
    schema: {
      body: {
        type: "object",
        additionalProperties: false,
        required: ["machineId", "agentPairingId", "serviceId"],
        properties: {
          machineId: text,
          agentPairingId: text,
          serviceId: text,
          searchId: text,
          quoteId: text,
          operation: text,
          input: { type: "object" },
          budget: {
            type: "object",
            additionalProperties: false,
            properties: {
              amount: { type: "number", minimum: 0 },
              max: { type: "number", minimum: 0 },
              currency: text,
            },
          },
        },
      },
    },
  },
  async (request, reply) => {
    const body = request.body as { machineId: string; serviceId: string };
    reply.code(201);
    return {
      item: {
        id: `mord_${String(count++).padStart(12, "0")}`,
        machineId: body.machineId,
        serviceId: body.serviceId,
        status: "created",
      },
    };
  },
);
const url = await app.listen({ port: 0, host: "127.0.0.1" });
console.log(JSON.stringify({ url }));
process.stdin.resume().on("end", () => process.exit(0));
