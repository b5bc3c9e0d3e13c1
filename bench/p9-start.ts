import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, timed, treeMemoryMb } from "./lib/processes.ts";
import type { Bench } from "./lib/result.ts";
import { median } from "./lib/stats.ts";

/** P9: from the command to ready and seeded, as a user waits for it: bootstrap, PostgreSQL, chain, rating. */
export const bench: Bench = {
  id: "P9",
  title: "npm start on an installed clone",
  async run({ rounds, quick, log }) {
    const first: number[] = [];
    const second: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < (quick ? 1 : rounds); round++) {
      const directory = mkdtempSync(join(tmpdir(), "peaqos-bench-start-"));
      const data = join(directory, "data");
      const port = String(21_000 + round * 40);
      const start = () =>
        timed(
          process.execPath,
          [join(root, "scripts/run.js"), "start", "--detach", "--data-dir", data, "--port-base", port],
          { cwd: root },
        );
      const stop = () =>
        spawnSync(process.execPath, [join(root, "scripts/run.js"), "stop", "--data-dir", data], {
          cwd: root,
        });
      try {
        first.push(await start());
        const pid = Number(JSON.parse(readFileSync(join(data, "devnet.json"), "utf8")).pid);
        memory.push(treeMemoryMb(pid));
        stop();
        second.push(await start());
        stop();
      } finally {
        stop();
        rmSync(directory, { recursive: true, force: true });
      }
      log(
        `round ${round + 1}: first ${first.at(-1)!.toFixed(0)} ms, second ${second.at(-1)!.toFixed(0)} ms, ${memory.at(-1)!.toFixed(0)} MB`,
      );
    }
    const seconds = (sample: number[]) => median(sample) / 1000;
    return [
      {
        id: "P9",
        what: "first start, ready and seeded",
        ours: `${seconds(first).toFixed(2)} s`,
        anchor: "",
        value: seconds(first),
        goal: { op: "<=", limit: 5, unit: "s" },
      },
      {
        id: "P9",
        what: "second start",
        ours: `${seconds(second).toFixed(2)} s`,
        anchor: "",
        value: seconds(second),
        goal: { op: "<=", limit: 2, unit: "s" },
      },
      {
        id: "P9",
        what: "memory of all processes (PSS)",
        ours: `${median(memory).toFixed(0)} MB`,
        anchor: "",
        value: median(memory),
        goal: { op: "<=", limit: 500, unit: "MB" },
      },
    ];
  },
};
