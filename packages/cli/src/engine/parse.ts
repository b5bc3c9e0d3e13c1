import { usageError } from "./errors.ts";
import { GLOBAL_OPTIONS } from "./globals.ts";
import { complete, readArguments, setValue, tokens } from "./parse-options.ts";
import { suggest } from "./suggest.ts";
import type { Command, GlobalFlags, Option } from "./types.ts";
import { samePath, unknownCommand } from "./unknown.ts";

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

/** Groups of commands that are known but belong to a later release. */
const LATER: Readonly<Record<string, string>> = {
  wallet:
    "use a key instead: set PEAQOS_PRIVATE_KEY (`peaqos init` writes a .env and can make a key), and see `peaqos --help` for what there is",
};

/** Groups that answer with their help on stdout and exit 0 when nothing follows, as published. */
const HELPFUL_GROUP = "scale";

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
  if (isGroup(path, commands)) {
    // A misspelt `order status` must not become an order of a service called "statsu".
    const [word] = positionals;
    if (word !== undefined && nearSubcommand(word, path, commands)) {
      throw unknownCommand(path, positionals, commands);
    }
    const own = given.some(({ option }) => Object.hasOwn(command.options, option));
    if (word === undefined && !own) globals.help = true;
  }
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
        // A command can be the beginning of others: `order` and `order status`.
        if (isGroup(path, commands) && goesOn(path, argv.slice(index + 1), commands)) continue;
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

/** Whether longer commands begin with this path. */
function isGroup(path: readonly string[], commands: readonly Command[]): boolean {
  return commands.some(
    (entry) => entry.path.length > path.length && samePath(entry.path.slice(0, path.length), path),
  );
}

/** Whether a plain word looks like one of the words that may follow. */
function nearSubcommand(word: string, path: readonly string[], commands: readonly Command[]): boolean {
  const longer = commands.filter(
    (entry) => entry.path.length > path.length && samePath(entry.path.slice(0, path.length), path),
  );
  const names = longer.map((entry) => ({
    name: entry.path[path.length]!,
    alsoSought: entry.alsoSought ?? [],
  }));
  return /^[a-z]+$/i.test(word) && suggest(word, names).length > 0;
}

/** Whether the next word, options for all commands left out, leads to a longer command. */
function goesOn(path: readonly string[], rest: readonly string[], commands: readonly Command[]): boolean {
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index]!;
    const option: Option | undefined = GLOBAL_OPTIONS[word.replace(/^--/, "") as keyof typeof GLOBAL_OPTIONS];
    if (word.startsWith("--") && option !== undefined) {
      if (option.value) index++;
      continue;
    }
    if (word.startsWith("-")) return /^-[hvq]$/.test(word) && goesOn(path, rest.slice(index + 1), commands);
    const next = [...path, word];
    return commands.some((entry) => samePath(entry.path.slice(0, next.length), next));
  }
  return false;
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
  if (globals.help || path.length === 0 || path[0] === HELPFUL_GROUP) return { kind: "help", path, globals };
  return { kind: "group", path, globals };
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
