import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testChain } from "@peaqos/testkit";
import { node, root, timed } from "./lib/processes.ts";
import type { Bench, Row } from "./lib/result.ts";
import { median } from "./lib/stats.ts";

/**
 * P8: what a user waits for before a command does anything. The anchor is the same Node doing nothing
 * (`--version`), and doing only the request (`whoami` asks the node for its chain id).
 */
export const bench: Bench = {
  id: "P8",
  title: "cold start of the command line",
  async run({ rounds, quick, log }) {
    await timed(node, ["--conditions=@peaqos/source", join(root, "packages/cli/scripts/bundle.ts")], {
      cwd: root,
    });
    const directory = mkdtempSync(join(tmpdir(), "peaqos-bench-cli-"));
    const chain = await testChain();
    const command = join(root, "packages/cli/bin/peaqos.js");
    const env = {
      ...process.env,
      NODE_COMPILE_CACHE: join(directory, "cache"),
      PEAQOS_RPC_URL: chain.url,
      PEAQOS_PRIVATE_KEY: `0x${"11".repeat(32)}`,
      ...chain.contractEnv,
    };
    const request = `await (await fetch(${JSON.stringify(chain.url)}, { method: "POST", headers: { "content-type": "application/json" }, body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}' })).text()`;
    const commands = {
      bare: ["-e", "0"],
      version: [command, "--version"],
      request: ["--input-type=module", "-e", request],
      whoami: [command, "whoami"],
    };
    try {
      const times: Record<string, number[]> = { bare: [], version: [], request: [], whoami: [] };
      const runs = quick ? 3 : rounds * 6;
      for (let i = -2; i < runs; i++)
        for (const [name, args] of Object.entries(commands)) {
          const ms = await timed(node, args, { cwd: directory, env });
          // The first two runs fill the compile cache and the page cache; an installed command has both.
          if (i >= 0) times[name]?.push(ms);
        }
      const ms = Object.fromEntries(Object.entries(times).map(([name, sample]) => [name, median(sample)]));
      log(
        `medians of ${runs}: ${Object.entries(ms)
          .map(([name, x]) => `${name} ${x.toFixed(0)} ms`)
          .join(", ")}`,
      );
      const row = (what: string, ours: string, anchor: string, limit: number): Row => ({
        id: "P8",
        what,
        ours: `${ms[ours]!.toFixed(0)} ms`,
        anchor: `${ms[anchor]!.toFixed(0)} ms`,
        value: ms[ours]! / ms[anchor]!,
        goal: { op: "<=", limit, unit: "x" },
      });
      return [
        row("peaqos --version against bare node", "version", "bare", 1.3),
        row("peaqos whoami against bare node and the request", "whoami", "request", 2.5),
      ];
    } finally {
      await chain.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
