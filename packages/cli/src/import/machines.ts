import { readFile } from "node:fs/promises";
import type { ClientContext } from "@peaqos/peaq-os-sdk";
import { parse } from "csv-parse/sync";
import { usageError } from "../engine/errors.ts";
import { address as addressType, did as didType, machineId as machineIdType } from "../engine/values.ts";
import { machineIdAt } from "../event/checks.ts";

/** Names to what stands behind them: an id, a DID or an address, as text. */
export type MachineNames = ReadonlyMap<string, string>;

/**
 * Reads the file behind `--machines`: a JSON object `{ "name": 12 }`, a JSON list of objects or a CSV file, whose
 * first column is the name and whose column machine_id (else did, address, or the second one) is the machine.
 */
export async function readMachineNames(file: string): Promise<MachineNames> {
  const text = (await readFile(file, "utf8")).replace(/^\uFEFF/, "");
  const pairs = /^\s*[[{]/.test(text) ? fromJson(text, file) : fromCsv(text, file);
  const names = new Map<string, string>();
  for (const [name, machine] of pairs) {
    if (names.has(name) && names.get(name) !== machine) {
      throw broken(file, `${name} stands for two machines`, `${name}: ${names.get(name)} and ${machine}`);
    }
    if (!isMachine(machine)) {
      throw broken(file, `${name} is no machine`, `${name}: ${machine}`);
    }
    names.set(name, machine);
  }
  return names;
}

const isMachine = (text: string) =>
  machineIdType.parse(text) !== undefined ||
  didType.parse(text) !== undefined ||
  addressType.parse(text) !== undefined;

function fromJson(text: string, file: string): [string, string][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(file, "it is not JSON", (error as Error).message);
  }
  if (!Array.isArray(value)) return Object.entries(value as object).map(([name, id]) => [name, String(id)]);
  return value.map((entry) =>
    fromColumns(
      Object.entries(entry as object).map(([k, v]) => [k, String(v)]),
      file,
    ),
  );
}

function fromCsv(text: string, file: string): [string, string][] {
  let rows: string[][];
  try {
    rows = parse(text, { skip_empty_lines: true, trim: true });
  } catch (error) {
    throw broken(file, "it is not readable as CSV", (error as Error).message.split("\n")[0]!);
  }
  const [header, ...rest] = rows;
  if (!header || header.length < 2)
    throw broken(file, "it needs two columns", header?.join(",") ?? "(empty)");
  return rest.map((cells) =>
    fromColumns(
      header.map((name, index) => [name, cells[index] ?? ""]),
      file,
    ),
  );
}

function fromColumns(cells: readonly (readonly [string, string])[], file: string): [string, string] {
  const [name] = cells;
  const machine = ["machine_id", "did", "address"]
    .map((column) => cells.find(([key]) => key === column))
    .find((cell) => cell !== undefined && cell !== name);
  const chosen = machine ?? cells[1];
  if (!name || !chosen) throw broken(file, "an entry has no name or no machine", JSON.stringify(cells));
  return [name[1], chosen[1]];
}

function broken(file: string, what: string, value: string) {
  return usageError({
    code: "BROKEN_FILE",
    message: `${file} cannot be used as list of machines: ${what}`,
    value: value.slice(0, 120),
    rule: 'it is a JSON object {"name": machine_id} or CSV with a header and the columns name,machine_id',
    next: "correct the entry",
  });
}

/** Finds machine ids for the texts of the machine column, each looked up once. */
export class MachineFinder {
  readonly #client: ClientContext;
  readonly #names: MachineNames | undefined;
  readonly #found = new Map<string, Promise<bigint | string>>();

  constructor(client: ClientContext, names: MachineNames | undefined) {
    this.#client = client;
    this.#names = names;
  }

  /** The id, or the rule the text breaks. */
  find(text: string): Promise<bigint | string> {
    let found = this.#found.get(text);
    if (found === undefined) {
      found = this.#lookUp(text);
      this.#found.set(text, found);
    }
    return found;
  }

  async #lookUp(text: string): Promise<bigint | string> {
    const machine = this.#names ? this.#names.get(text) : text;
    if (machine === undefined) return "is not in the file of --machines";
    const id = machineIdType.parse(machine);
    if (id !== undefined) return id;
    const address = addressType.parse(machine.replace(/^did:peaq:/, ""));
    if (address === undefined) return "must be a machine id, a DID or an address (or give --machines)";
    const registered = await machineIdAt(this.#client, address);
    return registered === 0n ? "is not registered as a machine" : registered;
  }
}
