import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseJson, stringifyJson } from "@peaqos/protocol";
import { quietEnv } from "./venv.ts";

type Thrown = {
  type: string;
  code: string | null;
  message: string;
  status_code?: number;
  details?: unknown;
  field?: string;
};

/** An exception of the published SDK: its class, its `code` (when it has one), its text and what else it carries. */
export class PublishedSdkError extends Error {
  readonly type: string;
  readonly code: string | null;
  /** HTTP status of a market error. */
  readonly status: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: details have a shape per code
  readonly details: any;
  /** What a check of the client itself refused. */
  readonly field: string | undefined;
  constructor(error: Thrown) {
    super(`${error.type}${error.code ? ` ${error.code}` : ""}: ${error.message}`);
    this.type = error.type;
    this.code = error.code;
    this.status = error.status_code === undefined ? undefined : Number(error.status_code);
    this.details = error.details;
    this.field = error.field;
  }
}

export type PublishedSdk = {
  // biome-ignore lint/suspicious/noExplicitAny: the answers are a foreign program's; each case checks what it needs.
  call(name: string, args?: Record<string, unknown>): Promise<any>;
  stop(): Promise<void>;
};

/** Starts the Python driver once: importing the published SDK takes about two seconds. */
export function startPublishedSdk(
  python: string,
  env: Record<string, string>,
  driver: "client.py" | "market.py" = "client.py",
): PublishedSdk {
  const child = spawn(python, [join(import.meta.dirname, "drivers", driver)], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env.PATH ?? "", ...env, ...quietEnv },
  });
  const stderr = lastLines(child);
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let next = 1;

  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer = parseJson(line) as {
      id: number;
      value?: unknown;
      error?: ConstructorParameters<typeof PublishedSdkError>[0];
    };
    const waiter = waiting.get(Number(answer.id));
    waiting.delete(Number(answer.id));
    if (answer.error) waiter?.reject(new PublishedSdkError(answer.error));
    else waiter?.resolve(answer.value);
  });
  const ended = new Promise<void>((resolve) => {
    child.on("exit", (code) => {
      for (const { reject } of waiting.values())
        reject(new Error(`the Python driver ended (${code}): ${stderr()}`));
      waiting.clear();
      resolve();
    });
  });

  return {
    call: (name, args = {}) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        child.stdin.write(`${stringifyJson({ id, call: name, args })}\n`);
      }),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

function lastLines(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-4000);
  });
  return () => text.trim();
}
