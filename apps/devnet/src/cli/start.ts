import type { Devnet } from "../devnet.ts";
import { startDevnet } from "../devnet.ts";
import type { DevnetOptions } from "../options.ts";
import { parseStart, START_HELP } from "../options.ts";
import { Parts } from "../parts/parts.ts";
import { machineLines, styleFor, summary } from "../summary.ts";
import { Timings } from "../timings.ts";
import { startDetached, tellParent } from "./detach.ts";
import { complain, progress } from "./screen.ts";

// Not just the exit code: a service that failed may have left something open that would keep the process alive.
process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  let options: DevnetOptions | "help";
  try {
    // npm and the bootstrap may set another folder; npm says where the user is.
    options = parseStart(args, process.env.INIT_CWD ?? process.cwd());
  } catch (error) {
    return complain(error);
  }
  if (options === "help") {
    console.log(START_HELP);
    return 0;
  }
  if (options.detach)
    return startDetached(
      args.filter((arg) => arg !== "--detach"),
      options,
    );
  return run(options, args);
}

async function run(options: DevnetOptions, args: string[]): Promise<number> {
  const timings = new Timings(performance.now() - process.uptime() * 1000);
  const parts = new Parts();
  const ended = endOnSignal(parts);
  const crashed = crash();
  let devnet: Devnet;
  try {
    const command = ["npm start", ...(args.length > 0 ? ["--", ...args] : [])].join(" ");
    const told = (text: string) => tellParent({ progress: text }) || progress(text);
    devnet = await startDevnet(options, { command, timings, onProgress: told, wallClock: Date.now }, parts);
  } catch (error) {
    const interrupted = parts.stopping;
    await parts.stop();
    if (interrupted) return 130;
    tellParent({ failed: error instanceof Error ? error.message : String(error) });
    return complain(error);
  }
  const text = await timings.measure("ratings for the summary", async () =>
    summary(devnet.file, await machineLines(devnet.file), {
      cwd: process.env.INIT_CWD ?? process.cwd(),
      style: styleFor(process.stdout, process.env),
    }),
  );
  if (!tellParent({ ready: text, timings: timings.text() })) {
    console.log(text);
    console.log("Ctrl-C ends it; everything is kept for the next npm start.");
    progressDone(timings, options);
  }
  const reason = await Promise.race([ended, crashed, devnet.failed]);
  if (reason instanceof Error) {
    complain(reason);
    process.stderr.write(`peaqOS: ending the other parts; all logs are in ${devnet.file.logs}\n`);
  }
  await parts.stop((part, error) => process.stderr.write(`peaqOS: ${part} did not end cleanly: ${error}\n`));
  return reason instanceof Error ? 1 : 0;
}

function progressDone(timings: Timings, options: DevnetOptions): void {
  if (options.timings) process.stderr.write(`${timings.text()}\n`);
  process.stderr.write(`peaqOS: ready in ${(timings.total / 1000).toFixed(1)} s\n`);
}

/** A service runs in this process: its bug ends the devnet in order, not in the middle. */
function crash(): Promise<Error> {
  return new Promise((resolve) => {
    for (const event of ["uncaughtException", "unhandledRejection"] as const) {
      process.on(event, (cause: unknown) => {
        process.stderr.write(`${cause instanceof Error ? cause.stack : String(cause)}\n`);
        resolve(cause instanceof Error ? cause : new Error(String(cause)));
      });
    }
  });
}

/**
 * Ctrl-C and SIGTERM end everything once. npm and the bootstrap hand a signal on, so it may come twice at the same
 * moment; a second one after a while means "now".
 */
function endOnSignal(parts: Parts): Promise<"signal"> {
  let since = 0;
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (since > 0 && performance.now() - since > 1_500) process.exit(130);
        if (since > 0) return;
        since = performance.now();
        if (process.connected !== true) process.stderr.write("\npeaqOS: ending ...\n");
        void parts.stop().then(() => resolve("signal"));
      });
    }
  });
}
