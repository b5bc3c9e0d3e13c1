import type { PublishedSdk } from "./published-sdk.ts";
import type { Stack } from "./stack.ts";
import type { PublishedClients } from "./venv.ts";

/** What every case gets. */
export type Context = {
  stack: Stack;
  clients: PublishedClients;
  sdk: PublishedSdk;
  /** The same SDK in a process of its own, for its market namespace. */
  market: PublishedSdk;
  /** The later SDK's market namespace, or why it is not there. */
  later: PublishedSdk | { missing: string };
  /** A fresh working directory of its own for one command-line program. */
  workDir(): string;
};

/** One thing the published client does with our stack. Cases of a group run one after the other. */
export type Case = {
  name: string;
  /** Says that the published client fails here by its own fault, and how; the case passes when it fails just so. */
  upstream?: string;
  /** Says why the case is left out on this machine. */
  skip?: string;
  run(): Promise<void>;
};

export type Group = { title: string; cases: (context: Context) => Case[] };

export type CaseResult = {
  group: string;
  name: string;
  /** `expected-failure`: the published client failed as it is known to. */
  outcome: "passed" | "failed" | "expected-failure" | "skipped";
  note?: string;
  milliseconds: number;
};
