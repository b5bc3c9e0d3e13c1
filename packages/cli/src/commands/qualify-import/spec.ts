import * as eventValues from "../../engine/event-values.ts";
import { defineSpec, type ValueType } from "../../engine/types.ts";
import * as values from "../../engine/values.ts";
import { zoneOffset } from "../../engine/values.ts";

/** Event fields that `--map` can fill from a row. */
export const FIELDS = ["ts", "value", "currency", "type", "trust", "source-chain", "source-tx"] as const;
export type Field = (typeof FIELDS)[number];

export type MapEntry = { readonly field: Field; readonly expression: string };

const mapEntry: ValueType<MapEntry> = {
  hint: "FIELD=COLUMN",
  rule: `must be FIELD=COLUMN or FIELD=EXPRESSION with FIELD one of ${FIELDS.join(", ")}`,
  parse: (raw) => {
    const at = raw.indexOf("=");
    const field = raw.slice(0, at).trim();
    const expression = raw.slice(at + 1).trim();
    if (at < 1 || expression === "" || !(FIELDS as readonly string[]).includes(field)) return undefined;
    return { field: field as Field, expression };
  },
};

const zone: ValueType<string> = {
  hint: "ZONE",
  rule: "must be Z or an offset as +02:00",
  parse: (raw) => (zoneOffset(raw) === undefined ? undefined : raw),
};

const delimiter: ValueType<string> = {
  hint: "CHARACTER",
  rule: "must be one character, or tab",
  parse: (raw) => (raw === "tab" || raw === "\\t" ? "\t" : [...raw].length === 1 ? raw : undefined),
};

const columnList: ValueType<readonly string[]> = {
  hint: "COLUMN,...",
  rule: "must be column names with commas between them",
  parse: (raw) => {
    const names = raw.split(",").map((name) => name.trim());
    return names.some((name) => name === "") ? undefined : names;
  },
};

export const spec = defineSpec({
  path: ["qualify", "import"],
  summary: "Submit the rows of a CSV or JSON lines file as events",
  alsoSought: ["upload", "load", "csv", "bulk"],
  description:
    "Every row becomes one event. A row is known by the hash of its own content (before any shift) and its event type, and the chain is asked which rows it holds: a run that was cut off is simply started again, and no row is ever stored twice.",
  args: [{ name: "FILE", summary: "the rows", value: values.path("FILE") }],
  options: {
    type: {
      summary: "Type of all events",
      value: eventValues.eventType,
      alsoSought: ["event-type", "kind"],
    },
    map: {
      summary:
        "Fill an event field from a column or an expression over columns: ts=started_at, 'value=round(kwh * 1000)'",
      value: mapEntry,
      many: true,
      alsoSought: ["column", "field", "mapping"],
    },
    "machine-id": {
      summary: "All rows belong to this machine",
      value: values.machineId,
      alsoSought: ["machine", "id"],
    },
    "machine-column": {
      summary:
        "Column that names the row's machine: a machine id, a DID or an address, or a name from --machines",
      value: values.text("COLUMN"),
    },
    machines: {
      summary:
        "File that turns the names in --machine-column into machines: JSON object or CSV (name,machine_id)",
      value: values.path(),
      alsoSought: ["machine-map", "mapping-file", "fleet"],
    },
    value: {
      summary: "Value of all events, in minor units",
      value: values.integer("N", { min: 0n, max: values.UINT256_MAX }),
      defaultText: "0 for activity",
      alsoSought: ["amount"],
    },
    currency: {
      summary: "Currency of all revenue events",
      value: values.currency,
      defaultText: "USD for revenue",
    },
    trust: { summary: "Trust level of all events", value: eventValues.trust, default: "self" as const },
    "source-chain": {
      summary:
        "Chain of the source transactions: same, peaq, base, ethereum, polygon, arbitrum, optimism or a chain id",
      value: eventValues.sourceChain,
      defaultText: "same",
      alsoSought: ["chain"],
    },
    "metadata-columns": {
      summary: "Store these columns on the chain with the event, as a JSON object (costs gas)",
      value: columnList,
      alsoSought: ["metadata"],
    },
    where: {
      summary: "Only rows for which this holds: 'dollars > 0'",
      value: values.text("CONDITION"),
      many: true,
      alsoSought: ["filter", "if"],
    },
    zone: {
      summary: "Time zone of times that name none",
      value: zone,
      alsoSought: ["tz", "timezone", "time-zone", "utc-offset"],
    },
    shift: {
      summary: "Seconds added to every time; the row's identity does not change (--shift=-3600)",
      value: values.smallInteger("SECONDS", -4_000_000_000, 4_000_000_000),
      default: 0,
      alsoSought: ["offset"],
    },
    format: {
      summary: "Format of the file",
      value: values.choice(["csv", "jsonl"]),
      defaultText: "by its name",
    },
    delimiter: {
      summary: "Character between CSV cells",
      value: delimiter,
      defaultText: "a comma",
      alsoSought: ["separator"],
    },
    "on-error": {
      summary: "A bad row: send nothing (abort), or leave it out and send the rest (skip)",
      value: values.choice(["abort", "skip"]),
      default: "abort" as const,
    },
    "keep-repeats": {
      summary: "Rows that stand in the file more than once are events of their own; without it one is sent",
      alsoSought: ["duplicates", "keep-duplicates"],
    },
    "dry-run": {
      summary: "Show what would be sent and send nothing",
      alsoSought: ["dry", "plan", "preview"],
    },
    yes: { summary: "Do not ask before sending", short: "y", alsoSought: ["force", "no-confirm"] },
  },
  examples: [
    {
      command:
        "peaqos qualify import sessions.csv --type activity --machine-id 42 \\\n  --map ts=started_at --zone Z --map 'value=round(kwh * 1000)' --dry-run",
      does: "Show what one machine's charging sessions would become (value: watt hours)",
    },
    {
      command:
        "peaqos qualify import sessions.csv --type revenue --machine-column station_id --machines stations.json \\\n  --map ts=ended_at --zone -05:00 --map 'value=round(dollars * 100)' --where 'dollars > 0' --yes",
      does: "The paid sessions of a whole fleet as revenue in USD cents",
    },
    {
      command:
        "peaqos qualify import events.jsonl --map type=kind --map ts=at --map value=amount --machine-column did --on-error skip --json",
      does: "JSON lines from a gateway, bad rows left out and listed",
    },
  ],
  output: [
    { name: "file", type: "string", meaning: "the file as given" },
    { name: "dry_run", type: "boolean", meaning: "true when nothing was to be sent" },
    { name: "rows", type: "integer", meaning: "data rows in the file" },
    { name: "filtered", type: "integer", meaning: "rows left out by --where" },
    { name: "bad", type: "integer", meaning: "rows that break a rule" },
    { name: "repeated", type: "integer", meaning: "rows equal to an earlier row of the file" },
    { name: "already_on_chain", type: "integer", meaning: "rows the chain held before this run" },
    { name: "to_send", type: "integer", meaning: "rows this run had to send" },
    { name: "sent", type: "integer", meaning: "rows this run stored on the chain" },
    { name: "failed", type: "integer", meaning: "rows that could not be stored" },
    { name: "machines", type: "integer", meaning: "machines the rows belong to" },
    { name: "transactions", type: "integer", meaning: "transactions of this run" },
    { name: "shift_seconds", type: "integer", meaning: "seconds added to every time" },
    {
      name: "bad_rows",
      type: "list",
      meaning: "row, line, column, value, rule of each bad row (first 1000)",
    },
    {
      name: "failures",
      type: "list",
      meaning: "row, line, code, message, tx_hash of each failed row (first 1000)",
    },
  ],
});
