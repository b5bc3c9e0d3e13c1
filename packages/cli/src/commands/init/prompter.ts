import { declined } from "../../engine/errors.ts";
import type { Io } from "../../engine/types.ts";

export type Choice = { readonly value: string; readonly label: string; readonly hint?: string };

/** The questions of the wizard; tests answer them from a list. */
export type Prompter = {
  select(message: string, choices: readonly Choice[], initial?: string): Promise<string>;
  text(message: string, initial: string, check: (value: string) => string | undefined): Promise<string>;
  secret(message: string, check: (value: string) => string | undefined): Promise<string>;
  confirm(message: string): Promise<boolean>;
  note(title: string, text: string): void;
};

/** Questions on the terminal, drawn on stderr, so that stdout holds results alone. Ctrl-C ends with exit 1. */
export async function terminalPrompter(io: Io): Promise<Prompter> {
  const clack = await import("@clack/prompts");
  const streams = { input: io.stdin as NodeJS.ReadStream, output: process.stderr };
  const answer = <T>(value: T): Exclude<T, symbol> => {
    if (clack.isCancel(value)) throw declined("Nothing was written");
    return value as Exclude<T, symbol>;
  };
  return {
    select: async (message, choices, initial) =>
      answer(
        await clack.select({
          ...streams,
          message,
          options: choices.map((choice) => ({ ...choice })),
          ...(initial === undefined ? {} : { initialValue: initial }),
        }),
      ),
    text: async (message, initial, check) =>
      answer(
        await clack.text({
          ...streams,
          message,
          ...(initial === "" ? {} : { initialValue: initial }),
          validate: (value) => check((value ?? "").trim()),
        }),
      ).trim(),
    secret: async (message, check) =>
      answer(
        await clack.password({ ...streams, message, validate: (value) => check((value ?? "").trim()) }),
      ).trim(),
    confirm: async (message) => answer(await clack.confirm({ ...streams, message, initialValue: false })),
    note: (title, text) => clack.note(text, title, streams),
  };
}
