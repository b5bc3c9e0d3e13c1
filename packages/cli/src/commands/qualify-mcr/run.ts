import {
  type ClientContext,
  type MCRResponse,
  queryMcr,
  queryMcrExplain,
  queryMcrHistory,
} from "@peaqos/peaq-os-sdk";
import { ratingContext } from "../../client.ts";
import { usageError } from "../../engine/errors.ts";
import { block, clean, dollars, isoSeconds, type Row } from "../../engine/output.ts";
import type { Handler, HandlerContext } from "../../engine/types.ts";
import { explainText } from "../../rating/explain.ts";
import { historyText } from "../../rating/history.ts";
import { snakeKeys } from "../../rating/snake.ts";
import type { spec } from "./spec.ts";

type Context = HandlerContext<typeof spec>;

export const run: Handler<typeof spec> = async (context) => {
  const { flags, args } = context;
  checkFlags(flags);
  const [did] = args;
  const client = ratingContext(await context.settings());
  const rating = await queryMcr(client, did);
  const explain = flags.explain ? await queryMcrExplain(client, did, moment(flags)) : undefined;
  const history = flags.history ? await readHistory(client, did, flags) : undefined;
  return {
    json: {
      ...mcrJson(rating),
      ...(explain ? { explain: snakeKeys(explain) } : {}),
      ...(history ? { history: snakeKeys(history) } : {}),
    },
    text: (style) =>
      [
        ratingText(rating),
        ...(explain ? ["", figures(rating), "", explainText(explain, style)] : []),
        ...(history ? ["", historyText(history, style)] : []),
      ].join("\n"),
  };
};

function checkFlags(flags: Context["flags"]): void {
  const needs: [boolean, string, string][] = [
    [flags["as-of"] !== undefined && !flags.explain && !flags.history, "--as-of", "--explain or --history"],
    [flags.basis !== undefined && !flags.explain && !flags.history, "--basis", "--explain or --history"],
    [flags.from !== undefined && !flags.history, "--from", "--history"],
    [flags.step !== undefined && !flags.history, "--step", "--history"],
  ];
  for (const [alone, flag, partner] of needs) {
    if (!alone) continue;
    throw usageError({
      message: `${flag} means something only with ${partner}`,
      value: flag,
      rule: `${flag} goes with ${partner}`,
      next: `add ${partner.split(" ")[0]}, or leave ${flag} out`,
    });
  }
}

const moment = ({ "as-of": asOf, basis }: Context["flags"]) => ({
  ...(asOf === undefined ? {} : { asOf: Number(asOf) }),
  ...(basis === undefined ? {} : { basis }),
});

function readHistory(client: ClientContext, did: string, flags: Context["flags"]) {
  const { from, step, basis, "as-of": to } = flags;
  return queryMcrHistory(client, did, {
    ...(from === undefined ? {} : { from: Number(from) }),
    ...(to === undefined ? {} : { to: Number(to) }),
    ...(step === undefined ? {} : { step }),
    ...(basis === undefined ? {} : { basis }),
  });
}

/** The published keys in the published order. */
function mcrJson(rating: MCRResponse) {
  return {
    did: rating.did,
    machine_id: rating.machineId,
    mcr_score: rating.mcrScore,
    mcr: rating.mcr,
    mcr_degraded: rating.mcrDegraded,
    bond_status: rating.bondStatus,
    negative_flag: rating.negativeFlag,
    event_count: rating.eventCount,
    revenue_event_count: rating.revenueEventCount,
    activity_event_count: rating.activityEventCount,
    revenue_trend: rating.revenueTrend,
    total_revenue: rating.totalRevenue,
    average_revenue_per_event: rating.averageRevenuePerEvent,
    last_updated: rating.lastUpdated,
    ...(rating.trustPolicy === undefined ? {} : { trust_policy: rating.trustPolicy }),
  };
}

/** What the published text leaves out. */
function figures(rating: MCRResponse): string {
  const cents = (value: number | bigint) =>
    typeof value === "bigint" || Number.isInteger(value) ? dollars(value) : `${value} cents`;
  return block(
    [
      ["Machine ID", String(rating.machineId)],
      ["Revenue", `${cents(rating.totalRevenue)} in all, ${cents(rating.averageRevenuePerEvent)} per event`],
      ["Negative Flag", rating.negativeFlag ? "yes" : "no"],
    ],
    2,
    19,
  );
}

/** The published text: one value column for both depths. */
export function ratingText(rating: MCRResponse): string {
  const column = 19;
  const top: Row[] = [
    ["Rating", rating.mcr],
    ["Score", `${rating.mcrScore} / 100`],
    ["Bond Status", rating.bondStatus],
  ];
  const events: Row[] = [
    ["Total", String(rating.eventCount)],
    ["Revenue", String(rating.revenueEventCount)],
    ["Activity", String(rating.activityEventCount)],
  ];
  const rest: Row[] = [
    ["30-Day Revenue", rating.revenueTrend],
    ["Last Updated", isoSeconds(rating.lastUpdated)],
    ["FX Degraded", rating.mcrDegraded ? "yes" : "no"],
  ];
  return [
    `MCR for ${clean(rating.did)}`,
    "",
    block(top, 2, column),
    "",
    "  Events:",
    block(events, 4, column),
    "",
    block(rest, 2, column),
  ].join("\n");
}
