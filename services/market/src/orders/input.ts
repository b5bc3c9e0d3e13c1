import { stringifyJson } from "@peaqos/protocol";
import { invalid } from "../kit/errors.ts";
import type { OrderBody } from "./draft.ts";

/** The database's JSON has no place for half a character; said before anything is written. */
export function checkInput({ input }: OrderBody): void {
  if (input !== undefined && /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/.test(jsonText(input)))
    throw invalid("input", "contains half of a surrogate pair, which is no character");
}

/** JSON as the database takes it, long integers with every digit. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return stringifyJson(value);
  }
}
