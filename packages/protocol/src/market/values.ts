import { z } from "zod";
import { queryInteger } from "../query.ts";

/** Pieces that several bodies, queries and answers of the market share. */

/** ISO 8601 in UTC. Clients never parse it. */
export const timeSchema = z.iso.datetime({ offset: true });

/** Ids and keys stand unencoded in paths, so they hold only characters that need no encoding there. */
export const idSchema = z
  .string()
  .regex(/^[A-Za-z0-9._~:@-]{1,200}$/, "must be 1 to 200 letters, digits or . _ ~ : @ -");

const nul = String.fromCharCode(0);
/** Half of a surrogate pair: it stands for no character, and no UTF-8 can hold it. */
const loneSurrogate = /\p{Surrogate}/u;

const hasNul = (value: string): boolean => value.includes(nul);
const isBroken = (value: string): boolean => loneSurrogate.test(value);
const nulMessage = "must not contain NUL characters";
const brokenMessage = "must be well-formed Unicode, without lone surrogates";

/** Text of at most `max` characters. What the database cannot keep is refused by name. */
export function text(max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => !hasNul(value), nulMessage)
    .refine((value) => !isBroken(value), brokenMessage);
}

/** Text that says something: not empty and not only white space. */
export function filled(max: number) {
  return text(max).refine((value) => value.trim() !== "", "must not be blank");
}

/** An optional field of a request. Null means absent: one published client sends it for every unset field. */
export function maybe<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** A request body that may be missing altogether; then it is `{}`. */
export function maybeBody<T extends z.ZodObject>(schema: T): z.ZodType<z.output<T>, z.input<T>> {
  return z.preprocess((value) => value ?? {}, schema) as unknown as z.ZodType<z.output<T>, z.input<T>>;
}

/** Deepest nesting of free-form JSON in a request. */
export const maxDepth = 32;

/** Free-form JSON object of a request; keys keep their spelling. */
export const jsonObject = z
  .record(z.string(), z.unknown())
  .refine((value) => depthOf(value) <= maxDepth, `must not be nested deeper than ${maxDepth} levels`)
  .refine((value) => !someText(value, hasNul), nulMessage)
  .refine((value) => !someText(value, isBroken), brokenMessage);

function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  for (let depth = 0; ; depth++) {
    level = level.filter((each) => typeof each === "object" && each !== null);
    if (level.length === 0 || depth > maxDepth) return depth;
    level = level.flatMap((each) => Object.values(each as object));
  }
}

/** Whether a key or a text at any depth is so. */
function someText(value: unknown, isSo: (text: string) => boolean): boolean {
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === "string" && isSo(next)) return true;
    if (typeof next === "object" && next !== null)
      for (const [key, inner] of Object.entries(next)) {
        if (isSo(key)) return true;
        if (inner !== undefined && inner !== null) open.push(inner);
      }
  }
  return false;
}

/** A list of short texts. */
export const textsSchema = z.array(filled(200)).max(500);

/** Money in a JSON number, as the published shapes write it: zero or more. Exact through `decimalOf`. */
export const amountNumberSchema = z.number().min(0).max(1e15);

/** A currency or token symbol; USD, USDC and USDT count as one unit where limits are compared. */
export const currencySchema = filled(20);

export const addressSchema = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "must be 0x and 40 hexadecimal digits");

export const pageQuery = {
  limit: queryInteger(1, 500).default(100),
  cursor: maybe(z.string().min(1).max(500)).describe("nextCursor of the page before"),
};

/** Link out of the market, where a person goes on. */
export const handoffSchema = z
  .object({ label: z.string(), url: z.string(), notes: z.array(z.string()) })
  .meta({ id: "Handoff" });
