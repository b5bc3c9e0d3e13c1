/** Exact fractions: money and energy never pass through floating point. */
export type Fraction = { readonly n: bigint; readonly d: bigint };

const NUMBER = /^([+-]?)(\d{1,200})(?:\.(\d{1,100}))?(?:[eE]([+-]?\d{1,2}))?$/;

export function parseNumber(text: string): Fraction | undefined {
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const digits = BigInt(whole! + fraction) * (sign === "-" ? -1n : 1n);
  const power = Number(exponent) - fraction.length;
  return power >= 0 ? { n: digits * 10n ** BigInt(power), d: 1n } : { n: digits, d: 10n ** BigInt(-power) };
}

export const whole = (n: bigint): Fraction => ({ n, d: 1n });
export const add = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
export const negate = (a: Fraction): Fraction => ({ n: -a.n, d: a.d });
export const multiply = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.n, d: a.d * b.d });
export const divide = (a: Fraction, b: Fraction): Fraction | undefined =>
  b.n === 0n ? undefined : b.n < 0n ? { n: -a.n * b.d, d: a.d * -b.n } : { n: a.n * b.d, d: a.d * b.n };
export const compare = (a: Fraction, b: Fraction): number => {
  const difference = a.n * b.d - b.n * a.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

export function floor({ n, d }: Fraction): bigint {
  return n >= 0n || n % d === 0n ? n / d : n / d - 1n;
}

export const ceil = (a: Fraction): bigint => -floor(negate(a));

/** To the nearest whole number, halves away from zero. */
export function round(a: Fraction): bigint {
  return a.n >= 0n ? floor(add(a, { n: 1n, d: 2n })) : ceil(add(a, { n: -1n, d: 2n }));
}

export const isWhole = ({ n, d }: Fraction): boolean => n % d === 0n;
