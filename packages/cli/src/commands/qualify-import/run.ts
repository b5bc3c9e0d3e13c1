import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { chainTime, type PeaqosClient, submitEvents } from "@peaqos/peaq-os-sdk";
import { signingClient } from "../../client.ts";
import { signingKey } from "../../config/key.ts";
import { CliError, usageError } from "../../engine/errors.ts";
import { unknownCurrencies } from "../../engine/event-values.ts";
import type { Handler, HandlerContext, Result } from "../../engine/types.ts";
import { checkMachine, checkNotPaused } from "../../event/checks.ts";
import { takeLock, waitForQuiet } from "../../import/guard.ts";
import { inParallel, type Known, readKnown, sortOut } from "../../import/known.ts";
import { MachineFinder, readMachineNames } from "../../import/machines.ts";
import { type BadRow, createMapper, type PreparedRow } from "../../import/mapping.ts";
import { type ReadResult, readAll } from "../../import/read.ts";
import {
  badRowLine,
  type Counts,
  type Failure,
  importJson,
  importText,
  sampleTable,
} from "../../import/report.ts";
import { formatOf, readRows } from "../../import/rows.ts";
import type { spec } from "./spec.ts";

type Context = HandlerContext<typeof spec>;
type PlacedRow = PreparedRow & { readonly machineId: bigint };

/** Machines looked at and read at a time. */
const WIDTH = 16;

export const run: Handler<typeof spec> = async (context) => {
  const { flags, args, io, ui } = context;
  checkFlags(flags);
  const file = resolve(io.cwd, args[0]);
  if (!(await stat(file)).isFile()) throw notAFile(file);
  const names =
    flags.machines === undefined ? undefined : await readMachineNames(resolve(io.cwd, flags.machines));
  const settings = await context.settings();
  const client = signingClient(settings, signingKey(settings));

  const read = await readAll(
    readRows(file, formatOf(file, flags.format), flags.delimiter ?? ","),
    mapperOf(context, file, await chainTime(client)),
  );
  const release = flags["dry-run"]
    ? async () => {}
    : await takeLock(io, await client.chainId(), client.address);
  try {
    const placed = await place(context, client, read, new MachineFinder(client, names));
    if (placed.bad.length > 0 && flags["on-error"] === "abort") throw badRows(args[0], read.rows, placed.bad);
    await waitForQuiet(client, ui);
    await checkNotPaused(client);
    const machines = [...new Set(placed.rows.map(({ machineId }) => machineId))];
    const known = new Map<bigint, Known>();
    await inParallel(machines, WIDTH, async (id) => known.set(id, await readKnown(client, id)));
    const sorted = sortOut(placed.rows, (id) => known.get(id) ?? new Map(), flags["keep-repeats"]);
    const counts: Counts = {
      file: args[0],
      dry_run: flags["dry-run"],
      rows: read.rows,
      filtered: read.filtered,
      bad: placed.bad.length,
      repeated: sorted.repeated,
      already_on_chain: sorted.alreadyOnChain,
      to_send: sorted.toSend.length,
      sent: 0,
      failed: 0,
      machines: machines.length,
      transactions: 0,
      shift_seconds: flags.shift,
    };
    if (flags["dry-run"]) return planned(counts, placed.bad, sorted.toSend);
    ui.line(
      `${args[0]}: ${read.rows} rows, ${sorted.alreadyOnChain} on the chain already, ${sorted.toSend.length} to send for ${machines.length} machine${machines.length === 1 ? "" : "s"}`,
    );
    const doubt = unknownCurrencies(sorted.toSend.map(({ event }) => event.currency ?? ""));
    if (doubt !== undefined) ui.warn(doubt);
    if (sorted.repeated > 0)
      ui.warn(`${sorted.repeated} rows repeat an earlier row and are left out (--keep-repeats sends them)`);
    if (sorted.toSend.length > 0 && !flags.yes && ui.interactive) {
      await ui.confirm(`Send ${sorted.toSend.length} events?`, "--yes");
    }
    return await send(context, client, sorted.toSend, placed.bad, counts);
  } finally {
    await release();
  }
};

function checkFlags(flags: Context["flags"]): void {
  const one = [flags["machine-id"] !== undefined, flags["machine-column"] !== undefined].filter(
    Boolean,
  ).length;
  if (one !== 1) {
    throw usageError({
      code: "MISSING_OPTION",
      message:
        one === 0
          ? "Nothing says which machine the rows belong to"
          : "--machine-id and --machine-column exclude each other",
      value: one === 0 ? "(nothing)" : `${flags["machine-id"]} and ${flags["machine-column"]}`,
      rule: "either all rows belong to --machine-id, or --machine-column names the machine of each",
      next: one === 0 ? "add --machine-id N, or --machine-column COLUMN" : "leave one of the two out",
    });
  }
  if (flags.machines !== undefined && flags["machine-column"] === undefined) {
    throw usageError({
      message: "--machines needs --machine-column",
      value: flags.machines,
      rule: "the file explains the names in that column",
      next: "add --machine-column COLUMN",
    });
  }
}

function mapperOf({ flags }: Context, file: string, newest: bigint) {
  const csv = formatOf(file, flags.format) === "csv";
  return (columns: readonly string[]) =>
    createMapper(
      {
        map: flags.map,
        type: flags.type,
        value: flags.value,
        currency: flags.currency,
        trust: flags.trust,
        sourceChain: flags["source-chain"],
        machineColumn: flags["machine-column"],
        metadataColumns: flags["metadata-columns"] ?? [],
        where: flags.where,
        zone: flags.zone,
        shift: flags.shift,
      },
      csv ? columns : undefined,
      newest,
    );
}

/** Gives every row its machine; rows of a machine that cannot take events join the bad ones. */
async function place(
  { flags }: Context,
  client: PeaqosClient,
  read: ReadResult,
  finder: MachineFinder,
): Promise<{ rows: PlacedRow[]; bad: BadRow[] }> {
  const column = flags["machine-column"];
  const texts = [...new Set(read.good.map(({ machine }) => machine ?? ""))];
  const ids = new Map(
    await inParallel(
      texts,
      WIDTH,
      async (text): Promise<[string, bigint | string]> => [
        text,
        await usable(client, column === undefined ? flags["machine-id"]! : await finder.find(text)),
      ],
    ),
  );
  const rows: PlacedRow[] = [];
  const bad = [...read.bad];
  for (const row of read.good) {
    const id = ids.get(row.machine ?? "")!;
    if (typeof id === "bigint") rows.push({ ...row, machineId: id });
    else {
      const value = row.machine ?? String(flags["machine-id"]);
      bad.push({ row: row.row, line: row.line, column: column ?? "--machine-id", value, rule: id });
    }
  }
  return { rows, bad: bad.sort((a, b) => a.row - b.row) };
}

/** The id again when the machine takes events from this key, else why not. */
async function usable(client: PeaqosClient, id: bigint | string): Promise<bigint | string> {
  if (typeof id === "string") return id;
  try {
    await checkMachine(client, id);
    return id;
  } catch (error) {
    if ((error as { code?: string }).code === "MachineNotFound") return `no machine has the id ${id}`;
    const refusals = ["MachineDeactivated", "MachineNotBonded", "NotAuthorizedSubmitter"];
    if (error instanceof CliError && refusals.includes(error.parts.code)) return error.message;
    throw error;
  }
}

async function send(
  { io, ui, flags }: Context,
  client: PeaqosClient,
  rows: readonly PlacedRow[],
  bad: readonly BadRow[],
  counts: Counts,
): Promise<Result> {
  const failures: Failure[] = [];
  const transactions = new Set<string>();
  let sent = 0;
  const stop = new AbortController();
  const calm = io.onInterrupt(() => {
    ui.warn("stopping after what is under way; the same command sends the rest later");
    stop.abort();
  });
  const progress = rows.length === 0 ? undefined : ui.progress("Sending", rows.length);
  try {
    const events = rows.map(({ machineId, event }) => ({ machineId, ...event }));
    for await (const result of submitEvents(client, events, { signal: stop.signal })) {
      const { row, line } = rows[result.index]!;
      if (result.status === "settled") {
        sent += 1;
        transactions.add(result.txHash);
      } else {
        const { code, message } = result.error;
        failures.push({
          row,
          line,
          code,
          message,
          tx_hash: result.status === "unknown" ? result.txHash : null,
        });
      }
      progress?.advance(sent + failures.length);
    }
  } finally {
    progress?.end();
    calm();
  }
  const final: Counts = { ...counts, sent, failed: failures.length, transactions: transactions.size };
  const unfinished = sent + failures.length < rows.length;
  return {
    json: importJson(final, bad, failures),
    text: (style) => importText(final, bad, failures, style),
    exitCode: failures.length > 0 ? 2 : unfinished && !flags["dry-run"] ? 1 : 0,
  };
}

function planned(counts: Counts, bad: readonly BadRow[], rows: readonly PlacedRow[]): Result {
  return {
    json: importJson(counts, bad, []),
    text: (style) =>
      [
        importText(counts, bad, [], style),
        ...(rows.length > 0 ? ["", "First events:", sampleTable(rows)] : []),
      ].join("\n"),
  };
}

function badRows(file: string, rows: number, bad: readonly BadRow[]) {
  const [first] = bad as [BadRow];
  return usageError({
    code: "BAD_ROWS",
    message: `${bad.length} of ${rows} rows in ${file} break a rule; nothing was sent. First: ${badRowLine(first)}`,
    value: first.value,
    rule: first.rule,
    next: "correct the file, or add --on-error skip to leave bad rows out",
    details: { bad: bad.length, bad_rows: bad.slice(0, 1000) },
  });
}

function notAFile(file: string) {
  return usageError({
    code: "EISDIR",
    message: `${file} is no file`,
    value: file,
    rule: "FILE is a CSV or JSON lines file",
    next: "check the path",
  });
}
