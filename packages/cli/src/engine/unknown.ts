import { type CliError, usageError } from "./errors.ts";
import { type Candidate, suggest } from "./suggest.ts";
import type { Command, Options } from "./types.ts";

/** Answers to words nobody knows: the error, with the nearest right words in it. */

export function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}

export function unknownCommand(
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
    .filter((entry) => entry.path.length > path.length && samePath(entry.path.slice(0, path.length), path))
    .map((entry) => entry.path.slice(path.length).join(" "));
}

/** Near commands: by the next word, by the whole phrase, and by a last word typed alone (`mcr` for `qualify mcr`). */
function suggestCommand(
  path: readonly string[],
  words: readonly string[],
  commands: readonly Command[],
): string[] {
  const under = commands.filter(
    (entry) => entry.path.length > path.length && samePath(entry.path.slice(0, path.length), path),
  );
  const candidates: Candidate[] = under.map((entry) => {
    const rest = entry.path.slice(path.length);
    return {
      name: entry.path.join(" "),
      alsoSought: [rest.join(" "), rest.at(-1)!, rest[0]!, ...(entry.alsoSought ?? [])],
    };
  });
  const phrases = [3, 2, 1].filter((count) => words.length >= count).map((n) => words.slice(0, n).join(" "));
  for (const phrase of phrases) {
    const near = suggest(phrase, candidates);
    if (near.length > 0) return near;
  }
  return path.length > 0 ? suggestCommand([], [...path, ...words], commands) : [];
}

export function unknownOption(
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

function suggestOption(word: string, options: Options): string[] {
  return suggest(
    word,
    Object.entries(options).map(([name, option]) => ({ name, alsoSought: option.alsoSought ?? [] })),
  );
}
