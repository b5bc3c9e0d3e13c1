import { defineSpec } from "../../engine/types.ts";
import { address, path, text } from "../../engine/values.ts";
import * as values from "../../scale/values.ts";
import { machineId, pairingId, policy, tokenFile, yes } from "./options.ts";

const pairing = [
  { name: "id", type: "string", meaning: "the pairing" },
  { name: "machine_id", type: "string", meaning: "the machine" },
  { name: "agent_address", type: "address", meaning: "the agent" },
  { name: "agent_provider", type: "string", meaning: "as given" },
  { name: "agent_role", type: "string", meaning: "as given" },
  { name: "status", type: "string", meaning: "active, paused or revoked" },
  { name: "has_auth_token", type: "boolean", meaning: "whether a token is valid now" },
  {
    name: "delegation_policy",
    type: "object",
    meaning:
      "allowed_skill_keys, denied_skill_keys, allowed_service_ids, denied_service_ids, per_transaction_limit, daily_spend_limit, currency",
  },
  { name: "created_at", type: "time", meaning: "" },
  { name: "updated_at", type: "time", meaning: "" },
  { name: "description", type: "string or null", meaning: "as given" },
  { name: "token_last_four", type: "string or null", meaning: "end of the valid token" },
  {
    name: "pairing_token",
    type: "string or null",
    meaning: "the token, this once; null when --token-file took it",
  },
  { name: "agent_did", type: "string or null", meaning: "as given" },
  {
    name: "verification",
    type: "object or null",
    meaning: "method, signer_address, verified_at, challenge_expires_at",
  },
  { name: "session_id", type: "string or null", meaning: "bookkeeping" },
  { name: "session_token_id", type: "string or null", meaning: "bookkeeping, no credential" },
  { name: "session_issued_at", type: "time or null", meaning: "" },
  { name: "session_expires_at", type: "time or null", meaning: "end of the token" },
] as const;

const agent = {
  "machine-id": machineId,
  "agent-address": {
    summary: "The agent's address",
    value: address,
    required: true,
    alsoSought: ["agent", "address"],
  },
  "agent-provider": {
    summary: "Who runs the agent",
    value: text("NAME"),
    required: true,
    alsoSought: ["provider"],
  },
  "agent-role": { summary: "What the agent does", value: text("ROLE"), required: true, alsoSought: ["role"] },
  "agent-did": {
    summary: "The agent's DID: did:pkh:eip155:CHAIN:ADDRESS",
    value: text("DID"),
    alsoSought: ["did"],
  },
} as const;

const signing = {
  "agent-key-file": {
    summary: "File with the agent's private key: signs here",
    value: path(),
    alsoSought: ["key-file", "key"],
  },
  "agent-signature-file": {
    summary: "File with the signature of the challenge, one line",
    value: path(),
    alsoSought: ["signature-file", "signature"],
  },
  "token-file": {
    summary: "Write the token into this file (mode 0600) and do not print it",
    value: path(),
    alsoSought: ["pairing-token-file", "out"],
  },
} as const;

export const challenge = defineSpec({
  path: ["scale", "agent", "challenge"],
  summary: "Request the text that an agent signs to be paired",
  description:
    "For signing elsewhere: sign the text byte for byte (EIP-191), then run `scale agent pair` with the same flags and --agent-signature-file. While it is pending, pair gets the same text.",
  args: [],
  options: {
    ...agent,
    "message-file": {
      summary: "Write the text into this file, exactly as it has to be signed",
      value: path(),
      alsoSought: ["out", "output"],
    },
  },
  examples: [
    {
      command:
        "peaqos scale agent challenge --machine-id mach_61f043950cf1 --agent-address 0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D --agent-provider teneo --agent-role machine-market-buyer --message-file challenge.txt",
      does: "The text to sign, in a file",
    },
  ],
  output: [
    { name: "challenge_id", type: "string", meaning: "the challenge" },
    { name: "agent_address", type: "address", meaning: "who signs" },
    { name: "message", type: "string", meaning: "the text to sign" },
    { name: "expires_at", type: "time", meaning: "end of the challenge" },
    { name: "verification_method", type: "string", meaning: "eip191" },
    { name: "machine_id", type: "string or null", meaning: "the machine" },
    { name: "machine_identity_ref", type: "string or null", meaning: "its DID" },
    { name: "agent_did", type: "string or null", meaning: "the agent's DID" },
  ],
});

export const pair = defineSpec({
  path: ["scale", "agent", "pair"],
  summary: "Pair an agent with a machine and say what it may spend",
  alsoSought: ["add", "connect"],
  description:
    "The token is printed once, on stdout, or written to --token-file. Without limits an agent may spend what it can pay: set --per-tx-limit, --daily-limit and --currency.",
  args: [],
  options: {
    ...agent,
    ...signing,
    description: { summary: "A note of your own", value: text("TEXT") },
    ...policy,
    yes,
  },
  examples: [
    {
      command:
        "peaqos scale agent pair \\\n  --machine-id mach_61f043950cf1 \\\n  --agent-address 0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D \\\n  --agent-provider teneo \\\n  --agent-role machine-market-buyer \\\n  --agent-key-file agent.key --token-file agent.token \\\n  --per-tx-limit 5 --daily-limit 20 --currency USD",
      does: "Signed with the agent's key, the token straight into a file",
    },
    {
      command:
        "peaqos scale agent pair --machine-id mach_61f043950cf1 --agent-address 0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D --agent-provider teneo --agent-role machine-market-buyer --agent-signature-file challenge.sig --json | jq -r .pairing_token",
      does: "Signed elsewhere, the token on stdout",
    },
  ],
  output: pairing,
});

export const rotate = defineSpec({
  path: ["scale", "agent", "rotate"],
  summary: "Get a new token for a pairing; the one before ends",
  alsoSought: ["refresh", "renew", "session"],
  description:
    "A token lives about an hour, and ends when the pairing's policy changes. The agent signs a fresh challenge.",
  args: [{ name: "PAIRING_ID", summary: "the pairing", value: values.id("PAIRING_ID") }],
  options: { "machine-id": machineId, ...signing },
  examples: [
    {
      command:
        "peaqos scale agent rotate pair_67c50f8fdd3c --machine-id mach_61f043950cf1 --agent-key-file agent.key --token-file agent.token",
      does: "The new token into the same file",
    },
  ],
  output: pairing,
});

export const revoke = defineSpec({
  path: ["scale", "agent", "revoke"],
  summary: "Revoke a pairing: its tokens are worthless at once",
  alsoSought: ["remove", "delete", "unpair"],
  args: [{ name: "PAIRING_ID", summary: "the pairing", value: values.id("PAIRING_ID") }],
  options: { "machine-id": machineId, yes },
  examples: [
    {
      command: "peaqos scale agent revoke pair_67c50f8fdd3c --machine-id mach_61f043950cf1",
      does: "Asks first, on a terminal",
    },
  ],
  output: [
    { name: "id", type: "string", meaning: "the pairing" },
    { name: "machine_id", type: "string", meaning: "the machine" },
    { name: "status", type: "string", meaning: "revoked" },
  ],
});

export const list = defineSpec({
  path: ["scale", "agent", "list"],
  summary: "List a machine's pairings with their limits",
  alsoSought: ["agents", "pairings", "ls"],
  args: [],
  options: { "machine-id": machineId },
  examples: [
    { command: "peaqos scale agent list --machine-id mach_61f043950cf1", does: "Who may spend how much" },
  ],
  output: [
    {
      name: "items",
      type: "list",
      meaning: "pairings, as `scale agent pair --json` prints one, without a token",
    },
    { name: "next_cursor", type: "null", meaning: "every page is read" },
  ],
});

export const allowance = defineSpec({
  path: ["scale", "allowance"],
  summary: "Show what an agent may still spend today",
  alsoSought: ["budget", "remaining", "limits"],
  description: "With --pairing-token-file the agent asks for itself; without it the platform key asks.",
  args: [],
  options: {
    "machine-id": machineId,
    "agent-pairing-id": pairingId,
    "pairing-token-file": { ...tokenFile, required: false },
  },
  examples: [
    {
      command: "peaqos scale allowance --machine-id mach_61f043950cf1 --agent-pairing-id pair_67c50f8fdd3c",
      does: "Limits, spent, left, and when the day ends",
    },
  ],
  output: [
    { name: "pairing_id", type: "string", meaning: "the pairing" },
    { name: "machine_id", type: "string", meaning: "the machine" },
    { name: "currency", type: "string or null", meaning: "of all amounts" },
    { name: "per_transaction_limit", type: "number or null", meaning: "null: no limit" },
    { name: "daily_spend_limit", type: "number or null", meaning: "null: no limit" },
    { name: "spent_today", type: "number", meaning: "reserved and spent in this UTC day" },
    { name: "remaining_today", type: "number or null", meaning: "null: no limit" },
    { name: "day", type: "date", meaning: "the UTC day" },
    { name: "resets_at", type: "time", meaning: "when the next one begins" },
    { name: "policies", type: "list", meaning: "caps of the machine's policies, with what is left of each" },
  ],
});
