// Writes docs/errors.md: every error code of the market, with what to do, from its table.
import {
  clientErrorCodes,
  type MarketErrorCode,
  type MarketErrorSpec,
  type MarketOperation,
  marketErrors,
  marketOperations,
} from "@peaqos/protocol/market";
import { generatedBy, writeOrCheck } from "./page.ts";

/** A code that more operations than this can answer with is said to come from everywhere. */
const MANY = 12;

function page(): string {
  return `${[
    "# Errors of the market",
    generatedBy("docs/generators/errors.ts", "packages/protocol/src/market/errors.ts"),
    "Every error, from every layer, has one form; programs branch on `code`, which does not change:",
    '```json\n{ "error": { "code": "QUOTE_EXPIRED", "message": "…", "details": {}, "requestId": "…" } }\n```',
    "The message says what happened, with the values, and what to do next. `details` has the figures for programs where there are any; neither ever holds a secret. `requestId` also stands in the header `x-request-id` and in the operator's logs. *Again* means: the same request can succeed later without any change.",
    table(),
    `Clients of ours raise ${clientErrorCodes.map((code) => `\`${code}\``).join(" and ")} for an answer that is not one of the market's; no server sends them. Codes marked * are ours; the others are published.`,
  ].join("\n\n")}\n`;
}

function table(): string {
  const rows = Object.entries(marketErrors).map(([code, spec]: [string, MarketErrorSpec]) => {
    const mark = spec.ours ? " *" : "";
    return `| \`${code}\`${mark} | ${spec.status} | ${spec.retryable ? "again" : ""} | ${spec.title}. ${spec.next} | ${from(code as MarketErrorCode, spec)} |`;
  });
  return ["| Code | HTTP | | What it means, what to do | From |", "|---|---|---|---|---|", ...rows].join(
    "\n",
  );
}

function from(code: MarketErrorCode, spec: MarketErrorSpec): string {
  if (spec.routing) return "any path";
  const operations = Object.values(marketOperations as Record<string, MarketOperation>).filter((operation) =>
    operation.errors.includes(code),
  );
  if (operations.length > MANY) return "most operations";
  return operations.map(({ id }) => `\`${id}\``).join(", ");
}

writeOrCheck("errors.md", page());
