/** When the seeds' blocks are. Everything counts in days before the day of the first start. */

const DAY = 86_400;

/** Second of its day at which a seed block is mined: 20:00 UTC. */
const HOUR = 20 * 3_600;

/** Day before which no seed block lies: the machines are registered on it. */
export const SETUP_DAYS_AGO = 392;

/**
 * Report days, each with one block. The gaps (day 0, 25 to 31, 55 to 61, 84 to 94) keep every event in the same
 * window of the rating model for `STEADY_DAYS` days after the first start.
 */
export const EARLY = [390, 362, 335, 305, 275, 245, 215, 185, 155, 125, 95] as const;
export const THIRD = every(3, 83, 62);
export const SECOND = every(2, 54, 32);
export const LAST = every(1, 24, 1);

/** How many days after the first start the ratings stay as planned when nothing else happens. */
export const STEADY_DAYS = 5;

function every(step: number, from: number, to: number): readonly number[] {
  return Array.from({ length: Math.floor((from - to) / step) + 1 }, (_, index) => from - index * step);
}

/** Unix seconds of the seed block so many days before the day of `now`. */
export function blockTime(now: number, daysAgo: number): number {
  return (Math.floor(now / DAY) - daysAgo) * DAY + HOUR;
}
