/**
 * Exact decimals for money. Amounts cross the wire as JSON numbers or decimal text and are compared and converted as
 * whole numbers of a power of ten, never as floats.
 */

/** `digits` / 10^`scale`. */
export type Decimal = { readonly digits: bigint; readonly scale: number };

const decimalText = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Longest text read: far beyond any amount of money, short enough that nobody computes with megabytes. */
const maxLength = 200;

/**
 * An amount as an exact decimal. A number means the decimal it is written as: 0.1 is one tenth.
 *
 * @throws RangeError for anything that is not a finite decimal.
 * @example
 * decimalOf("1.50"); // { digits: 150n, scale: 2 }
 * decimalOf(1e-7); // { digits: 1n, scale: 7 }
 */
export function decimalOf(amount: string | number | bigint): Decimal {
  const text = String(amount);
  const match = text.length > maxLength ? null : decimalText.exec(text);
  if (match === null)
    throw new RangeError(
      `an amount must be a decimal such as "1.50", got ${JSON.stringify(text.slice(0, 40))}`,
    );
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

/** -1, 0 or 1: exact, whatever the number of places. `"1.0"` equals `1`. */
export function compareAmounts(a: string | number | bigint, b: string | number | bigint): -1 | 0 | 1 {
  const left = decimalOf(a);
  const right = decimalOf(b);
  const scale = Math.max(left.scale, right.scale);
  const difference = atScale(left, scale) - atScale(right, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function atScale({ digits, scale }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale);
}

/** The exact sum, as decimal text without needless zeros. */
export function addAmounts(...amounts: readonly (string | number | bigint)[]): string {
  const parts = amounts.map(decimalOf);
  const scale = Math.max(0, ...parts.map((part) => part.scale));
  return textOf({ digits: parts.reduce((sum, part) => sum + atScale(part, scale), 0n), scale });
}

/** Decimal text without exponent and needless zeros: `textOf(decimalOf("1.50"))` is `1.5`. */
export function textOf({ digits, scale }: Decimal): string {
  const negative = digits < 0n;
  const all = String(negative ? -digits : digits).padStart(scale + 1, "0");
  const whole = all.slice(0, all.length - scale);
  const fraction = all.slice(all.length - scale).replace(/0+$/, "");
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/**
 * An amount in the token's smallest unit: amount times 10^decimals, a half rounded up (away from zero).
 *
 * @param decimals places of the token, 0 to 36.
 * @throws RangeError for an amount that is no decimal or decimals out of range.
 * @example
 * toBaseUnits("1.5", 6); // 1500000n
 * toBaseUnits("0.0000005", 6); // 1n
 */
export function toBaseUnits(amount: string | number | bigint, decimals: number): bigint {
  checkDecimals(decimals);
  const { digits, scale } = decimalOf(amount);
  return scale <= decimals
    ? digits * 10n ** BigInt(decimals - scale)
    : dividedHalfUp(digits, 10n ** BigInt(scale - decimals));
}

/**
 * Smallest units as decimal text.
 *
 * @throws RangeError for decimals out of range.
 * @example
 * fromBaseUnits(1_500_000n, 6); // "1.5"
 */
export function fromBaseUnits(units: bigint, decimals: number): string {
  checkDecimals(decimals);
  return textOf({ digits: units, scale: decimals });
}

/**
 * The amount as the JSON number of the published shapes: at most six places, a half rounded to even.
 *
 * @example
 * toWireAmount("0.1234565"); // 0.123456
 */
export function toWireAmount(amount: string | number | bigint): number {
  const { digits, scale } = decimalOf(amount);
  if (scale <= 6) return Number(textOf({ digits, scale }));
  return Number(textOf({ digits: dividedHalfEven(digits, 10n ** BigInt(scale - 6)), scale: 6 }));
}

function dividedHalfUp(value: bigint, divisor: bigint): bigint {
  const size = value < 0n ? -value : value;
  const rounded = (size * 2n + divisor) / (divisor * 2n);
  return value < 0n ? -rounded : rounded;
}

function dividedHalfEven(value: bigint, divisor: bigint): bigint {
  const size = value < 0n ? -value : value;
  const floor = size / divisor;
  const twice = (size % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && floor % 2n === 1n);
  const rounded = up ? floor + 1n : floor;
  return value < 0n ? -rounded : rounded;
}

function checkDecimals(decimals: number): void {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 36)
    throw new RangeError(`decimals of a token must be a whole number from 0 to 36, got ${decimals}`);
}
