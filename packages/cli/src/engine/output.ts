export type Row = readonly [label: string, value: string];

/** `  Label:    value` with one value column; the colon is attached to the label. `column` fixes the column. */
export function block(rows: readonly Row[], indent = 2, column?: number): string {
  const width = column ?? indent + Math.max(...rows.map(([label]) => label.length)) + 3;
  return rows
    .map(([label, value]) => `${`${" ".repeat(indent)}${label}:`.padEnd(width)}${value}`.trimEnd())
    .join("\n");
}

/** `  Label  :  value`: the colons line up (whoami, show). */
export function alignedBlock(rows: readonly Row[], indent = 2): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows
    .map(([label, value]) => `${" ".repeat(indent)}${label.padEnd(width)}:  ${value}`.trimEnd())
    .join("\n");
}

export type Column = { readonly title: string; readonly right?: boolean };

/** Header, a rule over the full width, rows; two blanks between columns. Numbers go to the right. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(visible(title), ...rows.map((row) => visible(row[index] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const gap = " ".repeat(widths[index]! - visible(cell));
        return columns[index]!.right ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd();
  const rule = "─".repeat(widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1)));
  return [line(columns.map(({ title }) => title)), rule, ...rows.map(line)].join("\n");
}

const ANSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** Length on the screen, colour codes left out. */
export function visible(text: string): number {
  return text.replaceAll(ANSI, "").length;
}

/** Text from a server or a chain, made safe for a terminal: control characters become visible escapes. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not reach a terminal
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Breaks running text at blanks so that no line is longer than `columns`. */
export function wrap(text: string, columns: number, indent = ""): string {
  const width = Math.max(20, columns - indent.length);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  if (line !== "") lines.push(line);
  return lines.map((entry) => indent + entry).join("\n");
}

/** `0xabcd...1234`; a DID keeps its prefix. */
export function short(address: string): string {
  const prefix = /^did:peaq:(?=0x)/.exec(address)?.[0] ?? "";
  const rest = address.slice(prefix.length);
  return rest.length <= 13 ? address : `${prefix}${rest.slice(0, 6)}...${rest.slice(-4)}`;
}

/** Unix seconds as `YYYY-MM-DDTHH:MM:SSZ`; an em dash when there is none. */
export function isoSeconds(seconds: number | bigint | null | undefined): string {
  if (seconds === null || seconds === undefined) return "—";
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : `${date.toISOString().slice(0, 19)}Z`;
}

/** Base units as PEAQ with 4 decimals, cut and never rounded up. */
export function peaq(wei: bigint): string {
  const sign = wei < 0n ? "-" : "";
  const positive = wei < 0n ? -wei : wei;
  const fraction = (positive % 10n ** 18n).toString().padStart(18, "0").slice(0, 4);
  return `${sign}${positive / 10n ** 18n}.${fraction} PEAQ`;
}

/** Base units as PEAQ with every digit that counts: for amounts somebody has to send. */
export function peaqExact(wei: bigint): string {
  const fraction = (wei % 10n ** 18n).toString().padStart(18, "0").replace(/0+$/, "");
  return `${wei / 10n ** 18n}${fraction === "" ? "" : `.${fraction}`} PEAQ`;
}

/** US cents as `$12.34`. */
export function dollars(cents: number | bigint): string {
  const value = BigInt(cents);
  const positive = value < 0n ? -value : value;
  return `${value < 0n ? "-" : ""}$${positive / 100n}.${(positive % 100n).toString().padStart(2, "0")}`;
}
