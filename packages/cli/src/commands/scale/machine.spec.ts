import { defineSpec } from "../../engine/types.ts";
import { path, text } from "../../engine/values.ts";
import * as values from "../../scale/values.ts";
import { cursor, limit, yes } from "./options.ts";

const machine = [
  { name: "id", type: "string", meaning: "the machine's id in the market" },
  { name: "display_name", type: "string", meaning: "name for people" },
  { name: "status", type: "string", meaning: "draft, active, degraded, blocked or archived" },
  { name: "owner_id", type: "string", meaning: "the operator's own id" },
  { name: "identity_ref", type: "string or null", meaning: "DID" },
  { name: "identity_proof", type: "object or null", meaning: "who proved the identity, and when" },
  { name: "machine_type", type: "string", meaning: "as given" },
  { name: "runtime_profile", type: "string", meaning: "as given" },
  { name: "capabilities", type: "list", meaning: "as given" },
  { name: "labels", type: "object", meaning: "as given" },
  { name: "policy_ids", type: "list", meaning: "policies that hold for it" },
  { name: "skill_keys", type: "list", meaning: "as given" },
  { name: "created_at", type: "time", meaning: "" },
  { name: "updated_at", type: "time", meaning: "" },
] as const;

const identityRef = {
  summary: "The machine's identity: its DID",
  value: values.identityRef,
  required: true,
  alsoSought: ["did", "identity"],
} as const;

export const challenge = defineSpec({
  path: ["scale", "machine", "challenge"],
  summary: "Request the text that proves a machine's identity",
  description:
    "For signing elsewhere: sign the text byte for byte (EIP-191), then run `scale machine onboard --identity-signature-file`. While it is pending, onboard gets the same text.",
  args: [],
  options: {
    "identity-ref": identityRef,
    "message-file": {
      summary: "Write the text into this file, exactly as it has to be signed",
      value: path(),
      alsoSought: ["out", "output"],
    },
  },
  examples: [
    {
      command:
        "peaqos scale machine challenge --identity-ref did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5 --message-file challenge.txt",
      does: "The text to sign, in a file",
    },
  ],
  output: [
    { name: "challenge_id", type: "string", meaning: "the challenge" },
    { name: "identity_ref", type: "string", meaning: "whose identity" },
    { name: "message", type: "string", meaning: "the text to sign" },
    { name: "expires_at", type: "time", meaning: "end of the challenge" },
    { name: "verification_method", type: "string", meaning: "eip191" },
    { name: "controller_addresses", type: "list", meaning: "who may sign" },
  ],
});

export const onboard = defineSpec({
  path: ["scale", "machine", "onboard"],
  summary: "Bring a machine into the market: prove its identity, register, activate",
  alsoSought: ["register", "add", "create"],
  description:
    "Give exactly one of --identity-key-file (signs here) and --identity-signature-file (signed elsewhere, see `scale machine challenge`); on a terminal the signature can be pasted instead.",
  args: [],
  options: {
    "identity-ref": identityRef,
    "display-name": { summary: "Name for people", value: text("NAME"), required: true, alsoSought: ["name"] },
    "owner-id": {
      summary: "Your own id of the operator",
      value: text("ID"),
      required: true,
      alsoSought: ["owner"],
    },
    "machine-type": { summary: "Kind of machine", value: text("TYPE"), required: true, alsoSought: ["type"] },
    "runtime-profile": {
      summary: "What runs on it",
      value: text("PROFILE"),
      required: true,
      alsoSought: ["runtime", "profile"],
    },
    capabilities: { summary: "What it can do", value: values.csv },
    "skill-keys": { summary: "Skills it has", value: values.csv, alsoSought: ["skills"] },
    labels: { summary: "Labels of your own", value: values.labels, alsoSought: ["label", "tags"] },
    "identity-key-file": {
      summary: "File with the private key of a controller of the identity",
      value: path(),
      alsoSought: ["key-file", "machine-key"],
    },
    "identity-signature-file": {
      summary: "File with the signature of the challenge, one line",
      value: path(),
      alsoSought: ["signature-file", "signature"],
    },
    "skip-activate": { summary: "Leave it a draft", alsoSought: ["draft", "no-activate"] },
    yes,
  },
  examples: [
    {
      command:
        "peaqos scale machine onboard \\\n  --identity-ref did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5 \\\n  --display-name rover-014 \\\n  --owner-id op_xyz \\\n  --machine-type qvac \\\n  --runtime-profile machine-runtime-agent \\\n  --identity-key-file machine.key",
      does: "In one go, signed with the machine's key",
    },
  ],
  output: machine,
});

const machineArgument = [
  { name: "MACHINE_ID", summary: "the machine's id in the market", value: values.id("MACHINE_ID") },
] as const;

export const activate = defineSpec({
  path: ["scale", "machine", "activate"],
  summary: "Make a draft active",
  args: machineArgument,
  options: {},
  examples: [
    {
      command: "peaqos scale machine activate mach_61f043950cf1",
      does: "After --skip-activate, or when activating failed",
    },
  ],
  output: machine,
});

export const status = defineSpec({
  path: ["scale", "machine", "status"],
  summary: "Show a machine as the market knows it",
  alsoSought: ["show", "get"],
  args: machineArgument,
  options: {},
  examples: [
    { command: "peaqos scale machine status mach_61f043950cf1", does: "Status, identity and what it can do" },
  ],
  output: machine,
});

export const list = defineSpec({
  path: ["scale", "machine", "list"],
  summary: "List your machines in the market",
  alsoSought: ["machines", "ls"],
  args: [],
  options: {
    limit: limit("Machines"),
    cursor,
    all: { summary: "Every page, one after the other", alsoSought: ["every"] },
  },
  examples: [
    { command: "peaqos scale machine list", does: "The first page, and how to get the next" },
    { command: "peaqos scale machine list --all --json | jq -r '.items[].id'", does: "All ids" },
  ],
  output: [
    { name: "items", type: "list", meaning: "machines, as `scale machine status --json` prints one" },
    { name: "next_cursor", type: "string or null", meaning: "null on the last page" },
  ],
});
