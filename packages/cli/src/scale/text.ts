import type { MarketOrder, MarketPayment } from "@peaqos/peaq-os-sdk/orchestration";
import { block, clean, type Row } from "../engine/output.ts";
import { chainLabel } from "./values.ts";

/** How the market's objects read on a terminal. */

const SIGNS: Readonly<Record<string, string>> = { USD: "$", EUR: "€", GBP: "£" };

/** `$0.25`, `0.25 USDC`; two places at least, all that count; an em dash when there is none. */
export function money(amount: number | null | undefined, currency: string | null | undefined): string {
  if (amount === null || amount === undefined) return "—";
  const digits = amount.toFixed(6).replace(/(\.\d\d\d*?)0+$/, "$1");
  if (currency === null || currency === undefined) return digits;
  const sign = Object.hasOwn(SIGNS, currency) ? SIGNS[currency] : undefined;
  return sign === undefined ? `${digits} ${clean(currency)}` : `${sign}${digits}`;
}

/** ISO 8601 to the second, as everywhere in this command. */
export function time(value: string | null | undefined): string {
  if (value === null || value === undefined) return "—";
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? clean(value) : `${new Date(parsed).toISOString().slice(0, 19)}Z`;
}

/** Rows whose value is there. */
export const rows = (...all: readonly (Row | false | undefined)[]): Row[] =>
  all.filter((row): row is Row => Array.isArray(row));

export const list = (values: readonly string[]): string =>
  values.length === 0 ? "—" : values.map(clean).join(", ");

export function orderBlock(order: MarketOrder): string {
  return block(
    rows(
      ["Order ID", clean(order.id)],
      ["Service", clean(order.serviceId)],
      ["Status", clean(order.status)],
      ["Skill", clean(order.skillKey)],
      ["Operation", clean(order.operation)],
      ["Created", time(order.createdAt)],
      order.confirmBy !== null && ["Confirm by", `${time(order.confirmBy)} (confirmed by itself after that)`],
      order.errorMessage !== null && ["Error", clean(order.errorMessage)],
      order.handoff !== null && ["Handoff", `${clean(order.handoff.label)} → ${clean(order.handoff.url)}`],
    ),
  );
}

/** What is paid, where and to whom: shown before anything is signed. */
export function paymentBlock(payment: MarketPayment): string {
  const { rail } = payment;
  const raw = rail.metadata?.rawAmount;
  return block(
    rows(
      ["Payment status", clean(payment.status)],
      ["Amount", money(payment.amount, payment.currency)],
      raw !== undefined && ["Base units", clean(String(raw))],
      ["Rail", clean(rail.type)],
      rail.chain !== null && ["Chain", chainLabel(clean(rail.chain))],
      rail.token !== null && ["Token", clean(rail.token)],
      rail.tokenAddress !== null && ["Token address", clean(rail.tokenAddress)],
      rail.payeeAddress !== null && ["Payee", clean(rail.payeeAddress)],
      rail.payerAddress !== null && ["Payer", clean(rail.payerAddress)],
      payment.proof?.transactionHash != null && ["Transaction", clean(payment.proof.transactionHash)],
      payment.outcome === "unknown" && ["Outcome", "not known yet; the market asks the chain"],
      payment.refund !== null && [
        "Refund",
        payment.refund.transactionHash === null
          ? "owed by the seller, not repaid yet"
          : clean(payment.refund.transactionHash),
      ],
    ),
  );
}

/** A value of a provider, indented, whatever it is. */
export function resultText(result: unknown): string {
  const text = JSON.stringify(result, null, 2) ?? "null";
  return text
    .split("\n")
    .map((line) => `  ${clean(line)}`)
    .join("\n");
}
