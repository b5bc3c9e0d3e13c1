/** The model gives 200 fixed histories the scores they were frozen with. */
import { readFileSync } from "node:fs";
import { parseJson } from "@peaqos/protocol";
import { describe, expect, it } from "vitest";
import { fromInputs, type PublishedMachine } from "./inputs.ts";
import { MCR_1 } from "./parameters.ts";
import { score } from "./score.ts";
import { standingAt } from "./standing.ts";
import type { Basis, Cents } from "./types.ts";

type Vector = {
  name: string;
  as_of: number;
  basis: Basis;
  machine: PublishedMachine;
  events: [number, number, number, Cents | null, number, boolean][];
  expected: object;
};

const file = readFileSync(new URL("vectors.json", import.meta.url), "utf8");
const { vectors, model } = parseJson(file) as unknown as { vectors: Vector[]; model: string };

describe("fixed vectors", () => {
  it("are 200 of this model's version", () => expect([vectors.length, model]).toEqual([200, MCR_1.model]));

  it.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const { events, standing } = fromInputs({
      machine: vector.machine,
      items: vector.events.map(
        ([event_type, timestamp, recorded_at, scoring_usd, trust_effective, paid], index) => ({
          index,
          event_type,
          timestamp,
          recorded_at,
          scoring_usd,
          trust_effective,
          paid,
        }),
      ),
    });
    const { as_of: asOf, basis } = vector;
    const result = score({ asOf, basis, events, ...standingAt(standing, asOf) }, MCR_1);
    expect({
      mcr: result.mcr,
      mcr_score: result.mcrScore,
      raw_score: result.rawScore,
      status: result.status,
      revenue_trend: result.trend,
      factors: result.points,
      negative_flag: result.flagPoints,
    }).toEqual(vector.expected);
  });
});
