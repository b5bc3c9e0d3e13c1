/**
 * ISO 4217 codes by their number of minor unit digits.
 *
 * Checked against the npm package `currency-codes` (data of 2024-06-25) by a test, plus what changed since: XCG and XAD are new,
 * ANG and BGN have ended. Codes that ended stay as long as events may be dated in their time: the second list holds those that
 * have an ECB series. `Intl` is no source for this: it follows display custom (no digits for IQD), not the standard.
 * Codes to which the standard gives no minor unit (metals, units of account, XXX, XTS) count whole units.
 */
const CODES_BY_DIGITS: Readonly<Record<0 | 2 | 3 | 4, string>> = {
  0:
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF " +
    "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX",
  2:
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF " +
    "CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG " +
    "HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK " +
    "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE " +
    "SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR " +
    "ZMW ZWG",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};

/** Withdrawn codes with an ECB series, digits as they were. */
export const ENDED_CODES: Readonly<Record<string, number>> = {
  CYP: 2,
  EEK: 2,
  HRK: 2,
  LTL: 2,
  LVL: 2,
  MTL: 2,
  ROL: 2,
  SIT: 2,
  SKK: 2,
  TRL: 0,
};

const DIGITS: ReadonlyMap<string, number> = new Map([
  ...Object.entries(CODES_BY_DIGITS).flatMap(([digits, codes]) =>
    codes.split(" ").map((code): [string, number] => [code, Number(digits)]),
  ),
  ...Object.entries(ENDED_CODES),
]);

/** Every code the table knows. */
export const CURRENCY_CODES: readonly string[] = [...DIGITS.keys()].sort();

/**
 * Minor unit digits of an ISO 4217 code in capitals: 2 for USD, 0 for JPY, 3 for BHD. `null` for anything else.
 *
 * @example digitsOf("JPY") // 0
 */
export function digitsOf(currency: string): number | null {
  return DIGITS.get(currency) ?? null;
}
