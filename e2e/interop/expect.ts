import assert from "node:assert/strict";
import type { Ended } from "./programs.ts";
import { PublishedSdkError } from "./published-sdk.ts";

/** The call fails with this exception class and, when given, this code and a text that matches. */
export async function rejects(
  call: Promise<unknown>,
  type: string,
  code?: string,
  text?: RegExp,
): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof PublishedSdkError, String(error));
    assert.equal(error.type, type, error.message);
    if (code !== undefined) assert.equal(error.code, code, error.message);
    if (text !== undefined) assert.match(error.message, text);
    return true;
  });
}

/** The program ended with this code; its output is in the message when not. */
export function exits(ended: Ended, exit: number): Ended {
  assert.equal(ended.exit, exit, `exit ${ended.exit}\nstdout: ${ended.stdout}\nstderr: ${ended.stderr}`);
  return ended;
}

/** A value behind `Label:` in a CLI's block of figures. */
export function figure(stdout: string, label: string): string {
  const line = stdout
    .split("\n")
    .find((each) => each.trim().startsWith(`${label}:`) || each.trim().startsWith(`${label} `));
  assert.ok(line, `no line "${label}" in:\n${stdout}`);
  return line
    .trim()
    .slice(label.length)
    .replace(/^\s*:\s*/, "")
    .trim();
}
