import { defineSpec } from "../../engine/types.ts";

export const spec = defineSpec({
  path: ["doctor"],
  summary: "Look at every setting and every service, and name what is wrong",
  alsoSought: ["check", "diagnose", "health", "verify"],
  description:
    "Settings, node, contracts, balance, the rating service, and the market with its key. The first line of the answer names the cause. Reads only: nothing is signed, sent or written. Exit code 0 when all is well (warnings included), 3 for a setting, 2 for a service or the chain.",
  args: [],
  options: {},
  examples: [
    { command: "peaqos doctor", does: "Find out why something does not work" },
    {
      command: "peaqos doctor --json | jq -r '.checks[] | select(.status == \"fail\") | .fix'",
      does: "Only what to do",
    },
  ],
  output: [
    { name: "ok", type: "boolean", meaning: "no check failed" },
    { name: "cause", type: "string or null", meaning: "the first thing to repair" },
    { name: "fix", type: "string or null", meaning: "what to do about it" },
    { name: "checks", type: "list", meaning: "id, status (ok, warn, fail, skip), found, fix of every check" },
  ],
});
