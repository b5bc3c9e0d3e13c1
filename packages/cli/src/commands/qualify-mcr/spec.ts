import { defineSpec } from "../../engine/types.ts";
import * as values from "../../engine/values.ts";

export const spec = defineSpec({
  path: ["qualify", "mcr"],
  summary: "Show a machine's credit rating, and why it is what it is",
  alsoSought: ["rating", "score", "rate", "credit"],
  description: "Asks the rating service; needs neither key nor chain, only PEAQOS_MCR_API_URL.",
  args: [{ name: "DID", summary: "the machine", value: values.did }],
  options: {
    explain: {
      summary:
        "Every point of the rating: gates, factors as bars, adjustments, evidence, what would improve it",
      alsoSought: ["why", "explanation", "details"],
    },
    history: { summary: "The rating over time", alsoSought: ["trend", "timeline"] },
    "as-of": {
      summary: "With --explain: the rating as of this time; with --history: its end",
      value: values.timestamp,
      alsoSought: ["at", "asof", "date", "to"],
    },
    from: {
      summary: "With --history: its beginning",
      value: values.timestamp,
      alsoSought: ["since", "start"],
    },
    step: {
      summary: "With --history: seconds between two points, at least a day",
      value: values.smallInteger("SECONDS", 86_400, 1_000_000_000),
      alsoSought: ["interval"],
    },
    basis: {
      summary: "For the past: what was on the chain by then (known), or what is dated by then (dated)",
      value: values.choice(["known", "dated"]),
    },
  },
  examples: [
    {
      command: "peaqos qualify mcr did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5",
      does: "Rating, score and counts",
    },
    {
      command: "peaqos qualify mcr did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5 --explain",
      does: "Where each point comes from and what would add more",
    },
    {
      command:
        "peaqos qualify mcr did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5 --history --step 604800",
      does: "Week by week",
    },
    {
      command: "peaqos qualify mcr did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5 --json | jq -r .mcr",
      does: "Only the letter",
    },
  ],
  output: [
    { name: "did", type: "string", meaning: "as asked" },
    { name: "machine_id", type: "integer", meaning: "the machine" },
    { name: "mcr_score", type: "integer", meaning: "0 to 100; 0 for Provisioned and NR" },
    { name: "mcr", type: "string", meaning: "AAA, AA, A, BBB, BB, B, NR, Provisioned" },
    {
      name: "mcr_degraded",
      type: "boolean",
      meaning: "a scored event used a stale or missing exchange rate",
    },
    { name: "bond_status", type: "string", meaning: "bonded or unbonded" },
    { name: "negative_flag", type: "boolean", meaning: "flagged by an administrator" },
    { name: "event_count", type: "integer", meaning: "all events" },
    { name: "revenue_event_count", type: "integer", meaning: "of them revenue" },
    { name: "activity_event_count", type: "integer", meaning: "of them activity" },
    { name: "revenue_trend", type: "string", meaning: "up, stable, down, insufficient" },
    { name: "total_revenue", type: "integer", meaning: "US cents" },
    { name: "average_revenue_per_event", type: "integer", meaning: "US cents" },
    { name: "last_updated", type: "integer or null", meaning: "time of the newest event" },
  ],
  outputNote:
    "With --explain the rating service's explanation is added under `explain`, with --history its history under `history`, both with the service's own keys.",
});
