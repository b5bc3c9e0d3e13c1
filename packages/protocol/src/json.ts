/**
 * JSON that carries integers of any size.
 *
 * Chain values reach 2^256 - 1 and the published shapes write them as plain JSON integers, which `JSON.parse`
 * would round. `parseJson` reads the digits themselves where a number does not fit; `stringifyJson` writes a
 * bigint as a raw integer. Both keep ordinary JSON exactly as the built-in functions do.
 */

/** Any value `parseJson` can return. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | JsonValue[]
  | { [key: string]: JsonValue };

/** The two ES2025 additions to `JSON` that Node 22 and current browsers have and the TypeScript library lacks. */
type ModernJson = {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
};

const json = JSON as unknown as ModernJson;

/** Sixteen digits in a row: the shortest text that can hold an integer beyond 2^53. */
const longDigits = /\d{16}/;

/** False: `JSON.parse` reads this text without losing a digit of any integer, so what it read can be used. */
export function mayHoldLongInteger(text: string): boolean {
  return longDigits.test(text);
}

const integerText = /^-?\d+$/;

function reviveInteger(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context.source;
  return source !== undefined && integerText.test(source) ? BigInt(source) : value;
}

/**
 * Parses JSON; an integer beyond `Number.MAX_SAFE_INTEGER` comes back as a bigint, everything else as usual.
 *
 * @throws SyntaxError when the text is not JSON.
 * @example
 * parseJson('{"value": 115792089237316195423570985008687907853269984665640564039457584007913129639935}');
 * // { value: 115792089237316195423570985008687907853269984665640564039457584007913129639935n }
 */
export function parseJson(text: string): JsonValue {
  // The reviver costs several times a plain parse, so it only runs where a long number can be.
  return (mayHoldLongInteger(text) ? json.parse(text, reviveInteger) : JSON.parse(text)) as JsonValue;
}

function writeInteger(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? json.rawJSON(value.toString()) : value;
}

/**
 * Writes JSON; a bigint becomes a raw integer.
 *
 * @param indent spaces per level, none by default.
 * @example
 * stringifyJson({ value: 2n ** 70n }); // '{"value":1180591620717411303424}'
 */
export function stringifyJson(value: unknown, indent?: number): string {
  try {
    // Several times faster than with a replacer; refuses the first bigint it meets.
    return JSON.stringify(value, undefined, indent);
  } catch {
    return JSON.stringify(value, writeInteger, indent);
  }
}
