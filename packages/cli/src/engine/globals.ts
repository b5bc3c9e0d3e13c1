import type { Options } from "./types.ts";
import { path, text } from "./values.ts";

/** Options every command takes, before or after the command's name. */
export const GLOBAL_OPTIONS = {
  help: { summary: "Show help and exit", short: "h" },
  version: { summary: "Show the versions of CLI and SDK and exit" },
  json: { summary: "Print the result as JSON on stdout, errors as JSON on stderr" },
  verbose: { summary: "Log what happens in detail (stderr)", short: "v", alsoSought: ["debug"] },
  quiet: { summary: "Nothing but errors on stderr", short: "q", alsoSought: ["silent"] },
  "no-color": {
    summary: "No colours, also on a terminal (as NO_COLOR=1)",
    alsoSought: ["no-colour", "plain"],
  },
  "env-file": {
    summary: "Read settings from this file, not from the .env of the project",
    value: path(),
    alsoSought: ["dotenv", "config"],
  },
  "orchestration-url": {
    summary: "Machine Markets address (beats PEAQOS_ORCHESTRATION_URL)",
    value: text("URL"),
  },
  "orch-api-key": {
    summary: "Machine Markets key (beats PEAQOS_ORCH_API_KEY; visible in process lists)",
    value: text("KEY"),
  },
} as const satisfies Options;
