import type {
  ExecuteMarketOrderResponse,
  MarketOrder,
  MarketPayment,
} from "@peaqos/peaq-os-sdk/orchestration";
import { usageError } from "../../engine/errors.ts";
import { block, clean } from "../../engine/output.ts";
import type { Handler, HandlerContext, Result } from "../../engine/types.ts";
import { marketContext } from "../../scale/client.ts";
import { readToken } from "../../scale/files.ts";
import { type Agreed, payOrder, RECORD_RAILS } from "../../scale/order-pay.ts";
import {
  executeOrder,
  guarded,
  interruptible,
  isFree,
  type OrderRun,
  resumeCommand,
} from "../../scale/order-run.ts";
import { type Means, meansOf, type PayFlags } from "../../scale/pay.ts";
import { demandAllowed, inputRule, orderBody, placeOrder, priceOf, withInput } from "../../scale/place.ts";
import { orderJson, paymentJson, snake } from "../../scale/shapes.ts";
import { money, resultText, rows } from "../../scale/text.ts";
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
    const check = await priceOf(run, flags["place-only"] ? body : withInput(body));
    demandAllowed(check);
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
    const rail = check.rail as string;
    const transfer =
      TRANSFERS.includes(rail) ||
      (RECORD_RAILS.includes(rail) && (means.kind === "hash" || flags["place-only"]));
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
export function demandMeans(
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
      rule: `it pays by ${TRANSFERS.join(" and ")}, and records what was paid by ${RECORD_RAILS.join(" or ")}`,
      next: RECORD_RAILS.includes(rail)
        ? "pay it, then name the transaction: --payment-tx-hash 0x... --payment-chain CHAIN --payment-token TOKEN; or --place-only"
        : "choose another service, or order with --place-only and pay by other means",
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
export function howOf(flags: PayFlags): string {
  const rpc = flags["payment-rpc-url"] === undefined ? "" : ` --payment-rpc-url ${flags["payment-rpc-url"]}`;
  if (flags.pay) return ` --pay${rpc}`;
  if (flags["payment-key-file"] !== undefined)
    return ` --payment-key-file ${flags["payment-key-file"]}${rpc}`;
  if (flags["payment-tx-hash"] === undefined) return "";
  return ` --payment-tx-hash ${flags["payment-tx-hash"]} --payment-chain ${flags["payment-chain"]} --payment-token ${flags["payment-token"]}`;
}

type Execution = ExecuteMarketOrderResponse["execution"];

/** An order with its result, for programs and people. */
export function placed(
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
              ? order.payment.required
                ? "open"
                : "not required"
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

export const afterDelivery = ({ tokenFile }: OrderRun, orderId: string) =>
  `Next: peaqos scale order received ${orderId} --pairing-token-file ${tokenFile}\n  or: peaqos scale order dispute ${orderId} --reason "..." --pairing-token-file ${tokenFile}`;

export const check: Handler<typeof spec.check> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags } = context;
    const run = await runOf(context, flags["pairing-token-file"], signal);
    const body = await orderBody(context, args[0], flags);
    const answer = await priceOf(run, body);
    const example = inputRule(answer)?.example ?? null;
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
              example !== null && ["Input, such as", example],
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
