/**
 * Random machine histories with what the rating model makes of them, one JSON object a line, for comparing implementations:
 *
 *     node --conditions=@peaqos/source vectors/score-random.ts --seed 1 --count 10000
 *
 * { "did", "as_of", "basis", "inputs": { machine, items }, "explain": { ... }, "revenue_trend" }. `inputs` has the shape of
 * `GET /mcr/{did}/inputs`, `explain` that of `GET /mcr/{did}/explain` as far as it follows from the score. Integers may exceed
 * 2^53. Times may lie on both sides of `as_of`. The same seed and count give the same lines.
 */
import { parseArgs } from "node:util";
import { stringifyJson } from "@peaqos/protocol";
import { explain, fromInputs, MCR_1, standingAt } from "@peaqos/rating/score";
import fc from "fast-check";
import { histories, type RandomHistory } from "../services/rating/src/score/random-history.ts";
import type { ScoreEvent } from "../services/rating/src/score/types.ts";

const HASH = `0x${"00".repeat(32)}`;

/** Dollars of one kind of event, told apart by what published inputs can say about them. */
function dollars(event: ScoreEvent, index: number) {
  const cents = event.usdScoringCents;
  if (cents === null) return { value: 1, currency: "", usd: null, usd_source: null, scoring_usd: null };
  const amount = BigInt(cents);
  if (index % 11 === 3) {
    const source = index % 2 === 0 ? null : "default_usd_fx_outage";
    return {
      value: amount,
      currency: source === null ? "DOGE" : "BHD",
      usd: null,
      usd_source: source,
      scoring_usd: 0,
    };
  }
  if (index % 7 === 2) {
    return {
      value: amount,
      currency: "HRK",
      usd: amount,
      usd_source: "stale_latest",
      scoring_usd: (amount * 80n) / 100n,
    };
  }
  return { value: amount, currency: "USD", usd: amount, usd_source: "identity", scoring_usd: amount };
}

function line(history: RandomHistory, number: number) {
  const { asOf, basis, standing } = history;
  const inputs = {
    machine: {
      machine_id: number,
      bonded_at: standing.bondedAt,
      flags: standing.flags.map(({ at, clearedAt }) => ({ at, cleared_at: clearedAt })),
      overrides: standing.overrides.map(({ at, value, clearedAt }) => ({ at, value, cleared_at: clearedAt })),
    },
    items: history.events.map((event, index) => ({
      index,
      block_number: 1 + index,
      recorded_at: event.recordedAt,
      tx_hash: HASH,
      event_type: event.eventType,
      timestamp: event.timestamp,
      ...dollars(event, index),
      trust_claimed: event.cls,
      trust_effective: event.cls,
      trust_reason: null,
      paid: event.paid,
      source_chain_id: 0,
      source_tx_hash: HASH,
      data_hash: HASH,
    })),
  };
  const { events, standing: dated } = fromInputs(inputs);
  const { result, explanation } = explain({ asOf, basis, events, ...standingAt(dated, asOf) }, MCR_1);
  return {
    did: `did:peaq:0x${number.toString(16).padStart(40, "0")}`,
    as_of: asOf,
    basis,
    inputs,
    explain: {
      model: result.model,
      as_of: asOf,
      basis,
      mcr: result.mcr,
      mcr_score: result.mcrScore,
      raw_score: result.rawScore,
      status: result.status,
      ...explanation,
    },
    revenue_trend: result.trend,
  };
}

/** Whole numbers only, so that a typing mistake is no other sample. */
function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`--${name} must be a whole number, got "${text}"`);
  return value;
}

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, count: { type: "string", default: "100" } },
});
const samples = fc.sample(histories, {
  seed: whole("seed", values.seed),
  numRuns: whole("count", values.count),
});
let text = "";
for (const [i, history] of samples.entries()) {
  text += `${stringifyJson(line(history, i + 1))}\n`;
  if (text.length > 1_000_000 || i === samples.length - 1) {
    process.stdout.write(text);
    text = "";
  }
}
