import { pricePointsOf, type Wish } from "./budget.ts";
import {
  type Component,
  fixedComponents,
  hasOf,
  healthComponent,
  maxScore,
  points,
  standingOf,
  sumOf,
} from "./points.ts";
import type { ServiceIndex } from "./service-index.ts";
import type { RankContext, RankedQuote, Task } from "./types.ts";
import { areaOf, wordOf } from "./words.ts";

/** A found service as a quote: the components of its score, named. */

export function quoteOf(
  index: ServiceIndex,
  ordinal: number,
  task: Task,
  wish: Wish | null,
  context: RankContext,
): RankedQuote {
  const service = index.services[ordinal]!;
  const setup = index.setups[index.setupOf[ordinal]!]!;
  const standing = standingOf(setup, hasOf(setup, context));
  const wanted = task.operation === null ? null : wordOf(task.operation);
  const operation =
    (wanted === null ? undefined : service.operations.find((each) => wordOf(each) === wanted)) ??
    service.operations[0] ??
    "";
  const components = [
    ...fixedComponents(service),
    ...healthComponent(index.healths[ordinal]!),
    ...(wanted === null ? [] : [{ points: points.operation, text: `offers ${operation}` }]),
    ...capabilityComponents(task),
    ...standing.components,
    ...regionComponents(service.region, task),
    ...priceComponents(index, ordinal, task, wish),
  ];
  const sum = sumOf(components);
  const score = Math.max(0, Math.min(sum, maxScore));
  return {
    service,
    operation,
    score: score / 100,
    reasons: [...components.map(sentence), ...(sum > maxScore ? ["no score is above 100"] : [])],
    integrationStatus: standing.status,
  };
}

const sentence = ({ points: given, text }: Component) => `${text}: ${given < 0 ? "" : "+"}${given / 100}`;

function capabilityComponents({ requiredCapabilities }: Task): Component[] {
  if (requiredCapabilities.length === 0) return [];
  return [{ points: points.capabilities, text: `has ${requiredCapabilities.join(", ")}` }];
}

function regionComponents(offered: string, { region }: Task): Component[] {
  if (region === null) return [];
  if (wordOf(offered) === wordOf(region)) return [{ points: points.region, text: `in ${offered}` }];
  const near = areaOf(wordOf(offered)) === areaOf(wordOf(region));
  return near ? [{ points: points.area, text: `in ${offered}, on the same continent as ${region}` }] : [];
}

function priceComponents(index: ServiceIndex, ordinal: number, task: Task, wish: Wish | null): Component[] {
  const price = index.prices[ordinal] ?? null;
  if (price === null) return [{ points: 0, text: "the provider sets the price" }];
  if (wish === null) return [];
  const given = pricePointsOf(index, ordinal, wish);
  const wished = `${task.budget?.amount} ${task.budget?.currency ?? "USD"}`;
  const shown = price.unit === null ? "free" : `${price.amount} ${price.unit}`;
  return given > 0
    ? [{ points: given, text: `${shown} is within the ${wished} wished for` }]
    : [{ points: 0, text: `${shown} is not within the ${wished} wished for` }];
}
