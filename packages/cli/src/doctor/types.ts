import type { Settings } from "../config/settings.ts";
import type { Io } from "../engine/types.ts";

export type Status = "ok" | "warn" | "fail" | "skip";

/** One look at one thing. `found` is a whole sentence: of a failed check it is the cause people read first. */
export type Check = {
  readonly id: string;
  readonly status: Status;
  readonly found: string;
  readonly fix?: string;
  /** What kind of failure, for the exit code. */
  readonly kind?: "config" | "network";
};

export type Patient = {
  readonly io: Io;
  readonly settings: Settings;
  /** Entries of the settings file as they stand there, in order. */
  readonly entries: readonly { readonly name: string; readonly value: string; readonly line: number }[];
  /** Lines of the file that are neither entry nor comment. */
  readonly strayLines: readonly { readonly line: number; readonly text: string }[];
  readonly nodeVersion: string;
  /** Milliseconds to wait for an answer. */
  readonly timeoutMs: number;
};

export const ok = (id: string, found: string): Check => ({ id, status: "ok", found });
export const skip = (id: string, found: string): Check => ({ id, status: "skip", found });
export const warn = (id: string, found: string, fix: string): Check => ({ id, status: "warn", found, fix });
export const badSetting = (id: string, found: string, fix: string): Check => ({
  id,
  status: "fail",
  found,
  fix,
  kind: "config",
});
export const badService = (id: string, found: string, fix: string): Check => ({
  id,
  status: "fail",
  found,
  fix,
  kind: "network",
});
