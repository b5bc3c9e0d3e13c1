import type { Io, OutputStream } from "./types.ts";

export type Style = {
  readonly colour: boolean;
  readonly columns: number;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
};

/** Colour only on a terminal, and never with NO_COLOR (any non-empty value), TERM=dumb or --no-color. */
export function styleFor(stream: OutputStream, env: Io["env"], noColor: boolean): Style {
  const colour = stream.isTTY && !noColor && !env.NO_COLOR && env.TERM !== "dumb";
  const paint = (code: number, end: number) => (text: string) =>
    colour ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return {
    colour,
    columns: stream.columns,
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
  };
}
