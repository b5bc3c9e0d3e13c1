import { defineSpec } from "../../engine/types.ts";

export const spec = defineSpec({
  path: ["whoami"],
  summary: "Show who signs, where settings come from, and which contracts are used",
  alsoSought: ["status", "config", "account"],
  description:
    "Asks the chain for its id and nothing else. Prints the settings file that was read and warns of settings that do not fit together.",
  options: {},
  args: [],
  examples: [
    { command: "peaqos whoami", does: "Check the settings after `peaqos init`" },
    { command: "peaqos whoami --json | jq -r .address", does: "Only the address" },
  ],
  output: [
    { name: "address", type: "address", meaning: "account that signs" },
    { name: "network", type: "string", meaning: "PEAQOS_NETWORK, or unknown" },
    { name: "rpc_url", type: "string", meaning: "JSON-RPC address, credentials hidden" },
    { name: "chain_id", type: "integer", meaning: "as the node reports it" },
    { name: "mcr_api_url", type: "string", meaning: "rating service" },
    { name: "contracts", type: "object", meaning: "address by contract name" },
    { name: "env_file", type: "string or null", meaning: "settings file that was read" },
    { name: "warnings", type: "list of strings", meaning: "settings that do not fit together" },
  ],
});
