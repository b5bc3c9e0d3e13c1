import type {
  ExecuteMarketOrderResponse,
  MarketOrder,
  MarketPayment,
} from "@peaqos/peaq-os-sdk/orchestration";
import { getMarketOrder } from "@peaqos/peaq-os-sdk/orchestration";
import { networkError, usageError } from "../../engine/errors.ts";
import { block, clean } from "../../engine/output.ts";
import type { Handler, HandlerContext, Result } from "../../engine/types.ts";
import { marketContext } from "../../scale/client.ts";
import { demandInput, inputWanted } from "../../scale/contract.ts";
import { readObject, readToken } from "../../scale/files.ts";
import {
  type Agreed,
  executeOrder,
  guarded,
  interruptible,
  isFree,
  type OrderRun,
  paymentOf,
  payOrder,
  resumeCommand,
} from "../../scale/order-run.ts";
import { type Means, meansOf, type PayFlags } from "../../scale/pay.ts";
import { demandAllowed, orderBody, placeOrder, priceOf } from "../../scale/place.ts";
import { orderJson, paymentJson, snake } from "../../scale/shapes.ts";
import { money, orderBlock, paymentBlock, resultText, rows } from "../../scale/text.ts";
import type * as spec from "./order.spec.ts";

/** Placing an order and going on with it: order, check, pay, execute, resume, retry. */

type Base = Pick<HandlerContext, "io" | "ui" | "globals" | "settings">;

/** What every step of an order needs; settings first, so that a missing one is said before anything else. */
export async function runOf(context: Base, tokenFile: string, signal: AbortSignal): Promise<OrderRun> {
  const settings = await context.settings();
  const client = marketContext(settings, context.ui);
  const token = await readToken(context.io, context.ui, tokenFile);
  return { context, settings, client, token, tokenFile, signal };
}

const TRANSFERS = ["wallet", "wdk-usdt-transfer"];

export const place: Handler<typeof spec.place> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags, ui, globals, io } = context;
    const [serviceId] = args;
    const run = await runOf(context, flags["pairing-token-file"], signal);
    const means = await meansOf(io, ui, run.settings, flags);
    if (flags["skip-payment"] && means.kind !== "hash")
      throw usageError({
        code: "MISSING_OPTION",
        message: "--skip-payment needs --payment-tx-hash",
        value: "(nothing)",
        rule: "without a new intent there has to be a transaction that paid",
        next: "--payment-tx-hash 0x... --payment-chain base --payment-token USDC",
      });
    const body = await orderBody(context, serviceId, flags);
    const check = await priceOf(run, body);
    demandAllowed(check);
    if (!flags["place-only"]) demandInput(await inputWanted(run, body), body.input);
    const free = check.rail === "not-required";
    ui.line(
      block(
        rows(
          ["Service", `${clean(check.service?.name ?? serviceId)} (${serviceId})`],
          ["Price", free ? "free" : money(check.amount, check.currency)],
          !free && ["Rail", clean(check.rail ?? "—")],
          !free && ["Payee", clean(check.payeeAddress ?? "named after ordering")],
        ),
      ),
    );
    const transfer = TRANSFERS.includes(check.rail as string);
    if (!free && !flags["place-only"])
      demandMeans(context, means, transfer, check.rail ?? "unknown", flags.yes);
    if (!free && !flags.yes && !globals.json)
      await ui.confirm(`Order for ${money(check.amount, check.currency)}?`, "--yes");
    const steps = free || flags["place-only"] ? 2 : 5;
    ui.step(1, flags["place-only"] ? 1 : steps, "Creating order");
    const order = await placeOrder(run, body, run.settings.require("PEAQOS_ORCHESTRATION_URL"));
    ui.note(`order ${clean(order.id)}`);
    const how = howOf(flags);
    if (flags["place-only"])
      return placed(order, null, null, `Order placed.`, `Next: ${resumeCommand(run, order.id, how)}`);
    const agreed: Agreed = { amount: check.amount, payee: check.payeeAddress };
    return guarded(run, order.id, how, async () => {
      const payment = isFree(order)
        ? null
        : await payOrder(run, order.id, means, flags, { first: 2, of: 5 }, agreed);
      ui.step(steps, steps, "Executing order");
      return executed(run, await executeOrder(run, order.id, order.retryCount), payment);
    });
  });

/** A purchase that cannot be paid here is not begun. */
function demandMeans(
  { ui, globals }: Base,
  means: Means,
  transfer: boolean,
  rail: string,
  yes: boolean,
): void {
  if (!transfer)
    throw usageError({
      code: "RAIL_NOT_SUPPORTED",
      message: `This command cannot pay by ${clean(rail)}`,
      value: clean(rail),
      rule: `it pays by ${TRANSFERS.join(" and ")}`,
      next: "choose another service, or order with --place-only and pay by other means",
    });
  if (means.kind === "ask" && (!ui.interactive || yes || globals.json))
    throw usageError({
      code: "MISSING_OPTION",
      message: "Nothing says how this order is paid; nothing was ordered",
      value: "(nothing)",
      rule: "without a terminal to paste a transaction hash, the way to pay is a flag",
      next: "add --pay (PEAQOS_PRIVATE_KEY), --payment-key-file FILE, --payment-tx-hash 0x..., or --place-only",
      details: { missing: ["pay"] },
    });
}

/** The flags of paying, for the command that goes on. */
function howOf(flags: PayFlags): string {
  const rpc = flags["payment-rpc-url"] === undefined ? "" : ` --payment-rpc-url ${flags["payment-rpc-url"]}`;
  if (flags.pay) return ` --pay${rpc}`;
  if (flags["payment-key-file"] !== undefined)
    return ` --payment-key-file ${flags["payment-key-file"]}${rpc}`;
  if (flags["payment-tx-hash"] === undefined) return "";
  return ` --payment-tx-hash ${flags["payment-tx-hash"]} --payment-chain ${flags["payment-chain"]} --payment-token ${flags["payment-token"]}`;
}

type Execution = ExecuteMarketOrderResponse["execution"];

/** An order with its result, for programs and people. */
function placed(
  order: MarketOrder,
  execution: Execution | null,
  payment: MarketPayment | null,
  title: string,
  next: string,
): Result {
  const handoff = execution?.statusCode === 202 ? execution.handoff : null;
  const outcome = execution?.statusCode === 200 ? execution.outcome : null;
  return {
    json: {
      order: orderJson(order),
      execution: execution === null ? null : snake(execution),
      payment: paymentJson(payment),
    },
    text: [
      title,
      block(
        rows(
          ["Order ID", clean(order.id)],
          ["Service", clean(order.serviceId)],
          ["Status", clean(order.status)],
          [
            "Payment",
            payment === null
              ? "not required"
              : `${clean(payment.status)}, ${money(payment.amount, payment.currency)}`,
          ],
          handoff !== null && ["Handoff", `${clean(handoff.label)} → ${clean(handoff.url)}`],
          outcome?.errorMessage != null && ["Error", clean(outcome.errorMessage)],
        ),
      ),
      ...(outcome !== null && outcome.status !== "failed" ? ["", "Result:", resultText(outcome.result)] : []),
      "",
      next,
    ].join("\n"),
    ...(outcome?.status === "failed" && { exitCode: 2 as const }),
  };
}

export function executed(
  run: OrderRun,
  { order, execution }: ExecuteMarketOrderResponse,
  payment: MarketPayment | null,
): Result {
  const file = `--pairing-token-file ${run.tokenFile}`;
  if (execution.statusCode === 200 && execution.outcome.status === "failed")
    return placed(
      order,
      execution,
      payment,
      "The provider failed.",
      `Next: peaqos scale order retry ${order.id} ${file}\n  or: peaqos scale order dispute ${order.id} --reason "..." ${file}`,
    );
  return placed(
    order,
    execution,
    payment,
    execution.statusCode === 202 ? "Order placed (external handoff)." : "Order executed.",
    afterDelivery(run, order.id),
  );
}

const afterDelivery = ({ tokenFile }: OrderRun, orderId: string) =>
  `Next: peaqos scale order received ${orderId} --pairing-token-file ${tokenFile}\n  or: peaqos scale order dispute ${orderId} --reason "..." --pairing-token-file ${tokenFile}`;

export const check: Handler<typeof spec.check> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags } = context;
    const run = await runOf(context, flags["pairing-token-file"], signal);
    const body = await orderBody(context, args[0], flags);
    const [answer, wanted] = await Promise.all([priceOf(run, body), inputWanted(run, body)]);
    return {
      json: snake(answer),
      text: (style) =>
        [
          block(
            rows(
              ["Service", clean(answer.service?.name ?? args[0])],
              ["Price", answer.rail === "not-required" ? "free" : money(answer.amount, answer.currency)],
              ["Rail", clean(answer.rail ?? "—")],
              ["Payee", clean(answer.payeeAddress ?? "—")],
              wanted !== null &&
                wanted.example !== null && ["Input, such as", clean(JSON.stringify(wanted.example))],
            ),
          ),
          "",
          ...answer.checks.map(
            ({ passed, rule, message, code }) =>
              `  ${passed ? style.green("yes") : style.red("no ")}  ${clean(rule)}: ${clean(message)}${code === null ? "" : ` (${clean(code)})`}`,
          ),
          "",
          answer.allowed ? "The order would pass." : "The order would be refused.",
        ].join("\n"),
      ...(!answer.allowed && { exitCode: 1 as const }),
    };
  });

export const pay: Handler<typeof spec.pay> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags, ui, io, globals } = context;
    const [orderId] = args;
    const run = await runOf(context, flags["pairing-token-file"], signal);
    const means = await meansOf(io, ui, run.settings, flags);
    if (means.kind === "ask") demandMeans(context, means, true, "", flags.yes || globals.json);
    const payment = await guarded(run, orderId, howOf(flags), () =>
      payOrder(run, orderId, means, flags, { first: 1, of: 3 }),
    );
    const order = await guarded(run, orderId, howOf(flags), () => getMarketOrder(run.client, orderId));
    return {
      json: { order: orderJson(order.item), payment: paymentJson(payment) },
      text: `Order paid.\n${paymentBlock(payment)}\n\nNext: ${resumeCommand(run, orderId)}`,
    };
  });

export const execute: Handler<typeof spec.execute> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags, ui, io } = context;
    const [orderId] = args;
    const run = await runOf(context, flags["pairing-token-file"], signal);
    const input = flags.input === undefined ? undefined : await readObject(io, "--input", flags.input);
    ui.step(1, 1, "Executing order");
    const answer = await guarded(run, orderId, "", async () => {
      const retries = await retriesOf(run, orderId);
      return executeOrder(run, orderId, retries, input);
    });
    const { json, ...result } = executed(run, answer, await known(run, orderId));
    const { order, execution } = json as Record<string, unknown>;
    return { ...result, json: { order, execution } };
  });

/** How often the order was retried: part of the key of its execution. Unknown to an agent without the platform's key. */
async function retriesOf(run: OrderRun, orderId: string): Promise<number | undefined> {
  if (run.settings.get("PEAQOS_ORCH_API_KEY") === undefined) return undefined;
  return (await getMarketOrder(run.client, orderId, { signal: run.signal })).item.retryCount;
}

const known = (run: OrderRun, orderId: string) =>
  paymentOf(run.client, orderId).then(
    ({ item }) => item,
    () => null,
  );

const ENDED = ["confirmed", "disputed", "cancelled"];

export const resume: Handler<typeof spec.resume> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags, ui, io, globals } = context;
    const [orderId] = args;
    const run = await runOf(context, flags["pairing-token-file"], signal);
    const means = await meansOf(io, ui, run.settings, flags);
    const input = flags.input === undefined ? undefined : await readObject(io, "--input", flags.input);
    return guarded(run, orderId, howOf(flags), async () => {
      const { item: order } = await getMarketOrder(run.client, orderId, { signal });
      ui.line(orderBlock(order));
      if (ENDED.includes(order.status as string))
        return placed(
          order,
          null,
          await known(run, orderId),
          `Order ${order.status}: nothing is left to do.`,
          "",
        );
      if (order.status === "delivered" || order.status === "handoff") {
        // The answer of the execution, where it was made from here; otherwise the order says enough.
        const answer = await executeOrder(run, orderId, order.retryCount).catch(() => null);
        const payment = await known(run, orderId);
        return answer === null
          ? placed(order, null, payment, `Order ${order.status}.`, afterDelivery(run, orderId))
          : executed(run, answer, payment);
      }
      if (order.status === "failed")
        throw networkError({
          code: "ORDER_FAILED",
          message: `Order ${orderId} failed: ${clean(order.errorMessage ?? "the provider gave no reason")}`,
          value: "failed",
          rule: "a failed order has to be made ready again first",
          next: `peaqos scale order retry ${orderId} --pairing-token-file ${run.tokenFile}`,
        });
      const unpaid = !isFree(order) && ["created", "payment_pending"].includes(order.status as string);
      if (unpaid && means.kind === "ask") demandMeans(context, means, true, "", flags.yes || globals.json);
      const payment = unpaid
        ? await payOrder(run, orderId, means, flags, { first: 1, of: 4 })
        : await known(run, orderId);
      const steps = unpaid ? 4 : 1;
      ui.step(steps, steps, "Executing order");
      return executed(run, await executeOrder(run, orderId, order.retryCount, input), payment);
    });
  });
