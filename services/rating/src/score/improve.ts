/**
 * What would raise a rating. Each proposal is an action with a size; it is applied to the machine's history and the result is
 * scored by the same function, so that what it promises is what recomputing gives. An action over several days also moves
 * `asOf` forward by them: what ages meanwhile is counted too.
 */
import { buildDays, mergeRow, mergeTotals } from "./days.ts";
import { isTaken, SECONDS_PER_DAY } from "./figures.ts";
import type { ScoreParameters } from "./parameters.ts";
import { dollars } from "./reasons.ts";
import { flagEnd, score } from "./score.ts";
import type {
  DayHistory,
  DayRow,
  Improvement,
  Rating,
  ScoreEvent,
  ScoreInput,
  ScoreResult,
  Standing,
} from "./types.ts";

/** What an improvement does to the inputs: new events, a new standing, and the time at which the result is read. */
export type Action = {
  readonly asOf: number;
  readonly standing: Standing;
  readonly events: readonly ScoreEvent[];
};

type Proposal = {
  readonly improvement: Improvement;
  readonly action: Action;
  /** Whether it leads to a better letter, or to where one can be had. */
  readonly climbs: boolean;
  readonly effort: number;
};

type Kind = {
  readonly id: string;
  /** Sizes to try, smallest first; empty for an amount of money, which is found by halving. */
  readonly sizes: readonly number[];
  apply(size: number): Action;
  describe(size: number): string;
  /** Only for the order of proposals: roughly days of attention. */
  effort(size: number): number;
};

const RANK: Readonly<Record<Rating, number>> = {
  NR: 0,
  Provisioned: 1,
  B: 2,
  BB: 3,
  BBB: 4,
  A: 5,
  AA: 6,
  AAA: 7,
};

const SHORT: readonly number[] = [...Array.from({ length: 45 }, (_, i) => i + 1), 60];
/** Only a witnessed history needs as long as this. */
const LONG: readonly number[] = [...SHORT, 90, 120, 180, 270, 365];
const MOST_CENTS = 3_000_000;
const MOST_PROPOSALS = 3;

function activity(at: number, cls: 0 | 1 | 2): ScoreEvent {
  return {
    index: -1,
    eventType: 1,
    timestamp: at,
    recordedAt: at,
    usdScoringCents: null,
    cls,
    paid: cls === 1,
  };
}

function daily(asOf: number, days: number, cls: 0 | 1 | 2): ScoreEvent[] {
  return Array.from({ length: days }, (_, i) => activity(asOf + (i + 1) * SECONDS_PER_DAY, cls));
}

/** The history an answer at `asOf` is made of, as day rows. */
function toDays(input: ScoreInput): DayHistory {
  if ("days" in input) return { days: input.days, totals: input.totals };
  return buildDays(input.events.filter((event) => isTaken(event, input.asOf, input.basis)));
}

/** Day rows with the events of an action added. */
function withEvents(history: DayHistory, events: readonly ScoreEvent[]): DayHistory {
  if (events.length === 0) return history;
  const added = buildDays(events);
  const rows = new Map<number, DayRow>();
  for (const row of history.days) rows.set(row.day, row);
  for (const row of added.days) rows.set(row.day, mergeRow(rows.get(row.day), row));
  return { days: [...rows.values()], totals: mergeTotals(history.totals, added.totals) };
}

function kindsFor(input: ScoreInput, result: ScoreResult, parameters: ScoreParameters): Kind[] {
  const { asOf } = input;
  const { standing } = result;
  const kinds: Kind[] = [];
  const once = (id: string, action: string, effort: number, changed: Partial<Standing>): void => {
    kinds.push({
      id,
      sizes: [1],
      apply: () => ({ asOf, standing: { ...standing, ...changed }, events: [] }),
      describe: () => action,
      effort: () => effort,
    });
  };
  const overDays = (id: string, cls: 0 | 1 | 2, setUp: number, what: string): void => {
    kinds.push({
      id,
      sizes: cls === 0 ? LONG : SHORT,
      apply: (days) => ({ asOf: asOf + days * SECONDS_PER_DAY, standing, events: daily(asOf, days, cls) }),
      describe: (days) => (days === 1 ? `${what} tomorrow` : `${what} on each of the next ${days} days`),
      effort: (days) => days + setUp,
    });
  };
  if (!standing.bonded) {
    // Nothing else shows before the bond is there.
    once("bond", "Bond the machine", 0, { bonded: true });
    return kinds;
  }
  overDays("record_daily", 0, 0, "Record an activity event");
  overDays("show_payments", 1, 2, "Record an activity event backed by a payment from a customer");
  overDays("sign_with_hardware", 2, 10, "Record an activity event signed by attested hardware");
  kinds.push({
    id: "earn",
    sizes: [],
    apply: (cents) => ({
      asOf,
      standing,
      events: [{ ...activity(asOf, 1), eventType: 0, usdScoringCents: cents }],
    }),
    describe: (cents) =>
      `Take ${dollars(BigInt(cents))} more in payments on a chain and record them as revenue`,
    effort: (cents) => 2 + Math.floor(cents / 1_000),
  });
  if (standing.flaggedAt !== null && asOf < flagEnd(standing.flaggedAt, parameters)) {
    once("clear_flag", "Settle what the negative flag is about and have it cleared", 20, { flaggedAt: null });
  }
  if (standing.override !== null && standing.override < result.figures.trustBeforeOverride) {
    once("clear_override", "Have the trust override removed", 20, { override: null });
  }
  return kinds;
}

/** The smallest size that reaches a better letter, else the smallest with the largest gain; `null` when nothing is gained. */
function bestOf(kind: Kind, now: ScoreResult, rate: (action: Action) => ScoreResult): Proposal | null {
  const propose = (size: number): Proposal => {
    const action = kind.apply(size);
    const then = rate(action);
    const points_gain = then.rawScore - now.rawScore;
    return {
      action,
      improvement: { id: kind.id, action: kind.describe(size), points_gain, reaches: then.mcr },
      // Without its bond a machine gets no letter at all, so the bond is always named.
      climbs: kind.id === "bond" || RANK[then.mcr] > RANK[now.mcr],
      effort: kind.effort(size),
    };
  };
  const better = (a: Proposal | null, b: Proposal): Proposal =>
    a !== null && a.improvement.points_gain >= b.improvement.points_gain ? a : b;
  if (kind.sizes.length > 0) {
    let best: Proposal | null = null;
    for (const size of kind.sizes) {
      const proposal = propose(size);
      if (proposal.climbs) return proposal;
      best = better(best, proposal);
    }
    return best !== null && best.improvement.points_gain > 0 ? best : null;
  }
  // Money earned today never lowers a score, so the least amount with a given result is found by halving.
  const least = (reached: (proposal: Proposal) => boolean): Proposal | null => {
    let [low, high] = [1, MOST_CENTS];
    if (!reached(propose(high))) return null;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (reached(propose(middle))) high = middle;
      else low = middle + 1;
    }
    return propose(low);
  };
  return least((proposal) => proposal.climbs) ?? least((proposal) => proposal.improvement.points_gain > 0);
}

/** Like `improvementsOf`, with the action behind each one. */
export function proposalsFor(input: ScoreInput, now: ScoreResult, parameters: ScoreParameters): Proposal[] {
  const history = toDays(input);
  const rate = (action: Action): ScoreResult =>
    score({ asOf: action.asOf, ...action.standing, ...withEvents(history, action.events) }, parameters);
  return kindsFor(input, now, parameters)
    .map((kind) => bestOf(kind, now, rate))
    .filter((proposal) => proposal !== null)
    .sort((a, b) => Number(b.climbs) - Number(a.climbs) || a.effort - b.effort)
    .slice(0, MOST_PROPOSALS);
}

/**
 * At most three ways to a better rating: those that reach a better letter first, each group by the smallest effort.
 * "All else equal": nothing else happens meanwhile.
 */
export function improvementsOf(
  input: ScoreInput,
  now: ScoreResult,
  parameters: ScoreParameters,
): Improvement[] {
  return proposalsFor(input, now, parameters).map((proposal) => proposal.improvement);
}
