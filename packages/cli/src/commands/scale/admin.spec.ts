import { defineSpec } from "../../engine/types.ts";
import { path, smallInteger, text, timestamp } from "../../engine/values.ts";
import * as values from "../../scale/values.ts";
import { machineId, pairingId, policy, tokenFile, yes } from "./options.ts";

const policyFields = [
  { name: "pairing_id", type: "string", meaning: "the pairing" },
  { name: "machine_id", type: "string", meaning: "the machine" },
  { name: "status", type: "string", meaning: "active, paused or revoked" },
  {
    name: "delegation_policy",
    type: "object",
    meaning:
      "allowed_skill_keys, denied_skill_keys, allowed_service_ids, denied_service_ids, per_transaction_limit, daily_spend_limit, currency",
  },
] as const;

const pairing = { "machine-id": machineId, "agent-pairing-id": pairingId } as const;

export const policyShow = defineSpec({
  path: ["scale", "policy", "show"],
  summary: "Show what an agent may do and spend",
  alsoSought: ["get"],
  args: [],
  options: pairing,
  examples: [
    {
      command: "peaqos scale policy show --machine-id mach_61f043950cf1 --agent-pairing-id pair_67c50f8fdd3c",
      does: "Limits, skills, services",
    },
  ],
  output: policyFields,
});

export const policySet = defineSpec({
  path: ["scale", "policy", "set"],
  summary: "Change what an agent may do and spend",
  alsoSought: ["update", "change", "edit"],
  description:
    "What no flag names stays as it is. The change ends the agent's token at once: it needs a new one (`scale agent rotate`).",
  args: [],
  options: { ...pairing, ...policy, yes },
  examples: [
    {
      command:
        "peaqos scale policy set --machine-id mach_61f043950cf1 --agent-pairing-id pair_67c50f8fdd3c --daily-limit 20 --currency USD",
      does: "Another daily limit, the rest as before",
    },
    {
      command:
        "peaqos scale policy set --machine-id mach_61f043950cf1 --agent-pairing-id pair_67c50f8fdd3c --per-tx-limit none --denied-service-ids svc_0123456789ab",
      does: "No limit for one purchase, and one service never",
    },
  ],
  output: policyFields,
});

export const policyCheck = defineSpec({
  path: ["scale", "policy", "check"],
  summary: "Say for each service whether the agent could order it now, and why not",
  alsoSought: ["test", "dry-run"],
  args: [],
  options: {
    ...pairing,
    "pairing-token-file": tokenFile,
    "service-ids": { summary: "Only these services", value: values.csv, alsoSought: ["services"] },
  },
  examples: [
    {
      command:
        "peaqos scale policy check --machine-id mach_61f043950cf1 --agent-pairing-id pair_67c50f8fdd3c --pairing-token-file agent.token",
      does: "The whole catalogue; nothing is ordered",
    },
  ],
  output: [
    {
      name: "services",
      type: "list",
      meaning: "service_id, name, allowed, amount, currency, code, reason of each",
    },
  ],
});

export const auditVerify = defineSpec({
  path: ["scale", "audit", "verify"],
  summary: "Check the hash chains of the audit log",
  alsoSought: ["check"],
  args: [],
  options: { "machine-id": { ...machineId, required: false, summary: "Only this machine's chain" } },
  examples: [{ command: "peaqos scale audit verify", does: "All chains; exit 2 when one is broken" }],
  output: [
    { name: "valid", type: "boolean", meaning: "no problem was found" },
    { name: "chains", type: "integer", meaning: "chains checked" },
    { name: "events", type: "integer", meaning: "entries checked" },
    { name: "problems", type: "list", meaning: "chain, seq, event_id, problem of each" },
    {
      name: "heads",
      type: "list",
      meaning: "chain, seq, hash, signed_at of each: keep them to see a cut tail later",
    },
  ],
});

export const cataloguePut = defineSpec({
  path: ["scale", "catalogue", "put"],
  summary: "Replace the market's catalogue by a file",
  alsoSought: ["catalog", "upload", "publish"],
  description:
    "All of it or nothing; a service that is missing in the file is taken off the market. Needs a key with the scope catalogue.",
  args: [{ name: "FILE", summary: "JSON: version and services", value: path() }],
  options: { yes },
  examples: [{ command: "peaqos scale catalogue put catalogue.json", does: "Says what changed" }],
  output: [
    { name: "version", type: "string", meaning: "the file's version" },
    { name: "services", type: "integer", meaning: "in the catalogue now" },
    { name: "added", type: "integer", meaning: "" },
    { name: "changed", type: "integer", meaning: "" },
    { name: "removed", type: "integer", meaning: "" },
    { name: "unchanged", type: "integer", meaning: "" },
  ],
});

const key = [
  { name: "id", type: "string", meaning: "the key's id" },
  { name: "name", type: "string", meaning: "name for people" },
  { name: "scopes", type: "list", meaning: "read, write, catalogue, resolver, keys" },
  { name: "last_four", type: "string", meaning: "end of the key" },
  { name: "created_at", type: "time", meaning: "" },
  { name: "expires_at", type: "time or null", meaning: "null: does not expire" },
  { name: "last_used_at", type: "time or null", meaning: "" },
  { name: "revoked_at", type: "time or null", meaning: "" },
  { name: "replaced_by", type: "string or null", meaning: "the key of its rotation" },
] as const;
const secret = [
  ...key,
  { name: "key", type: "string or null", meaning: "the key, this once; null when --key-file took it" },
] as const;
const keyFile = {
  summary: "Write the key into this file (mode 0600) and do not print it",
  value: path(),
  alsoSought: ["out", "file"],
} as const;

export const keyList = defineSpec({
  path: ["scale", "key", "list"],
  summary: "List the platform keys of your tenant",
  alsoSought: ["keys", "ls"],
  args: [],
  options: {},
  examples: [{ command: "peaqos scale key list", does: "Names, scopes, last use; never the keys" }],
  output: [
    { name: "items", type: "list", meaning: "keys" },
    { name: "next_cursor", type: "null", meaning: "every page is read" },
  ],
});

export const keyCreate = defineSpec({
  path: ["scale", "key", "create"],
  summary: "Create a platform key; it is shown once",
  alsoSought: ["add", "new"],
  args: [{ name: "NAME", summary: "name for people", value: text("NAME") }],
  options: {
    scopes: {
      summary: "What it may do: read, write, catalogue, resolver, keys",
      value: values.csv,
      required: true,
      alsoSought: ["scope"],
    },
    "expires-at": {
      summary: "When it ends: Unix seconds or ISO 8601",
      value: timestamp,
      alsoSought: ["expires"],
    },
    "key-file": keyFile,
  },
  examples: [
    {
      command: "peaqos scale key create console --scopes read --key-file console.key",
      does: "May only read; straight into a file",
    },
  ],
  output: secret,
});

const keyArgument = [{ name: "KEY_ID", summary: "the key's id", value: values.id("KEY_ID") }] as const;

export const keyRotate = defineSpec({
  path: ["scale", "key", "rotate"],
  summary: "Put a new key in the place of another",
  alsoSought: ["renew", "replace"],
  args: keyArgument,
  options: {
    "grace-seconds": {
      summary: "How long the old key goes on working, at most a week",
      value: smallInteger("SECONDS", 0, 604_800),
      default: 0,
      alsoSought: ["grace"],
    },
    "key-file": keyFile,
  },
  examples: [
    {
      command: "peaqos scale key rotate pkey_0123456789ab --grace-seconds 3600 --key-file platform.key",
      does: "An hour to change over",
    },
  ],
  output: secret,
});

export const keyRevoke = defineSpec({
  path: ["scale", "key", "revoke"],
  summary: "Revoke a platform key at once",
  alsoSought: ["remove", "delete"],
  args: keyArgument,
  options: { yes },
  examples: [{ command: "peaqos scale key revoke pkey_0123456789ab", does: "Asks first, on a terminal" }],
  output: [
    { name: "id", type: "string", meaning: "the key's id" },
    { name: "status", type: "string", meaning: "revoked" },
  ],
});
