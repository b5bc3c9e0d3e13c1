import { join } from "node:path";
import { type DevnetFile, readDevnetFile } from "@peaqos/devnet";
import { freePort } from "../../apps/devnet/src/process/ports.ts";
import { type Program, runScript, until } from "./processes.ts";

/** A devnet in processes of its own, as `npm start` makes it. */
export type DevnetProcess = {
  file: DevnetFile;
  program: Program;
  /** Milliseconds from the start of the process until it was ready. */
  took: number;
  /** Ctrl-C. */
  stop(): Promise<void>;
};

/** Start of a run of ports that are free now, as `--port-base` takes it. */
export const freePortBase = (): Promise<number> => freePort([2, 4, 9, 10, 11, 12, 13, 14]);

export async function startDevnetProcess(dataDir: string, portBase: number): Promise<DevnetProcess> {
  const started = performance.now();
  const program = runScript("apps/devnet/src/cli/start.ts", [
    "--data-dir",
    dataDir,
    "--port-base",
    String(portBase),
  ]);
  let code: number | undefined;
  void program.ended.then((exit) => {
    code = exit;
  });
  await until("the devnet", async () => {
    if (code !== undefined) throw new Error(`the devnet ended (${code}): ${program.stderr()}`);
    return program.stderr().includes("peaqOS: ready in");
  });
  const took = performance.now() - started;
  const file = readDevnetFile(dataDir);
  if (!file) throw new Error(`no devnet.json in ${dataDir}`);
  return {
    file,
    program,
    took,
    async stop() {
      program.child.kill("SIGINT");
      await program.ended;
    },
  };
}

/** One rating answer, and the same question about every machine of a devnet. */
export async function ask<T>(file: DevnetFile, path: string): Promise<T> {
  const response = await fetch(`${file.urls.rating}${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

export const checker = join(import.meta.dirname, "..", "..", "vectors", "checker", "check.py");
