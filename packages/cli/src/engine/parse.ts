import { parseArgs } from "node:util";
import { type CliError, usageError } from "./errors.ts";
import { GLOBAL_OPTIONS } from "./globals.ts";
import { type Candidate, suggest } from "./suggest.ts";
import type { Command, GlobalFlags, Option, Options } from "./types.ts";

export type Parsed =
  | { readonly kind: "help"; readonly path: readonly string[]; readonly globals: GlobalFlags }
  | { readonly kind: "version"; readonly globals: GlobalFlags }
  | { readonly kind: "group"; readonly path: readonly string[]; readonly globals: GlobalFlags }
  | {
      readonly kind: "command";
      readonly command: Command;
      readonly flags: Record<string, unknown>;
      readonly args: readonly unknown[];
      readonly globals: GlobalFlags;
    };

type Given = { readonly option: string; readonly raw: string | undefined };

/** Groups of commands that are known but belong to a later release. */
const LATER: Readonly<Record<string, string>> = {
  wallet:
    "use a key instead: set PEAQOS_PRIVATE_KEY (`peaqos init` writes a .env and can make a key), and see `peaqos --help` for what there is",
  scale: "see `peaqos --help` for the commands there are",
};

/** Reads a command line against the command table. Throws a usage error (exit 1) for anything it does not know. */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[]): Parsed {
  const { path, words, before, after } = splitAtCommand(argv, commands);
  const command = commands.find((entry) => samePath(entry.path, path));
  const globals: Record<string, unknown> = { ...noGlobals() };

  // Before the command's name only options for all commands make sense.
  for (const given of tokens(before, GLOBAL_OPTIONS, path.length > 0 ? path : words, commands).given) {
    setValue(globals, given, GLOBAL_OPTIONS);
  }
  if (!command) {
    for (const given of tokens(after, GLOBAL_OPTIONS, path, commands).given) {
      setValue(globals, given, GLOBAL_OPTIONS);
    }
    checkGlobals(globals);
    return finishWithoutCommand(path, words, globals as unknown as GlobalFlags, commands);
  }

  const all = { ...GLOBAL_OPTIONS, ...command.options };
  const { given, positionals } = tokens(after, all, path, commands);
  const flags: Record<string, unknown> = {};
  // --help wins over whatever else is wrong with the line.
  if (given.some(({ option }) => option === "help")) globals.help = true;
  if (globals.help) return { kind: "help", path, globals: globals as unknown as GlobalFlags };
  for (const entry of given) {
    if (Object.hasOwn(command.options, entry.option)) setValue(flags, entry, command.options, path);
    else setValue(globals, entry, GLOBAL_OPTIONS, path);
  }
  checkGlobals(globals);
  if (globals.version) return { kind: "version", globals: globals as unknown as GlobalFlags };
  return {
    kind: "command",
    command,
    flags: complete(flags, command),
    args: readArguments(positionals, command),
    globals: globals as unknown as GlobalFlags,
  };
}

function noGlobals(): GlobalFlags {
  return {
    help: false,
    version: false,
    json: false,
    verbose: false,
    quiet: false,
    "no-color": false,
    "env-file": undefined,
    "orchestration-url": undefined,
    "orch-api-key": undefined,
  };
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}

/** Finds the longest run of words that is a command or a group; everything else keeps its place. */
function splitAtCommand(argv: readonly string[], commands: readonly Command[]) {
  const path: string[] = [];
  const before: string[] = [];
  const after: string[] = [];
  let words: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    const place = path.length === 0 ? before : after;
    if (word === "--") {
      place.push(...argv.slice(index));
      break;
    }
    if (word.startsWith("-") && word !== "-") {
      place.push(word);
      const name = word.replace(/^--/, "");
      const option: Option | undefined = GLOBAL_OPTIONS[name as keyof typeof GLOBAL_OPTIONS];
      if (option?.value && index + 1 < argv.length) place.push(argv[++index]!);
      continue;
    }
    const next = [...path, word];
    if (commands.some((entry) => samePath(entry.path.slice(0, next.length), next))) {
      path.push(word);
      if (commands.some((entry) => samePath(entry.path, path))) {
        after.push(...argv.slice(index + 1));
        break;
      }
      continue;
    }
    words = [word, ...argv.slice(index + 1).filter((entry) => !entry.startsWith("-"))];
    after.push(...argv.slice(index + 1).filter((entry) => entry === "--help" || entry === "--json"));
    break;
  }
  return { path, words, before, after };
}

function finishWithoutCommand(
  path: readonly string[],
  words: readonly string[],
  globals: GlobalFlags,
  commands: readonly Command[],
): Parsed {
  const [word] = words;
  if (path.length === 0 && word !== undefined) {
    if (word === "help") {
      const target = words.slice(1);
      if (
        target.length > 0 &&
        !commands.some((entry) => samePath(entry.path.slice(0, target.length), target))
      )
        throw unknownCommand([], target, commands);
      return { kind: "help", path: target, globals };
    }
    if (Object.hasOwn(LATER, word)) {
      throw usageError({
        code: "NOT_IN_THIS_RELEASE",
        message: `This release has no \`peaqos ${word}\` commands yet`,
        value: `peaqos ${words.join(" ")}`,
        rule: "they come with a later release",
        next: LATER[word],
      });
    }
  }
  if (word !== undefined) throw unknownCommand(path, words, commands);
  if (globals.version) return { kind: "version", globals };
  if (globals.help || path.length === 0) return { kind: "help", path, globals };
  return { kind: "group", path, globals };
}

function unknownCommand(
  path: readonly string[],
  words: readonly string[],
  commands: readonly Command[],
): CliError {
  const typed = [...path, ...words].join(" ");
  const near = suggestCommand(path, words, commands);
  const name = [...path, words[0]].join(" ");
  return usageError({
    code: "UNKNOWN_COMMAND",
    message: `There is no command \`peaqos ${name}\``,
    value: typed,
    rule: `must be one of ${commandsUnder(path, commands).join(", ")}`,
    next: near[0]
      ? `did you mean \`peaqos ${near[0]}\`?${near.length > 1 ? ` (or ${near.slice(1).join(", ")})` : ""}`
      : `\`peaqos${path.length > 0 ? ` ${path.join(" ")}` : ""} --help\` lists the commands`,
    details: { suggestions: near },
  });
}

function commandsUnder(path: readonly string[], commands: readonly Command[]): string[] {
  return commands
    .filter((entry) => samePath(entry.path.slice(0, path.length), path))
    .map((entry) => entry.path.slice(path.length).join(" "));
}

/** Near commands: by the next word, by the whole phrase, and by a last word typed alone (`mcr` for `qualify mcr`). */
export function suggestCommand(
  path: readonly string[],
  words: readonly string[],
  commands: readonly Command[],
): string[] {
  const under = commands.filter((entry) => samePath(entry.path.slice(0, path.length), path));
  const candidates: Candidate[] = under.map((entry) => {
    const rest = entry.path.slice(path.length);
    return { name: entry.path.join(" "), alsoSought: [rest.join(" "), rest.at(-1)!, rest[0]!] };
  });
  const phrases = [3, 2, 1].filter((count) => words.length >= count).map((n) => words.slice(0, n).join(" "));
  for (const phrase of phrases) {
    const near = suggest(phrase, candidates);
    if (near.length > 0) return near;
  }
  return path.length > 0 ? suggestCommand([], [...path, ...words], commands) : [];
}

/** Splits into options and the rest; unknown options are refused here, with the nearest one named. */
function tokens(
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

function unknownOption(
  rawName: string,
  options: Options,
  path: readonly string[],
  commands: readonly Command[],
): CliError {
  const word = rawName.replace(/^-+/, "");
  const near = suggestOption(word, options);
  const owners = commands.filter((entry) => Object.hasOwn(entry.options, word));
  const where = path.length > 0 ? `peaqos ${path.join(" ")}` : "peaqos";
  let next = `\`${where} --help\` lists the options`;
  if (near[0]) next = `did you mean --${near[0]}?`;
  else if (owners[0]) {
    const name = `peaqos ${owners[0].path.join(" ")}`;
    next =
      owners[0].path.join(" ") === path.join(" ")
        ? `${rawName} goes behind the command: \`${name} ${rawName} ...\``
        : `${rawName} is an option of \`${name}\``;
  }
  return usageError({
    code: "UNKNOWN_OPTION",
    message: `${where} has no option ${rawName}`,
    value: rawName,
    rule: "options are written in full and in lower case",
    next,
    details: { suggestions: near.map((name) => `--${name}`) },
  });
}

export function suggestOption(word: string, options: Options): string[] {
  return suggest(
    word,
    Object.entries(options).map(([name, option]) => ({ name, alsoSought: option.alsoSought ?? [] })),
  );
}

function setValue(
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

function checkGlobals(globals: Record<string, unknown>): void {
  if (globals.verbose && globals.quiet) {
    throw usageError({
      message: "--verbose and --quiet exclude each other",
      value: "-v -q",
      rule: "one of the two, or none",
      next: "leave one of them out",
    });
  }
}

function complete(flags: Record<string, unknown>, command: Command): Record<string, unknown> {
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

function readArguments(positionals: readonly string[], command: Command): unknown[] {
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
