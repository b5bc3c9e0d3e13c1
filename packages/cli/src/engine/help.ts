import { GLOBAL_OPTIONS } from "./globals.ts";
import { wrap } from "./output.ts";
import type { Style } from "./style.ts";
import type { Command, Option, Options } from "./types.ts";

export type HelpRoot = {
  readonly commands: readonly Command[];
  readonly groups: Readonly<Record<string, string>>;
};

/** Help for the program (`[]`), a group or a command. */
export function help(path: readonly string[], root: HelpRoot, style: Style): string {
  const columns = Math.min(Math.max(style.columns, 40), 100);
  const command = root.commands.find((entry) => entry.path.join(" ") === path.join(" "));
  return command ? commandHelp(command, root, style, columns) : groupHelp(path, root, style, columns);
}

export function usage(command: Command): string {
  const required = Object.entries(command.options).filter(([, option]) => option.required);
  const parts = [
    "peaqos",
    ...command.path,
    ...command.args.map(({ name, optional }) => (optional ? `[${name}]` : name)),
    ...required.map(([name, option]) => `--${name} ${option.value!.hint}`),
  ];
  if (Object.keys(command.options).length > required.length) parts.push("[options]");
  return parts.join(" ");
}

function commandHelp(command: Command, root: HelpRoot, style: Style, columns: number): string {
  const sections = [
    `${style.bold("Usage:")} ${wrap(usage(command), columns - 7, " ".repeat(9)).trimStart()}`,
  ];
  sections.push(wrap(command.summary, columns));
  if (command.description) sections.push(wrap(command.description, columns));
  if (command.args.length > 0) {
    const rows = command.args.map((entry): [string, string] => [
      entry.name,
      `${entry.summary} (${entry.value.rule})`,
    ]);
    sections.push(`${style.bold("Arguments:")}\n${definitions(rows, columns)}`);
  }
  const under = root.commands.filter(
    (entry) =>
      entry.path.length > command.path.length &&
      command.path.every((word, index) => entry.path[index] === word),
  );
  if (under.length > 0) {
    const rows = under.map((entry): [string, string] => [
      entry.path.slice(command.path.length).join(" "),
      entry.summary,
    ]);
    sections.push(`${style.bold("Commands:")}\n${definitions(rows, columns)}`);
  }
  const own = optionRows(command.options);
  if (own.length > 0) sections.push(`${style.bold("Options:")}\n${definitions(own, columns)}`);
  sections.push(`${style.bold("Global options:")}\n${definitions(optionRows(GLOBAL_OPTIONS), columns)}`);
  sections.push(`${style.bold("Examples:")}\n${examples(command, style)}`);
  return `${sections.join("\n\n")}\n`;
}

function examples(command: Command, style: Style): string {
  return command.examples
    .map(({ command: line, does }) => `  ${style.dim(`# ${does}`)}\n  ${line.replaceAll("\n", "\n  ")}`)
    .join("\n");
}

export function optionRows(options: Options): [string, string][] {
  return Object.entries(options).map(([name, option]) => [optionName(name, option), optionText(option)]);
}

export function optionName(name: string, option: Option): string {
  return `${option.short ? `-${option.short}, ` : ""}--${name}${option.value ? ` ${option.value.hint}` : ""}`;
}

function optionText(option: Option): string {
  const parts = [option.summary];
  if (option.required) parts.push("(required)");
  if (option.many) parts.push("(repeatable)");
  if (option.default !== undefined) parts.push(`(default: ${String(option.default)})`);
  else if (option.defaultText) parts.push(`(default: ${option.defaultText})`);
  return parts.join(" ");
}

/** Two columns; a name too long for its column gets a line of its own. */
function definitions(rows: readonly (readonly [string, string])[], columns: number): string {
  const column = Math.min(Math.max(...rows.map(([name]) => name.length)), 26) + 4;
  return rows
    .map(([name, text]) => {
      const wrapped = wrap(text, columns, " ".repeat(column));
      return name.length + 4 > column
        ? `  ${name}\n${wrapped}`
        : `  ${name}${wrapped.slice(name.length + 2)}`;
    })
    .join("\n");
}

function groupHelp(path: readonly string[], root: HelpRoot, style: Style, columns: number): string {
  const name = ["peaqos", ...path].join(" ");
  const under = root.commands.filter((entry) => path.every((word, index) => entry.path[index] === word));
  const rows = under.map((entry): [string, string] => [
    entry.path.slice(path.length).join(" "),
    entry.summary,
  ]);
  const sections = [`${style.bold("Usage:")} ${name} COMMAND [options]`];
  const about = root.groups[path.join(" ")];
  if (about) sections.push(wrap(about, columns));
  sections.push(`${style.bold("Commands:")}\n${definitions(rows, columns)}`);
  sections.push(`${style.bold("Global options:")}\n${definitions(optionRows(GLOBAL_OPTIONS), columns)}`);
  if (path.length === 0) {
    const lines = [
      "  0  success",
      "  1  user or validation error (bad flag, invalid DID, cap or rate limit)",
      "  2  network, RPC or on-chain error (no connection, HTTP, revert)",
      "  3  configuration error (missing variable, invalid private key file)",
    ];
    sections.push(`${style.bold("Exit codes:")}\n${lines.join("\n")}`);
  }
  const first = under[0];
  if (first) {
    sections.push(
      `${style.bold("Examples:")}\n${under
        .slice(0, 3)
        .map((entry) => `  ${entry.examples[0].command.replaceAll("\n", "\n  ")}`)
        .join("\n")}`,
    );
  }
  sections.push(`\`${name} COMMAND --help\` shows the options and examples of a command.`);
  return `${sections.join("\n\n")}\n`;
}
