import type { Settings } from "../config/settings.ts";
import { usageError } from "./errors.ts";
import { type HelpRoot, help } from "./help.ts";
import { toJson } from "./json.ts";
import { parseCommandLine } from "./parse.ts";
import { errorJson, errorText, report } from "./report.ts";
import { styleFor } from "./style.ts";
import type { ExitCode, GlobalFlags, Io } from "./types.ts";
import { createUi } from "./ui.ts";

export type Program = HelpRoot & { readonly version: () => { cli: string; sdk: string } };

/** Runs one command line; every error ends here and becomes a message and an exit code. */
export async function run(argv: readonly string[], program: Program, io: Io): Promise<ExitCode> {
  let quietFlags = flagsSeenIn(argv);
  try {
    const parsed = parseCommandLine(argv, program.commands);
    quietFlags = parsed.globals;
    const style = styleFor(io.stdout, io.env, parsed.globals["no-color"]);
    if (parsed.kind === "version") {
      const { cli, sdk } = program.version();
      io.stdout.write(
        parsed.globals.json ? `${toJson({ cli, sdk })}\n` : `peaq-os-cli ${cli} (peaq_os_sdk ${sdk})\n`,
      );
      return 0;
    }
    if (parsed.kind === "help") {
      io.stdout.write(help(parsed.path, program, style));
      return 0;
    }
    if (parsed.kind === "group") {
      io.stderr.write(help(parsed.path, program, styleFor(io.stderr, io.env, parsed.globals["no-color"])));
      throw usageError({
        code: "MISSING_COMMAND",
        message: `\`peaqos ${parsed.path.join(" ")}\` needs a command behind it`,
        value: `peaqos ${parsed.path.join(" ")}`,
        rule: "it is a group of commands",
        next: "type one of the commands listed above",
      });
    }
    const ui = createUi(io, parsed.globals);
    const { run: handler } = await parsed.command.load();
    let settings: Promise<Settings> | undefined;
    const result = await handler({
      flags: parsed.flags as never,
      args: parsed.args as never,
      globals: parsed.globals,
      io,
      ui,
      settings: () => {
        settings ??= import("../config/settings.ts").then(({ loadSettings }) =>
          loadSettings(io, parsed.globals, ui),
        );
        return settings;
      },
    });
    const text = typeof result.text === "function" ? result.text(style) : result.text;
    const output = parsed.globals.json ? toJson(result.json) : text;
    io.stdout.write(output.endsWith("\n") || output === "" ? output : `${output}\n`);
    return result.exitCode ?? 0;
  } catch (error) {
    const entry = report(error);
    const style = styleFor(io.stderr, io.env, quietFlags["no-color"]);
    io.stderr.write(quietFlags.json ? errorJson(entry) : errorText(entry, style, quietFlags.verbose));
    return entry.exitCode;
  }
}

/** The output flags of a line that may not parse: an error about a bad flag still has to come as JSON when asked. */
function flagsSeenIn(argv: readonly string[]): Pick<GlobalFlags, "json" | "verbose" | "no-color"> {
  const options = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  return {
    json: options.includes("--json"),
    verbose: options.includes("--verbose") || options.includes("-v"),
    "no-color": options.includes("--no-color"),
  };
}
