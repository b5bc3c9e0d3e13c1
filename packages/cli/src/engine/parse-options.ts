import { parseArgs } from "node:util";
import { type CliError, usageError } from "./errors.ts";
import { suggest } from "./suggest.ts";
import type { Command, Option, Options } from "./types.ts";
import { unknownOption } from "./unknown.ts";

type Given = { readonly option: string; readonly raw: string | undefined };

/** Splits into options and the rest; unknown options are refused here, with the nearest one named. */
export function tokens(
  argv: readonly string[],
  options: Options,
  path: readonly string[],
  commands: readonly Command[],
): { given: Given[]; positionals: string[] } {
  const parsed = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, option]) => [
        name,
        { type: option.value ? ("string" as const) : ("boolean" as const), ...shortOf(option) },
      ]),
    ),
  });
  const given: Given[] = [];
  const positionals: string[] = [];
  for (const token of parsed.tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) throw unknownOption(token.rawName, options, path, commands);
    if (!option.value && token.value !== undefined) {
      throw usageError({
        message: `${token.rawName} takes no value`,
        value: token.value,
        rule: `${token.rawName} is a switch`,
        next: `write only ${token.rawName}`,
      });
    }
    // `--value --type revenue`: the next option is no value, although the tokenizer takes it as one.
    const swallowed =
      token.value !== undefined && !token.inlineValue && /^--[a-z]/.test(token.value)
        ? token.value
        : undefined;
    if (option.value && (token.value === undefined || swallowed !== undefined)) {
      throw usageError({
        message: `${token.rawName} needs a value`,
        value: swallowed === undefined ? "(nothing)" : swallowed,
        rule: `${token.rawName} ${option.value.rule}`,
        next: `${token.rawName} ${option.value.hint}${swallowed ? ` (a value that begins with -- is written ${token.rawName}=...)` : ""}`,
      });
    }
    given.push({ option: token.name, raw: token.value });
  }
  return { given, positionals };
}

function shortOf(option: Option): { short?: string } {
  return option.short === undefined ? {} : { short: option.short };
}

/** Checks a value and puts it where the handler finds it. */
export function setValue(
  target: Record<string, unknown>,
  { option: name, raw }: Given,
  options: Options,
  path: readonly string[] = [],
): void {
  const option = options[name]!;
  if (!option.value) {
    target[name] = true;
    return;
  }
  const value = option.value.parse(raw!);
  if (value === undefined) throw badValue(`--${name}`, raw!, option, path, name === "orch-api-key");
  if (option.many) {
    target[name] = [...((target[name] as unknown[] | undefined) ?? []), value];
    return;
  }
  if (target[name] !== undefined) {
    throw usageError({
      message: `--${name} is given more than once`,
      value: raw!,
      rule: "an option that holds one value may stand once",
      next: `leave one --${name}`,
    });
  }
  target[name] = value;
}

function badValue(
  name: string,
  raw: string,
  option: { value?: Option["value"] },
  path: readonly string[],
  secret = false,
): CliError {
  const { rule, choices } = option.value!;
  const near = choices
    ? suggest(
        raw,
        choices.map((entry) => ({ name: entry })),
      )
    : [];
  return usageError({
    code: "BAD_VALUE",
    message: `${name} has a wrong value`,
    value: secret ? "(hidden)" : raw === "" ? '""' : raw,
    rule: `${name} ${rule}`,
    next: near[0]
      ? `did you mean ${name.startsWith("--") ? `${name} ` : ""}${near[0]}?`
      : `\`peaqos ${[...path, "--help"].join(" ")}\` shows examples`,
    details: { field: name.replace(/^--/, "") },
  });
}

/** Fills in defaults; names every required option that is missing. */
export function complete(flags: Record<string, unknown>, command: Command): Record<string, unknown> {
  const missing: string[] = [];
  const full: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(command.options)) {
    if (flags[name] !== undefined) full[name] = flags[name];
    else if (!option.value) full[name] = false;
    else if (option.many) full[name] = [];
    else if (option.required) missing.push(name);
    else full[name] = option.default;
  }
  if (missing.length > 0) {
    const [first] = missing;
    throw usageError({
      code: "MISSING_OPTION",
      message: `Missing ${missing.map((name) => `--${name}`).join(", ")}`,
      value: "(nothing)",
      rule: `--${first} ${command.options[first!]!.value!.rule}`,
      next: `for example: ${command.examples[0].command}`,
      details: { missing },
    });
  }
  return full;
}

export function readArguments(positionals: readonly string[], command: Command): unknown[] {
  const values: unknown[] = [];
  for (const [index, argument] of command.args.entries()) {
    const raw = positionals[index];
    if (raw === undefined) {
      if (argument.optional) {
        values.push(undefined);
        continue;
      }
      throw usageError({
        code: "MISSING_ARGUMENT",
        message: `Missing ${argument.name}: ${argument.summary}`,
        value: "(nothing)",
        rule: `${argument.name} ${argument.value.rule}`,
        next: `for example: ${command.examples[0].command}`,
      });
    }
    const value = argument.value.parse(raw);
    if (value === undefined) throw badValue(argument.name, raw, argument, command.path);
    values.push(value);
  }
  const extra = positionals[command.args.length];
  if (extra !== undefined) {
    throw usageError({
      code: "UNEXPECTED_ARGUMENT",
      message: `\`peaqos ${command.path.join(" ")}\` takes ${command.args.length === 0 ? "no arguments" : `only ${command.args.map(({ name }) => name).join(" ")}`}`,
      value: extra,
      rule: "words that belong to an option follow it directly",
      next: `\`peaqos ${command.path.join(" ")} --help\` shows the form`,
    });
  }
  return values;
}
