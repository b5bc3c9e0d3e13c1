import { GLOBAL_OPTIONS } from "../engine/globals.ts";
import type { Command, Option } from "../engine/types.ts";

/** One place in the command tree: the words that may follow, and what its options take. */
export type CompletionNode = {
  /** Words so far, joined by one blank; "" is `peaqos` itself. */
  readonly path: string;
  readonly words: readonly { readonly name: string; readonly about: string }[];
  readonly options: readonly CompletionOption[];
  /** Whether these words are a command themselves, not only the beginning of some. */
  readonly runs: boolean;
  /** What the first argument may be. */
  readonly argument: "file" | "none" | readonly string[];
};

export type CompletionOption = {
  readonly name: string;
  readonly short?: string | undefined;
  readonly about: string;
  readonly value: "none" | "file" | "other" | readonly string[];
};

/** The command table as a shell needs it. */
export function completionModel(commands: readonly Command[]): CompletionNode[] {
  const paths = new Set<string>([""]);
  for (const { path } of commands) {
    for (let length = 1; length <= path.length; length++) paths.add(path.slice(0, length).join(" "));
  }
  return [...paths].map((path) => {
    const depth = path === "" ? 0 : path.split(" ").length;
    const command = commands.find((entry) => entry.path.join(" ") === path);
    const under = commands.filter(
      (entry) => entry.path.length > depth && entry.path.slice(0, depth).join(" ") === path,
    );
    const words = [...new Map(under.map((entry) => [entry.path[depth]!, entry])).entries()];
    const argument = command?.args[0]?.value;
    return {
      path,
      words: words.map(([name, entry]) => ({
        name,
        about: entry.path.length === depth + 1 ? entry.summary : `commands about ${name}`,
      })),
      options: Object.entries({ ...command?.options, ...GLOBAL_OPTIONS }).map(([name, option]) =>
        optionOf(name, option),
      ),
      runs: command !== undefined,
      argument: argument?.choices ?? (argument?.file ? "file" : "none"),
    };
  });
}

function optionOf(name: string, option: Option): CompletionOption {
  const { value } = option;
  return {
    name,
    short: option.short,
    about: option.summary,
    value: value === undefined ? "none" : (value.choices ?? (value.file ? "file" : "other")),
  };
}

/** Options whose value is the next word; all others stand alone. */
export function valueOptions(nodes: readonly CompletionNode[]): string[] {
  return [
    ...new Set(
      nodes.flatMap((node) =>
        node.options.filter(({ value }) => value !== "none").map(({ name }) => `--${name}`),
      ),
    ),
  ];
}
