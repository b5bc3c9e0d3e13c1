import { defineSpec } from "../../engine/types.ts";
import * as values from "../../engine/values.ts";

export const spec = defineSpec({
  path: ["activate"],
  summary: "Register a machine end to end: bond, identity, NFT, DID",
  alsoSought: ["register", "onboard", "enroll", "mint"],
  description:
    "Reads what the chain already has, shows a plan with its cost, and does what is missing; values of the DID that differ are updated. Running it again is safe at any point: what is done is skipped. On a terminal it asks before it sends anything. Steps are kept in ./peaqos.log.",
  args: [],
  options: {
    "doc-url": {
      summary: "Documentation URL, written to the machine's DID",
      value: values.url,
      required: true,
      alsoSought: ["documentation-url", "docs", "documentation"],
    },
    "data-api": {
      summary: "Raw data API URL, written to the machine's DID",
      value: values.url,
      required: true,
      alsoSought: ["api", "data-url"],
    },
    visibility: {
      summary: "Who may see the machine's data",
      value: values.choice(["public", "private", "onchain"]),
      default: "public" as const,
    },
    for: {
      summary: "Activate another machine as its operator (proxy mode); needs --machine-key",
      value: values.address,
      alsoSought: ["machine", "machine-address"],
    },
    "machine-key": {
      summary: "File with the machine's private key; it signs the machine's own DID",
      value: values.path(),
      alsoSought: ["key", "key-file"],
    },
    "skip-funding": { summary: "Do not look at balances first (steps 1 to 3)" },
    "dry-run": { summary: "Show the plan and its cost, send nothing", alsoSought: ["plan", "preview"] },
    yes: { summary: "Do not ask before sending", short: "y", alsoSought: ["force", "no-confirm"] },
  },
  examples: [
    {
      command: 'peaqos activate --doc-url "https://example.com/docs" --data-api "https://example.com/events"',
      does: "This key is the machine (self-managed)",
    },
    {
      command:
        'peaqos activate --for 0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D --machine-key ./machine.key \\\n  --doc-url "https://example.com/docs" --data-api "https://example.com/events"',
      does: "This key operates another machine (proxy-managed)",
    },
    {
      command:
        'peaqos activate --doc-url "https://example.com/docs" --data-api "https://example.com/events" --dry-run',
      does: "What would be done, and what it costs",
    },
  ],
  output: [
    { name: "mode", type: "self or proxy", meaning: "who manages the machine" },
    { name: "dry_run", type: "boolean", meaning: "true when nothing was sent" },
    { name: "machine_address", type: "address", meaning: "the machine's account" },
    { name: "machine_id", type: "integer or null", meaning: "its id; null before registration" },
    { name: "token_id", type: "integer or null", meaning: "its NFT; null before minting" },
    { name: "machine_did", type: "string", meaning: "its DID" },
    { name: "operator_did", type: "string or null", meaning: "the operator's DID in proxy mode" },
    {
      name: "steps",
      type: "list",
      meaning: "step, status (planned, confirmed, skipped), tx_hash, recovered_from, changes",
    },
    { name: "wallets", type: "list", meaning: "role, address, balance_wei, needed_wei, missing_wei" },
  ],
});
