/** Guarantees that dollar amounts are exact: known rates, the rounding, and each case of a stale or missing rate. */
import codes from "currency-codes";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toUsd } from "./convert.ts";
import { fetchedBook, httpFxSource, parseRates } from "./http.ts";
import { CURRENCY_CODES, digitsOf, ENDED_CODES } from "./iso4217.ts";
import { dayOfDate, ecbSnapshot } from "./snapshot.ts";

const at = (date: string): number => dayOfDate(date) * 86_400 + 43_200;
const usd = (value: bigint, currency: string, date: string) =>
  toUsd(value, currency, at(date), [ecbSnapshot()]);

describe("ISO 4217", () => {
  it("agrees with currency-codes, apart from what changed since", () => {
    const listed = new Map(codes.data.map(({ code, digits }) => [code, digits]));
    for (const [code, digits] of listed) expect([code, digitsOf(code)]).toEqual([code, digits]);
    const own = CURRENCY_CODES.filter((code) => !listed.has(code));
    expect(own).toEqual(["XAD", "XCG", ...Object.keys(ENDED_CODES)].sort());
  });

  it("knows a code for every series of the snapshot", () => {
    for (const [code] of ecbSnapshot().head.currencies) expect(digitsOf(code)).not.toBeNull();
  });

  it.each(["usd", "US", "DOGE", "", "BTC", "USDC", "ZZZ", "__proto__"])("does not know %j", (code) => {
    expect(digitsOf(code)).toBeNull();
  });
});

describe("the snapshot", () => {
  it("says what it is", () => {
    const { head } = ecbSnapshot();
    expect([head.from, head.to, head.days, head.currencies.length]).toEqual([
      "1999-01-04",
      "2026-10-30",
      7126,
      41,
    ]);
  });

  it.each([
    ["USD", "1999-01-04", 11789n],
    ["JPY", "1999-01-04", 13373n],
    ["TRL", "1999-01-04", 372274n],
    ["ROL", "2005-06-30", 36030n],
    ["CYP", "2007-12-31", 585274n],
    ["LVL", "2013-12-31", 702804n],
    ["HRK", "2022-12-30", 75365n],
    ["RUB", "2022-03-01", 1172010n],
    ["IDR", "2026-10-30", 2027517n],
    ["KRW", "2026-10-30", 149176n],
    ["ZAR", "2026-10-30", 186455n],
  ])("%s on %s as published", (code, date, mantissa) => {
    const pair = ecbSnapshot().pairOn(code, dayOfDate(date))!;
    expect(pair.day).toBe(dayOfDate(date));
    expect((code === "USD" ? pair.usd : pair.currency!).mantissa).toBe(mantissa);
  });

  it("bridges the gap in a series with the last rate before it", () => {
    // The ECB published no rate for ISK between 2008-12-09 and 2018-01-31.
    const inGap = ecbSnapshot().pairOn("ISK", dayOfDate("2012-06-01"))!;
    expect(inGap.day).toBeLessThan(dayOfDate("2009-01-01"));
    expect(inGap.usd.day).toBe(inGap.currency!.day);
  });
});

describe("cents", () => {
  it("takes USD as it is, at any time and size", () => {
    const largest = (1n << 256n) - 1n;
    expect(toUsd(largest, "USD", 0, [])).toEqual({
      status: "ok",
      degraded: false,
      rateDay: null,
      usd: largest,
      scoringCents: largest,
      source: "identity",
      subunit: 100,
    });
  });

  it("converts EUR at the day's rate", () => {
    // 1 EUR = 1.1789 USD: 117.89 cents, rounded half up.
    expect(usd(100n, "EUR", "1999-01-04")).toMatchObject({
      usd: 118n,
      status: "ok",
      source: "ecb",
      degraded: false,
    });
    expect(usd(1_000_000n, "EUR", "1999-01-04").usd).toBe(1_178_900n);
  });

  it("converts JPY, which has no minor unit", () => {
    // 1,000,000 yen / 175.68 * 1.1172 = 6,359.2896... USD
    expect(usd(1_000_000n, "JPY", "2026-10-30")).toMatchObject({ usd: 635_929n, subunit: 1, source: "ecb" });
  });

  it("takes Saturday's amount at Friday's rate", () => {
    const friday = usd(12_345n, "GBP", "2026-10-30");
    expect(usd(12_345n, "GBP", "2026-10-31")).toEqual(friday);
    expect(usd(12_345n, "GBP", "2026-11-01")).toEqual(friday);
    expect(friday.rateDay).toBe(dayOfDate("2026-10-30"));
  });

  it("counts 7 days as fresh and 8 as stale, at 80 % rounded down", () => {
    expect(usd(1_003n, "EUR", "2026-11-06")).toMatchObject({
      usd: 1_121n,
      scoringCents: 1_121n,
      source: "ecb",
      degraded: false,
    });
    expect(usd(1_003n, "EUR", "2026-11-07")).toMatchObject({
      usd: 1_121n,
      scoringCents: 896n,
      status: "ok",
      source: "stale_latest",
      degraded: true,
    });
  });

  it("takes a series that has ended by its last rate", () => {
    // 2022-12-30: 7.5365 HRK and 1.0666 USD for a euro; 753.65 HRK are 106.66 USD.
    expect(usd(75_365n, "HRK", "2022-12-31")).toMatchObject({ usd: 10_666n, source: "ecb" });
    expect(usd(75_365n, "HRK", "2024-01-01")).toMatchObject({
      usd: 10_666n,
      scoringCents: 8_532n,
      source: "stale_latest",
      degraded: true,
    });
  });

  it("has no amount for an ISO code without a rate on or before the day", () => {
    const none = {
      usd: null,
      status: "fx_unavailable",
      source: "default_usd_fx_outage",
      degraded: true,
      scoringCents: 0n,
    };
    expect(usd(1_000n, "BHD", "2026-10-30")).toMatchObject({ ...none, subunit: 1000 });
    expect(usd(1_000n, "EUR", "1999-01-03")).toMatchObject({ ...none, subunit: 100 });
    expect(usd(1_000n, "JPY", "1998-06-01")).toMatchObject({ ...none, subunit: 1 });
    expect(usd(1_000n, "TRY", "2004-12-31")).toMatchObject(none);
  });

  it("does not support what is not in ISO 4217", () => {
    expect(usd(1_000n, "DOGE", "2026-10-30")).toEqual({
      usd: null,
      status: "unsupported_currency",
      source: null,
      degraded: false,
      scoringCents: 0n,
      subunit: null,
      rateDay: null,
    });
  });

  it("rounds halves up", () => {
    const book = fetchedBook([{ date: "2026-11-20", rates: { USD: "1.5", CHF: "1" } }]);
    const cents = (value: bigint) => toUsd(value, "CHF", at("2026-11-20"), [book]).usd;
    expect([cents(0n), cents(1n), cents(3n), cents(5n)]).toEqual([0n, 2n, 5n, 8n]);
  });

  it("is within half a cent of the exact quotient for every series and any value", () => {
    const { currencies, from, to } = ecbSnapshot().head;
    const published = currencies.map(([code]) => code).filter((code) => code !== "USD");
    fc.assert(
      fc.property(
        fc.constantFrom(...published),
        fc.integer({ min: dayOfDate(from), max: dayOfDate(to) + 30 }),
        fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
        (code, day, value) => {
          const amount = toUsd(value, code, day * 86_400, [ecbSnapshot()]);
          const pair = ecbSnapshot().pairOn(code, day);
          if (pair === null) {
            expect(amount.usd).toBeNull();
            return;
          }
          const unit = 10n ** BigInt(digitsOf(code)! + pair.usd.scale) * pair.currency!.mantissa;
          const exact = value * 100n * pair.usd.mantissa * 10n ** BigInt(pair.currency!.scale);
          const off = amount.usd! * unit - exact;
          expect(2n * off <= unit && 2n * off > -unit).toBe(true);
        },
      ),
    );
  });
});

describe("rates from an HTTP source", () => {
  const body =
    '{"amount":1.0,"base":"EUR","date":"2026-11-20","rates":{"USD":1.10500,"CHF":0.93,"BAD":1e3,"NEG":-1,"ODD":"x"}}';

  it("keeps decimals as sent and leaves out what is none", () => {
    expect(parseRates(body, dayOfDate("2026-11-22"))).toEqual({
      date: "2026-11-20",
      rates: { USD: "1.10500", CHF: "0.93" },
    });
  });

  it("may be of the very day asked for, and of the size a rate has", () => {
    expect(parseRates(body, dayOfDate("2026-11-20")).date).toBe("2026-11-20");
    const odd =
      '{"base":"EUR","date":"2026-11-20","rates":{"USD":1,"AAA":0,"BBB":0.0,"CCC":1234567890123,"DDD":123456789012.5,"eee":1}}';
    expect(parseRates(odd, 30_000).rates).toEqual({ USD: "1", DDD: "123456789012.5" });
  });

  it("beats an older snapshot and is named as the source", () => {
    const book = fetchedBook([parseRates(body, dayOfDate("2026-11-22"))]);
    const amount = toUsd(9_300n, "CHF", at("2026-11-22"), [ecbSnapshot(), book]);
    expect(amount).toMatchObject({ usd: 11_050n, source: "http", rateDay: dayOfDate("2026-11-20") });
    expect(toUsd(100n, "EUR", at("2026-10-30"), [ecbSnapshot(), book]).source).toBe("ecb");
  });

  it("finds the newest row with both rates, whatever order the rows are in", () => {
    const book = fetchedBook([
      { date: "2026-11-20", rates: { USD: "1.2", CHF: "1" } },
      { date: "2026-11-18", rates: { USD: "1.1", CHF: "1", SEK: "11" } },
      { date: "2026-11-19", rates: { CHF: "1", SEK: "12" } },
    ]);
    const dayOf = (currency: string, date: string) => book.pairOn(currency, dayOfDate(date))?.day;
    expect(dayOf("SEK", "2026-11-25")).toBe(dayOfDate("2026-11-18"));
    expect(dayOf("CHF", "2026-11-25")).toBe(dayOfDate("2026-11-20"));
    expect(dayOf("CHF", "2026-11-19")).toBe(dayOfDate("2026-11-18"));
    expect(dayOf("EUR", "2026-11-17")).toBeUndefined();
    expect(dayOf("NOK", "2026-11-25")).toBeUndefined();
  });

  it.each([
    ["[]", "base is undefined"],
    ["null", "not an object"],
    ['{"base":"USD","date":"2026-11-20","rates":{}}', 'base is "USD"'],
    ['{"base":"EUR","amount":2,"date":"2026-11-20","rates":{"USD":1}}', "amount is"],
    ['{"base":"EUR","date":"yesterday","rates":{"USD":1}}', "date is"],
    ['{"base":"EUR","date":20261120,"rates":{"USD":1}}', "date is"],
    ['{"base":"EUR","date":"2026-13-01","rates":{"USD":1}}', "date is"],
    ['{"base":"EUR","date":"2026-11-23","rates":{"USD":1}}', "lies after the day asked for"],
    ['{"base":"EUR","date":"2026-11-20","rates":{"CHF":1}}', "no rate for USD"],
    ['{"base":"EUR","date":"2026-11-20"}', "rates is not an object"],
  ])("refuses %s", (text, message) => {
    expect(() => parseRates(text, dayOfDate("2026-11-22"))).toThrow(message);
  });

  it("asks for the day, follows no redirect, and gives null for 404", async () => {
    const asked: { url: string; redirect: string | undefined }[] = [];
    const source = httpFxSource("http://rates.test/v1/", async (url, init) => {
      asked.push({ url: String(url), redirect: init?.redirect });
      return asked.length === 1 ? new Response(body) : new Response("{}", { status: 404 });
    });
    expect((await source.ratesOn(dayOfDate("2026-11-22")))!.date).toBe("2026-11-20");
    expect(asked[0]).toEqual({ url: "http://rates.test/v1/2026-11-22?base=EUR", redirect: "error" });
    expect(await source.ratesOn(dayOfDate("1990-01-01"))).toBeNull();
  });

  it("refuses errors and endless answers", async () => {
    const failing = httpFxSource("http://rates.test", async () => new Response("", { status: 500 }));
    await expect(failing.ratesOn(20_000)).rejects.toThrow("answered 500");
    const endless = httpFxSource("http://rates.test", async () => new Response("x".repeat(300_000)));
    await expect(endless.ratesOn(20_000)).rejects.toThrow("more than 262144 bytes");
  });
});
