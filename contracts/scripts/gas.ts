// Writes contracts/snapshots: the gas of the calls in contracts/test/Gas.t.sol. `forge test` fails when a figure
// differs from the snapshot; run this after a change that is meant to move it.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { forgeBinary } from "./forge.ts";

execFileSync(forgeBinary(), ["test", "--match-contract", "GasTest"], {
  cwd: join(import.meta.dirname, "..", ".."),
  env: { ...process.env, FORGE_SNAPSHOT_EMIT: "true", FORGE_SNAPSHOT_CHECK: "false" },
  stdio: "inherit",
});
