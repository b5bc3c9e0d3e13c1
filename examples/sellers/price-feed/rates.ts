import { SellerError } from "../../seller-template/errors.ts";
import { readData } from "../csv.ts";

/** Digits that count in a price computed from two published rates. */
const SIGNIFICANT = 8;

export type LatestPrice = (base: string, quote: string) => { price: string; date: string };

/** The newest price of a pair: of the last day on which both currencies have a rate. */
export function latestPrices(): LatestPrice {
  const days = readData("ecb-rates.csv").reverse();
  const codes = ["EUR", ...Object.keys(days[0] ?? {}).filter((name) => name !== "date")];
  return (base, quote) => {
    for (const code of [base, quote])
      if (!codes.includes(code))
        throw new SellerError(
          404,
          "unknown_currency",
          `There is no rate for ${code}. There is one for ${codes.join(", ")}.`,
        );
    const rate = (day: Record<string, string>, code: string) => (code === "EUR" ? "1" : day[code]);
    const day = days.find((each) => rate(each, base) && rate(each, quote));
    if (day === undefined)
      throw new SellerError(404, "no_common_day", `${base} and ${quote} have no day in common.`);
    const [perBase, perQuote] = [rate(day, base) as string, rate(day, quote) as string];
    const price = base === "EUR" ? perQuote : base === quote ? "1" : divided(perQuote, perBase);
    return { price, date: day.date as string };
  };
}

/** The quotient of two positive decimals, rounded half up to 8 significant digits. */
export function divided(left: string, right: string): string {
  const [a, b] = [scaled(left), scaled(right)];
  const numerator = a.units * 10n ** BigInt(b.scale);
  const denominator = b.units * 10n ** BigInt(a.scale);
  let digits = SIGNIFICANT;
  // As many digits after the point as leave 8 that count: fewer for a large quotient, more for a small one.
  for (let whole = numerator / denominator; whole > 0n && digits > 0; whole /= 10n) digits -= 1;
  if (numerator < denominator)
    for (let small = numerator * 10n; small < denominator; small *= 10n) digits += 1;
  const quotient = (2n * numerator * 10n ** BigInt(digits) + denominator) / (2n * denominator);
  const text = quotient.toString().padStart(digits + 1, "0");
  const fraction = text.slice(text.length - digits).replace(/0+$/, "");
  const whole = text.slice(0, text.length - digits);
  return digits === 0 || fraction === "" ? whole : `${whole}.${fraction}`;
}

function scaled(text: string): { units: bigint; scale: number } {
  const [whole = "", fraction = ""] = text.split(".");
  return { units: BigInt(whole + fraction), scale: fraction.length };
}
