import { z } from "zod";
import { marketPaymentSchema, x402PaymentInput } from "./payments.ts";
import { alsoReads, freeForm, mayLack, objectOrNull, orNull } from "./reading.ts";
import { providerCredentialsInput } from "./search.ts";
import { railRecommendationSchema } from "./services.ts";
import {
  amountNumberSchema,
  currencySchema,
  filled,
  handoffSchema,
  idSchema,
  jsonObject,
  maybe,
  text,
  timeSchema,
} from "./values.ts";
import {
  disputeResolutionSchema,
  disputeStatusSchema,
  executionModeSchema,
  executionStatusSchema,
  integrationStatusSchema,
  orderStatusSchema,
  paymentRailTypeSchema,
} from "./words.ts";

/** Orders from placing to the end, and disputes. */

export const marketOrderSchema = alsoReads(
  z
    .object({
      id: idSchema,
      machineId: idSchema,
      agentPairingId: z.string(),
      searchId: orNull(z.string()),
      quoteId: orNull(z.string()),
      serviceId: idSchema,
      skillKey: z.string(),
      providerKey: z.string(),
      serviceType: z.string(),
      operation: z.string(),
      executionMode: executionModeSchema,
      integrationStatus: integrationStatusSchema,
      status: orderStatusSchema,
      input: freeForm(),
      budget: orNull(z.object({ amount: orNull(z.number()), currency: orNull(z.string()) })),
      payment: railRecommendationSchema,
      serviceSnapshot: orNull(z.record(z.string(), z.unknown())),
      taskId: orNull(z.string()),
      routeId: orNull(z.string()),
      runId: orNull(z.string()),
      outcomeId: orNull(z.string()),
      handoff: orNull(handoffSchema),
      errorMessage: orNull(z.string()),
      deliveredAt: orNull(timeSchema).describe("ours"),
      confirmedAt: orNull(timeSchema).describe("ours"),
      cancelledAt: orNull(timeSchema).describe("ours"),
      confirmBy: orNull(timeSchema).describe("ours: confirmed by itself after this time"),
      retryCount: mayLack(z.int().min(0), 0).describe("ours"),
      createdAt: timeSchema,
      updatedAt: timeSchema,
    })
    .meta({ id: "MarketOrder" }),
  { input: "inputPayload" },
);

export const createOrderBody = z
  .strictObject({
    machineId: filled(200),
    agentPairingId: filled(200),
    serviceId: filled(200),
    searchId: maybe(text(200)),
    quoteId: maybe(text(200)),
    operation: maybe(text(200)),
    input: maybe(jsonObject),
    budget: maybe(
      z.strictObject({
        amount: maybe(amountNumberSchema),
        max: maybe(amountNumberSchema),
        currency: maybe(currencySchema),
      }),
    ),
    providerCredentials: maybe(providerCredentialsInput).describe("secret; redacted before anything is kept"),
  })
  .meta({ id: "CreateMarketOrderRequest" });

/** Orders placed in one request, each on its own. */
export const createOrdersBody = z
  .strictObject({ orders: z.array(createOrderBody).min(1).max(500) })
  .meta({ id: "CreateMarketOrdersRequest" });

/** What became of each order of a batch, in the order of the request: the order, or the error it alone would have got. */
export const placedOrdersSchema = z
  .object({
    placed: z.int().min(0),
    refused: z.int().min(0),
    results: z.array(
      z.object({
        order: objectOrNull(marketOrderSchema),
        error: orNull(
          z.object({
            code: z.string(),
            message: z.string(),
            details: orNull(z.record(z.string(), z.unknown())),
          }),
        ),
      }),
    ),
  })
  .meta({ id: "PlacedMarketOrders" });

/** Whether an order would pass now, rule by rule. Nothing is reserved: the answer can be outdated at once. */
export const orderCheckSchema = z
  .object({
    allowed: z.boolean(),
    amount: orNull(z.number()).describe("what it would cost, in currency"),
    currency: orNull(z.string()),
    service: orNull(z.object({ id: idSchema, name: z.string() })),
    rail: orNull(paymentRailTypeSchema),
    payeeAddress: orNull(z.string()),
    checks: z.array(
      z.object({
        rule: z.string(),
        passed: z.boolean(),
        code: orNull(z.string()).describe("the error an order would get"),
        message: z.string(),
        details: orNull(z.record(z.string(), z.unknown())),
      }),
    ),
  })
  .meta({ id: "OrderCheck" });

/** `payment` is the signed x402 form of later published clients; a deployment without that rail says so. */
export const executeBody = z
  .strictObject({
    input: maybe(jsonObject).describe(
      "its keys win over those of the order's input, null takes one of the order's keys away",
    ),
    payment: maybe(x402PaymentInput),
  })
  .meta({ id: "ExecuteRequest" });

export const noBody = z.strictObject({}).meta({ id: "EmptyRequest" });

export const disputeBody = z
  .strictObject({ reason: filled(2000), evidence: maybe(jsonObject) })
  .meta({ id: "DisputeRequest" });

export const reasonBody = z.strictObject({ reason: maybe(text(2000)) }).meta({ id: "ReasonRequest" });

export const resolveDisputeBody = z
  .strictObject({
    resolution: disputeResolutionSchema,
    notes: maybe(text(2000)),
    transactionHash: maybe(text(200)).describe("the seller's repayment; verified on its chain"),
  })
  .meta({ id: "ResolveDisputeRequest" });

export const runResultSchema = z
  .object({
    id: idSchema,
    status: executionStatusSchema,
    executionMode: orNull(executionModeSchema),
    skillKey: orNull(z.string()),
    serviceId: orNull(z.string()),
    outcomeId: orNull(z.string()),
  })
  .meta({ id: "RunResult" });

export const outcomeResultSchema = z
  .object({
    id: idSchema,
    status: executionStatusSchema,
    skillKey: z.string(),
    serviceId: z.string(),
    executionMode: executionModeSchema,
    result: mayLack(z.unknown(), null).describe("the provider's JSON, keys as they came"),
    errorMessage: orNull(z.string()),
    externalRef: orNull(z.string()),
  })
  .meta({ id: "OutcomeResult" });

/** A failure of the provider is told here too: run and outcome `failed`, errorMessage set, the order `failed`. */
export const nativeExecutionSchema = z
  .object({
    order: marketOrderSchema,
    execution: z.object({ statusCode: z.literal(200), run: runResultSchema, outcome: outcomeResultSchema }),
  })
  .meta({ id: "NativeExecution" });

export const handoffExecutionSchema = z
  .object({
    order: marketOrderSchema,
    execution: z.object({
      statusCode: z.literal(202),
      handoff: z.object({ label: z.string(), url: z.string(), notes: mayLack(z.array(z.string()), []) }),
    }),
  })
  .meta({ id: "HandoffExecution" });

export const executionSchema = z.union([nativeExecutionSchema, handoffExecutionSchema]);

export const disputeSchema = z
  .object({
    id: idSchema,
    orderId: idSchema,
    machineId: idSchema,
    status: disputeStatusSchema,
    reason: z.string(),
    evidence: freeForm(),
    agentPairingId: orNull(z.string()).describe("ours"),
    resolution: orNull(disputeResolutionSchema).describe("ours"),
    resolveBy: orNull(timeSchema).describe("ours: resolved with the default outcome after this time"),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "OrderDispute" });

export const confirmationSchema = z
  .object({ order: marketOrderSchema, payment: objectOrNull(marketPaymentSchema) })
  .meta({ id: "Confirmation" });

export const disputingSchema = z
  .object({ order: marketOrderSchema, payment: objectOrNull(marketPaymentSchema), dispute: disputeSchema })
  .meta({ id: "Disputing" });
