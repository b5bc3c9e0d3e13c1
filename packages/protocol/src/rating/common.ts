import { z } from "zod";

/** Words and pieces that several answers of the rating API share. Published names, to the letter. */

export const ratings = ["AAA", "AA", "A", "BBB", "BB", "B", "NR", "Provisioned"] as const;
export const ratingSchema = z.enum(ratings);

/** Score points a machine needs for each letter; below the last one it is `NR`. */
export const ratingThresholds = { AAA: 95, AA: 85, A: 75, BBB: 60, BB: 45, B: 30 } as const;

export const bondStatusSchema = z.enum(["bonded", "unbonded"]);
export const revenueTrendSchema = z.enum(["up", "stable", "down", "insufficient"]);
export const visibilitySchema = z.enum(["public", "private", "onchain"]);
export const amountStatusSchema = z.enum(["ok", "unsupported_currency", "fx_unavailable"]);
export const eventTypeSchema = z.union([z.literal(0), z.literal(1)]).describe("0 revenue, 1 activity");
export const trustLevelSchema = z
  .union([z.literal(0), z.literal(1), z.literal(2)])
  .describe("0 self-reported, 1 on-chain verifiable, 2 hardware-signed");
export const scoreSchema = z.int().min(0).max(100);

/** 32 bytes as `0x` and 64 lower-case hexadecimal digits. */
export const hash32Schema = z.string().regex(/^0x[0-9a-f]{64}$/);
export const countSchema = z.int().min(0);

/** What happens to a claimed trust level: `verified` asks for evidence, `claimed` takes claims at their word. */
export const trustPolicySchema = z.enum(["verified", "claimed"]);

/** Which events an answer about the past counts: recorded by then, or dated by then. */
export const basisSchema = z.enum(["known", "dated"]);
