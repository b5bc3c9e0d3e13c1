// Writes contracts/snapshots: the gas of the calls in contracts/test/Gas.t.sol. `forge test` fails when a figure
// differs from the snapshot; run this after a change that is meant to move it.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { forgeBinary } from "./forge.ts";

const SNAPSHOTS = join(import.meta.dirname, "..", "snapshots");

execFileSync(forgeBinary(), ["test", "--match-contract", "GasTest"], {
  cwd: join(import.meta.dirname, "..", ".."),
  env: { ...process.env, FORGE_SNAPSHOT_EMIT: "true", FORGE_SNAPSHOT_CHECK: "false" },
  stdio: "inherit",
});

// Forge leaves out the last line break.
for (const name of readdirSync(SNAPSHOTS)) {
  const file = join(SNAPSHOTS, name);
  writeFileSync(file, `${readFileSync(file, "utf8").trimEnd()}\n`);
}
