/** What a person sees: headings, facts, and lines to copy. With --json all of it goes to stderr. */
export type Screen = {
  heading(text: string): void;
  line(text?: string): void;
  /** A request or transaction, as it can be copied. */
  copy(text: string): void;
};

export function screenOn(stream: NodeJS.WriteStream): Screen {
  const colour = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  const style = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const write = (text: string) => void stream.write(`${text}\n`);
  return {
    heading: (text) => write(`\n${style(1, text)}`),
    line: (text = "") => write(text === "" ? "" : `  ${text}`),
    copy: (text) => write(style(2, `  ${text}`)),
  };
}

/** A line of another program within 78 columns: broken at blanks, continued two deeper than it begins. */
export function folded(line: string): string[] {
  const indent = " ".repeat(line.length - line.trimStart().length);
  const lines: string[] = [];
  let rest = line;
  while (rest.length > 78) {
    const at = rest.lastIndexOf(" ", 78);
    if (at <= indent.length) break;
    lines.push(rest.slice(0, at));
    rest = `${indent}  ${rest.slice(at + 1).trimStart()}`;
  }
  return [...lines, rest];
}

/** 1234567 -> "1,234,567". */
export function grouped(value: number | bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Cents -> "1,234.56". */
export function dollars(cents: bigint): string {
  return `${grouped(cents / 100n)}.${String(cents % 100n).padStart(2, "0")}`;
}

/** Columns, the first left-aligned and the rest right-aligned unless their heading ends in a blank. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const left = (column: number) => column === 0 || headings[column]?.endsWith(" ");
  const layout = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (left(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd();
  const rule = "─".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [layout(headings), rule, ...rows.map(layout)];
}
