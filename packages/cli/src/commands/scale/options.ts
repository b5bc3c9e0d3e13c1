import { path } from "../../engine/values.ts";
import * as values from "../../scale/values.ts";

/** Flags that several commands of `scale` share. */

export const machineId = {
  summary: "The machine's id in the market",
  value: values.id("MACHINE_ID"),
  required: true,
  alsoSought: ["machine"],
} as const;

export const pairingId = {
  summary: "The agent's pairing with the machine",
  value: values.id("PAIRING_ID"),
  required: true,
  alsoSought: ["pairing", "pairing-id"],
} as const;

export const tokenFile = {
  summary: "File with the pairing token, one line",
  value: path(),
  required: true,
  alsoSought: ["token", "token-file", "pairing-token"],
} as const;

export const yes = { summary: "Do not ask", short: "y", alsoSought: ["force", "assume-yes"] } as const;

export const limit = (what: string) =>
  ({
    summary: `${what} on a page, 1 to 500`,
    value: {
      hint: "N",
      rule: "must be a whole number from 1 to 500",
      parse: (raw: string) => {
        const number = Number(raw);
        return /^\d{1,3}$/.test(raw) && number >= 1 && number <= 500 ? number : undefined;
      },
    },
    alsoSought: ["page-size", "count"],
  }) as const;

export const cursor = {
  summary: "Where the page begins: next_cursor of the page before",
  value: {
    hint: "CURSOR",
    rule: "must be the next_cursor of another page",
    parse: (raw: string) => (raw.trim() === "" || raw.length > 500 ? undefined : raw),
  },
  alsoSought: ["page", "after"],
} as const;

/** What an agent may do and spend. */
export const policy = {
  "per-tx-limit": {
    summary: "Most for one purchase, in --currency; none for no limit",
    value: values.amountOrNone,
    alsoSought: ["per-transaction-limit", "tx-limit"],
  },
  "daily-limit": {
    summary: "Most for one UTC day, in --currency; none for no limit",
    value: values.amountOrNone,
    alsoSought: ["daily-spend-limit", "cap"],
  },
  currency: {
    summary: "Currency of the limits; USD, USDC and USDT count as one",
    value: values.symbol,
  },
  "allowed-skills": { summary: "Only these skills; none for all", value: values.csvOrNone },
  "denied-skills": { summary: "Never these skills; none for none", value: values.csvOrNone },
  "allowed-service-ids": {
    summary: "Only these services; none for all",
    value: values.csvOrNone,
    alsoSought: ["allowed-services"],
  },
  "denied-service-ids": {
    summary: "Never these services; none for none",
    value: values.csvOrNone,
    alsoSought: ["denied-services"],
  },
} as const;
