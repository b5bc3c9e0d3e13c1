import { networkError } from "../../engine/errors.ts";
import { clean } from "../../engine/output.ts";
import type { Handler } from "../../engine/types.ts";
import { readObject } from "../../scale/files.ts";
import { payOrder } from "../../scale/order-pay.ts";
import {
  executeOrder,
  guarded,
  interruptible,
  isFree,
  type OrderRun,
  paymentOf,
  readOrder,
  resumeCommand,
} from "../../scale/order-run.ts";
import { meansOf } from "../../scale/pay.ts";
import { demandInputOf } from "../../scale/place.ts";
import { orderJson, paymentJson } from "../../scale/shapes.ts";
import { orderBlock, paymentBlock } from "../../scale/text.ts";
import type * as spec from "./order.spec.ts";
import { afterDelivery, demandMeans, executed, howOf, placed, runOf } from "./order.ts";

/** Going on with an order: pay, execute, resume. */

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
    const order = await readOrder(run, orderId).catch(() => null);
    return {
      json: { order: order === null ? null : orderJson(order), payment: paymentJson(payment) },
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
      const order = await readOrder(run, orderId);
      return executeOrder(run, orderId, order?.retryCount, input);
    });
    const { json, ...result } = executed(run, answer, await known(run, orderId));
    const { order, execution } = json as Record<string, unknown>;
    return { ...result, json: { order, execution } };
  });

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
      const order = await readOrder(run, orderId);
      if (order === null) {
        const payment = await payOrder(run, orderId, means, flags, { first: 1, of: 4 });
        ui.step(4, 4, "Executing order");
        return executed(run, await executeOrder(run, orderId, undefined, input), payment);
      }
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
      if (unpaid) await demandInputOf(run, order, input);
      const payment = unpaid
        ? await payOrder(run, orderId, means, flags, { first: 1, of: 4 })
        : await known(run, orderId);
      const steps = unpaid ? 4 : 1;
      ui.step(steps, steps, "Executing order");
      return executed(run, await executeOrder(run, orderId, order.retryCount, input), payment);
    });
  });
