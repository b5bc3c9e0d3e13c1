import { block, clean, table } from "../engine/output.ts";
import type { Style } from "../engine/style.ts";
import type { BadRow } from "./mapping.ts";

export type Failure = {
  readonly row: number;
  readonly line: number;
  readonly code: string;
  readonly message: string;
  readonly tx_hash: string | null;
};

export type Counts = {
  readonly file: string;
  readonly dry_run: boolean;
  readonly rows: number;
  readonly filtered: number;
  readonly bad: number;
  readonly repeated: number;
  readonly already_on_chain: number;
  readonly to_send: number;
  readonly sent: number;
  readonly failed: number;
  readonly machines: number;
  readonly transactions: number;
  readonly shift_seconds: number;
};

/** Lists are cut for JSON; the counts are always whole. */
const LIST_LIMIT = 1000;
const SHOWN = 10;

export function importJson(counts: Counts, bad: readonly BadRow[], failures: readonly Failure[]) {
  return { ...counts, bad_rows: bad.slice(0, LIST_LIMIT), failures: failures.slice(0, LIST_LIMIT) };
}

export function badRowLine({ row, line, column, value, rule }: BadRow): string {
  return `row ${row} (line ${line}), ${clean(column)} "${clean(value).slice(0, 60)}": ${clean(rule)}`;
}

/** The last word of an import: what became of every row. */
export function importText(
  counts: Counts,
  bad: readonly BadRow[],
  failures: readonly Failure[],
  style: Style,
): string {
  const left = counts.to_send - counts.sent - counts.failed;
  const head = counts.dry_run
    ? "Dry run: nothing was sent."
    : counts.failed > 0
      ? "Import ended with failures."
      : left > 0
        ? "Import was stopped. Run the same command again to send the rest."
        : counts.sent === 0
          ? nothingToSend(counts)
          : "Import complete.";
  const rows: [string, string][] = [["Rows", String(counts.rows)]];
  const add = (label: string, count: number) => {
    if (count > 0) rows.push([label, String(count)]);
  };
  add("Filtered", counts.filtered);
  add("Bad", counts.bad);
  add("Repeated", counts.repeated);
  add("On chain", counts.already_on_chain);
  rows.push([counts.dry_run ? "To send" : "Sent", String(counts.dry_run ? counts.to_send : counts.sent)]);
  add("Failed", counts.failed);
  if (left > 0 && !counts.dry_run) add("Left", left);
  rows.push(["Machines", String(counts.machines)]);
  add("Transactions", counts.transactions);
  if (counts.shift_seconds !== 0) rows.push(["Shift", `${counts.shift_seconds} s`]);
  const parts = [head, block(rows)];
  if (bad.length > 0) parts.push("", style.yellow("Bad rows:"), ...cut(bad.map(badRowLine)));
  if (failures.length > 0) {
    parts.push(
      "",
      style.red("Failed rows:"),
      ...cut(
        failures.map(
          ({ row, line, code, message }) => `row ${row} (line ${line}): ${code}, ${clean(message)}`,
        ),
      ),
    );
  }
  return parts.join("\n");
}

function nothingToSend({ bad, filtered, already_on_chain }: Counts): string {
  if (already_on_chain === 0) return "Nothing to send.";
  return `Nothing to send: the chain holds every ${bad > 0 ? "good " : ""}row${filtered > 0 ? " that --where keeps" : ""}.`;
}

function cut(lines: readonly string[]): string[] {
  const shown = lines.slice(0, SHOWN).map((line) => `  ${line}`);
  return lines.length > SHOWN
    ? [...shown, `  ... and ${lines.length - SHOWN} more (--json lists them)`]
    : shown;
}

/** The first events of a plan, for the eye. */
export function sampleTable(
  events: readonly {
    machineId: bigint;
    row: number;
    event: { eventType: 0 | 1; value: bigint; currency: string; timestamp: bigint };
  }[],
): string {
  const rows = events
    .slice(0, 5)
    .map(({ machineId, row, event }) => [
      String(row),
      String(machineId),
      event.eventType === 0 ? "revenue" : "activity",
      String(event.value),
      event.currency,
      `${new Date(Number(event.timestamp) * 1000).toISOString().slice(0, 19)}Z`,
    ]);
  return table(
    [
      { title: "Row", right: true },
      { title: "Machine ID", right: true },
      { title: "Type" },
      { title: "Value", right: true },
      { title: "Currency" },
      { title: "Time" },
    ],
    rows,
  );
}
