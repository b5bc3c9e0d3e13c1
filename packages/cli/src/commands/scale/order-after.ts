import {
  cancelMarketOrder,
  confirmMarketOrder,
  disputeMarketOrder,
  getMarketOrder,
  listMarketOrders,
  type MarketOrder,
  type MarketPayment,
  resolveMarketDispute,
  retryMarketOrder,
  waitForOrder,
} from "@peaqos/peaq-os-sdk/orchestration";
import { networkError } from "../../engine/errors.ts";
import { block, clean, table } from "../../engine/output.ts";
import type { Handler, HandlerContext } from "../../engine/types.ts";
import { marketContext } from "../../scale/client.ts";
import { readObject } from "../../scale/files.ts";
import { executeOrder, guarded, interruptible, paymentOf } from "../../scale/order-run.ts";
import { orderJson, paymentJson, snake } from "../../scale/shapes.ts";
import { money, orderBlock, paymentBlock, rows, time } from "../../scale/text.ts";
import type * as spec from "./order.spec.ts";
import { executed, runOf } from "./order.ts";

/** An order after it was placed: look, wait, confirm, dispute, cancel, retry. */

const TOKEN = "--pairing-token-file FILE";

/** What to do with an order as it stands. */
export function nextStep(order: MarketOrder, payment: MarketPayment | null): string {
  const command = (verb: string, more = "") =>
    `peaqos scale order ${verb} ${clean(order.id)} ${TOKEN}${more}`;
  switch (order.status as string) {
    case "created":
    case "payment_pending":
      return payment?.outcome === "unknown"
        ? `Next: the market asks the chain for the payment; peaqos scale order watch ${clean(order.id)}`
        : `Next: ${command("resume", " --pay")}`;
    case "ready":
      return `Next: ${command("resume")}`;
    case "executing":
      return `Next: peaqos scale order watch ${clean(order.id)}`;
    case "delivered":
    case "handoff":
      return `Next: ${command("received")}\n  or: ${command("dispute", ' --reason "..."')}`;
    case "failed":
      return `Next: ${command("retry")}\n  or: ${command("dispute", ' --reason "..."')}`;
    case "confirmed":
      return "Confirmed: nothing is left to do.";
    case "disputed":
      return "Disputed: the resolver decides, at the latest at the dispute's deadline.";
    default:
      return "Closed: nothing is left to do.";
  }
}

const both = (order: MarketOrder, payment: MarketPayment | null) => ({
  json: { order: orderJson(order), payment: paymentJson(payment) },
  text: [
    `Order ${clean(order.id)}`,
    orderBlock(order),
    "",
    payment === null ? "No payment." : `Payment\n${paymentBlock(payment)}`,
    "",
    nextStep(order, payment),
  ].join("\n"),
});

export const status: Handler<typeof spec.status> = async ({ args: [id], settings, ui }) => {
  const client = marketContext(await settings(), ui);
  const { item: order } = await getMarketOrder(client, id);
  return both(order, (await paymentOf(client, id)).item);
};

export const watch: Handler<typeof spec.watch> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags, settings, ui } = context;
    const [id] = args;
    const client = marketContext(await settings(), ui);
    const wanted = flags.until === undefined ? ENDS : [flags.until];
    let last: string | undefined;
    const order = await waitForOrder(client, id, {
      timeoutMs: flags.timeout * 1_000,
      signal,
      until: (each) => {
        if (each.status !== last) ui.line(`${time(each.updatedAt)}  ${clean(each.status)}`);
        last = each.status as string;
        return wanted.includes(last);
      },
    }).catch((error: { code?: string }) => {
      if (error.code !== "TIMEOUT") throw error;
      throw networkError({
        code: "TIMEOUT",
        message: `Order ${id} is still ${last ?? "not readable"} after ${flags.timeout} s`,
        value: last,
        rule: `waited for ${wanted.join(", ")}`,
        next: `peaqos scale order status ${id}   (what it waits for), or a longer --timeout`,
        details: { order_id: id, order_status: last ?? null },
        cause: error,
      });
    });
    return both(order, (await paymentOf(client, id)).item);
  });

const ENDS = ["delivered", "handoff", "confirmed", "disputed", "cancelled", "failed"];

export const list: Handler<typeof spec.list> = async ({ flags, settings, ui, globals }) => {
  const client = marketContext(await settings(), ui);
  const machineId = flags["machine-id"];
  const everything = globals.json && flags.limit === undefined;
  const items: MarketOrder[] = [];
  let next = flags.cursor;
  do {
    const page = await listMarketOrders(client, { machineId, limit: flags.limit, cursor: next });
    items.push(...page.items);
    next = page.nextCursor;
  } while (everything && next !== undefined);
  const shown = items.map(orderJson);
  return {
    json: everything ? shown : { items: shown, next_cursor: next ?? null },
    text: listText(items, next, flags),
  };
};

function listText(
  items: readonly MarketOrder[],
  next: string | undefined,
  flags: HandlerContext<typeof spec.list>["flags"],
): string {
  const limit = flags.limit === undefined ? "" : ` --limit ${flags.limit}`;
  const more =
    next === undefined
      ? ""
      : `\nNext page: peaqos scale order list --machine-id ${flags["machine-id"]}${limit} --cursor ${clean(next)}`;
  const count = `${items.length} order(s) shown.${more}`;
  if (items.length === 0) return count;
  const text = table(
    [
      { title: "ID" },
      { title: "Service" },
      { title: "Status" },
      { title: "Execution" },
      { title: "Budget", right: true },
      { title: "Created" },
    ],
    items.map((order) => [
      clean(order.id),
      clean(order.serviceId),
      clean(order.status),
      clean(order.executionMode),
      money(order.budget?.amount, order.budget?.currency),
      time(order.createdAt),
    ]),
  );
  return `${text}\n\n${count}`;
}

/** Asks before money moves; without a terminal the flag has to say yes. */
async function ask(
  { ui, globals }: Pick<HandlerContext, "ui" | "globals">,
  yes: boolean,
  question: string,
): Promise<void> {
  if (!yes && !globals.json) await ui.confirm(question, "--yes");
}

export const received: Handler<typeof spec.received> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags } = context;
    const [id] = args;
    const run = await runOf(context, flags["pairing-token-file"], signal);
    // As published, no question stops a script here; on a terminal there is one.
    if (context.ui.interactive)
      await ask(context, flags.yes, `Confirm delivery of ${id}? The payment is released to the seller.`);
    const { order, payment } = await confirmMarketOrder(run.client, id, run.token, { signal });
    return {
      json: { order: orderJson(order), payment: paymentJson(payment) },
      text: `Delivery confirmed.\n${block([
        ["Order ID", clean(order.id)],
        ["Status", clean(order.status)],
        ["Payment", payment === null ? "—" : clean(payment.status)],
      ])}`,
    };
  });

export const dispute: Handler<typeof spec.dispute> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags, io } = context;
    const [id] = args;
    const run = await runOf(context, flags["pairing-token-file"], signal);
    const reason = flags.reason.trim();
    const evidence =
      flags.evidence === undefined ? undefined : await readObject(io, "--evidence", flags.evidence);
    await ask(context, flags.yes, "Raise dispute? The payment is frozen until it is resolved.");
    const answer = await disputeMarketOrder(
      run.client,
      id,
      { reason, ...(evidence !== undefined && { evidence }) },
      run.token,
      { signal },
    );
    return {
      json: {
        order: orderJson(answer.order),
        payment: paymentJson(answer.payment),
        dispute: snake(answer.dispute),
      },
      text: `Dispute raised.\n${block(
        rows(
          ["Order ID", clean(answer.order.id)],
          ["Status", clean(answer.order.status)],
          ["Payment", answer.payment === null ? "—" : clean(answer.payment.status)],
          ["Reason", clean(answer.dispute.reason)],
          answer.dispute.resolveBy !== null && ["Resolved by", time(answer.dispute.resolveBy)],
        ),
      )}`,
    };
  });

export const resolve: Handler<typeof spec.resolve> = async (context) => {
  const { args, flags, settings, ui } = context;
  const [id] = args;
  const client = marketContext(await settings(), ui);
  await ask(context, flags.yes, `Resolve the dispute of ${id} with ${flags.resolution}? This is final.`);
  const transactionHash = flags["repayment-tx-hash"];
  const { order, payment, dispute } = await resolveMarketDispute(client, id, {
    resolution: flags.resolution,
    ...(flags.notes !== undefined && { notes: flags.notes }),
    ...(transactionHash !== undefined && { transactionHash }),
  });
  return {
    json: { order: orderJson(order), payment: paymentJson(payment), dispute: snake(dispute) },
    text: `Dispute resolved.\n${block(
      rows(
        ["Order ID", clean(order.id)],
        ["Resolution", clean(dispute.resolution ?? "—")],
        ["Payment", payment === null ? "—" : clean(payment.status)],
        payment?.refund != null && [
          "Repayment",
          payment.refund.transactionHash === null
            ? "owed by the seller"
            : clean(payment.refund.transactionHash),
        ],
      ),
    )}`,
  };
};

export const cancel: Handler<typeof spec.cancel> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags } = context;
    const [id] = args;
    const run = await runOf(context, flags["pairing-token-file"], signal);
    await ask(context, flags.yes, `Cancel order ${id}?`);
    const { reason } = flags;
    const { item } = await cancelMarketOrder(
      run.client,
      id,
      reason === undefined ? {} : { reason },
      run.token,
      {
        signal,
      },
    );
    return { json: { order: orderJson(item) }, text: `Order cancelled.\n${orderBlock(item)}` };
  });

export const retry: Handler<typeof spec.retry> = (context) =>
  interruptible(context, async (signal) => {
    const { args, flags, ui } = context;
    const [id] = args;
    const run = await runOf(context, flags["pairing-token-file"], signal);
    const { reason } = flags;
    ui.step(1, 2, "Making the order ready");
    const { item: order } = await retryMarketOrder(
      run.client,
      id,
      reason === undefined ? {} : { reason },
      run.token,
      { signal },
    );
    ui.step(2, 2, "Executing order");
    return guarded(run, id, "", async () => {
      const answer = await executeOrder(run, id, order.retryCount);
      const payment = await paymentOf(run.client, id).then(
        ({ item }) => item,
        () => null,
      );
      const { json, ...result } = executed(run, answer, payment);
      const shown = json as Record<string, unknown>;
      return { ...result, json: { order: shown.order, execution: shown.execution } };
    });
  });
