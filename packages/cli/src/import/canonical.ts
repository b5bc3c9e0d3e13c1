/** One cell: CSV gives text, JSON lines any JSON value. */
export type Cell =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Cell[]
  | { readonly [key: string]: Cell };

export type Cells = Readonly<Record<string, Cell>>;

/**
 * The canonical form of a row, the bytes behind its data hash: a JSON object in UTF-8, keys sorted by code unit at
 * every depth, no blanks. It holds the row as the file has it: no shift, no mapping, no computed column. So the same
 * row has the same identity whatever the order of columns, the quoting or the line ends of the file.
 */
export function canonicalRow(cells: Cells): string {
  return write(cells);
}

function write(cell: Cell): string {
  if (cell === null || typeof cell === "boolean") return String(cell);
  if (typeof cell === "bigint") return cell.toString();
  if (typeof cell === "string" || typeof cell === "number") return JSON.stringify(cell);
  if (Array.isArray(cell)) return `[${cell.map(write).join(",")}]`;
  const entries = Object.entries(cell as Cells).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`).join(",")}}`;
}

/** The row's own cell; a column called `constructor` is no trap. */
export const cellOf = (cells: Cells, column: string): Cell | undefined =>
  Object.hasOwn(cells, column) ? cells[column] : undefined;

/** A cell as text, for numbers, times and words. `undefined`: the cell holds a list or an object. */
export function cellText(cell: Cell): string | undefined {
  if (cell === null) return "";
  if (typeof cell === "object") return undefined;
  return String(cell).trim();
}
