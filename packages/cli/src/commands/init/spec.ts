import { defineSpec } from "../../engine/types.ts";

export const spec = defineSpec({
  path: ["init"],
  summary: "Write a .env with the settings of peaqOS, step by step",
  alsoSought: ["setup", "configure", "login", "new"],
  description:
    "Asks for network, key, addresses and services, shows what it will write, and writes .env in the current folder (mode 0600, other entries of the file are kept). Then it checks the file as `peaqos whoami` does. Settings of a public network are filled in only when you choose that network.",
  args: [],
  options: {
    force: {
      summary:
        "Replace the peaqOS settings of an existing .env without asking (the old file is kept as a backup)",
      alsoSought: ["overwrite", "yes"],
    },
    "non-interactive": {
      summary: "Take every value from environment variables and ask nothing",
      alsoSought: ["no-input", "batch", "no-prompt", "noninteractive"],
    },
  },
  examples: [
    { command: "peaqos init", does: "Answer questions, get a .env" },
    { command: "peaqos init --force", does: "Replace the settings of an existing .env" },
    {
      command: "PEAQOS_NETWORK=devnet peaqos init --non-interactive",
      does: "Settings of the devnet that runs in this clone, without questions",
    },
  ],
  output: [
    { name: "env_file", type: "string", meaning: "the file that was written" },
    { name: "backup", type: "string or null", meaning: "copy of the file that was there before" },
    { name: "network", type: "string", meaning: "PEAQOS_NETWORK as written" },
    { name: "address", type: "address", meaning: "account of the key" },
    { name: "key_generated", type: "boolean", meaning: "true when the key was made by this run" },
    { name: "verified", type: "boolean", meaning: "whoami worked with this file" },
    { name: "verification_error", type: "string or null", meaning: "why it did not" },
  ],
});
