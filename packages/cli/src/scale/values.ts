import type { ValueType } from "../engine/types.ts";

/** What the flags of `scale` accept. */

const ID = /^[A-Za-z0-9._~:@-]{1,200}$/;

/** An id of the market. It stands in a path, so it holds nothing that would have to be encoded. */
export const id = (hint: string): ValueType<string> => ({
  hint,
  rule: "must be an id: 1 to 200 letters, digits or . _ ~ : @ -",
  parse: (raw) => (ID.test(raw) && !/^\.+$/.test(raw) ? raw : undefined),
});

/** `a,b,c`: blanks around and empty parts are dropped. */
export const csv: ValueType<readonly string[]> = {
  hint: "A,B,...",
  rule: "must be words separated by commas",
  parse: (raw) => {
    const parts = raw
      .split(",")
      .map((part) => part.trim())
      .filter(Boolean);
    return parts.length === 0 ? undefined : parts;
  },
};

/** A list that may be emptied: `none` is the empty list. */
export const csvOrNone: ValueType<readonly string[]> = {
  hint: "A,B,...|none",
  rule: "must be words separated by commas, or none",
  parse: (raw) => (raw.trim() === "none" ? [] : csv.parse(raw)),
};

/** `key=value,key=value`; a value may be empty. */
export const labels: ValueType<Readonly<Record<string, string>>> = {
  hint: "KEY=VALUE,...",
  rule: "must be KEY=VALUE pairs separated by commas, each with a key",
  parse: (raw) => {
    const pairs = raw
      .split(",")
      .map((part) => part.trim())
      .filter(Boolean)
      .map((part) => [
        part.slice(0, part.indexOf("=")).trim(),
        part.slice(part.indexOf("=") + 1).trim(),
        part,
      ]);
    const fine = pairs.every(([key, , part]) => part?.includes("=") && key !== "");
    return fine && pairs.length > 0
      ? Object.fromEntries(pairs.map(([key, value]) => [key!, value!]))
      : undefined;
  },
};

/** Money above zero, at most six places: what the market's JSON numbers hold exactly. */
export const amount: ValueType<number> = {
  hint: "AMOUNT",
  rule: "must be a decimal above zero with at most 6 places, such as 0.25",
  parse: (raw) => {
    if (!/^\d{1,12}(\.\d{1,6})?$/.test(raw)) return undefined;
    const value = Number(raw);
    return value > 0 ? value : undefined;
  },
};

/** A limit: an amount, or `none` for no limit. */
export const amountOrNone: ValueType<number | null> = {
  hint: "AMOUNT|none",
  rule: "must be a decimal above zero with at most 6 places, or none for no limit",
  parse: (raw) => (raw.trim() === "none" ? null : amount.parse(raw)),
};

/** Currency or token symbol; USD, USDC and USDT count as one unit. */
export const symbol: ValueType<string> = {
  hint: "CODE",
  rule: "must be a currency or token symbol, as USD or USDC",
  parse: (raw) => (/^[A-Za-z0-9.]{2,20}$/.test(raw) ? raw : undefined),
};

export const identityRef: ValueType<string> = {
  hint: "REF",
  rule: "must be did:peaq:0x and 40 hexadecimal digits, or peaqos:machine: and a name",
  parse: (raw) =>
    /^did:peaq:0x[0-9a-fA-F]{40}$/.test(raw) || /^peaqos:machine:\S.{0,180}$/.test(raw) ? raw : undefined,
};

const CHAINS: Readonly<Record<string, string>> = {
  base: "eip155:8453",
  peaq: "eip155:3338",
  agung: "eip155:9990",
  ethereum: "eip155:1",
  eth: "eip155:1",
  polygon: "eip155:137",
  arbitrum: "eip155:42161",
  optimism: "eip155:10",
  bsc: "eip155:56",
  solana: "solana:mainnet",
};

/** A chain by name or CAIP-2 id. */
export const chain: ValueType<string> = {
  hint: "CHAIN",
  rule: `must be ${Object.keys(CHAINS).join(", ")} or a CAIP-2 id such as eip155:8453`,
  parse: (raw) => CHAINS[raw.toLowerCase()] ?? (/^[a-z0-9-]{3,8}:\S{1,64}$/.test(raw) ? raw : undefined),
};

const LABELS: Readonly<Record<string, string>> = {
  "eip155:3338": "peaq",
  "eip155:9990": "Agung testnet",
  "eip155:8453": "Base",
  "eip155:1": "Ethereum",
  "eip155:137": "Polygon",
  "eip155:42161": "Arb.",
  "eip155:10": "Optimism",
  "eip155:56": "BSC",
};

/** A CAIP-2 id with the chain's name behind it, where it has one. */
export const chainLabel = (id: string): string => (LABELS[id] === undefined ? id : `${id} (${LABELS[id]})`);
