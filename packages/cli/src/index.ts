/** The `peaqos` command as a library: the table behind help, completion and docs, and the function that runs a line. */
export { commands, groups } from "./commands/table.ts";
export { VARIABLES } from "./config/variables.ts";
export { GLOBAL_OPTIONS } from "./engine/globals.ts";
export { optionName, usage } from "./engine/help.ts";
export { run } from "./engine/run.ts";
export type { Command, ExitCode, Io, Option } from "./engine/types.ts";
export { main } from "./main.ts";
