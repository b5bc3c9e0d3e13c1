import * as eventValues from "../../engine/event-values.ts";
import { defineSpec } from "../../engine/types.ts";
import * as values from "../../engine/values.ts";

export const spec = defineSpec({
  path: ["qualify", "event"],
  summary: "Submit one revenue or activity event",
  alsoSought: ["submit", "report", "send"],
  description:
    "The event is checked here and against the chain (clock, bond, rights, pause) before anything is paid. A run whose receipt did not come is remembered in ./peaqos.log: the same command again looks the transaction up and does not send it twice.",
  args: [],
  options: {
    "machine-id": {
      summary: "The machine",
      value: values.machineId,
      required: true,
      alsoSought: ["machine", "id"],
    },
    type: {
      summary: "Kind of event",
      value: eventValues.eventType,
      required: true,
      alsoSought: ["event-type", "kind"],
    },
    value: {
      summary: "Amount in the currency's minor unit: cents for USD, whole units for JPY",
      value: values.integer("N", { min: 0n, max: values.UINT256_MAX }),
      required: true,
      alsoSought: ["amount"],
    },
    ts: {
      summary: "When it happened: Unix seconds, or ISO 8601 with Z or an offset; not after the chain's clock",
      value: values.timestamp,
      required: true,
      alsoSought: ["timestamp", "time", "when", "date"],
    },
    currency: {
      summary: "ISO 4217 code of a revenue event",
      value: values.currency,
      defaultText: "USD for revenue, none for activity",
    },
    trust: {
      summary: "Trust level you claim",
      value: eventValues.trust,
      default: "self" as const,
      alsoSought: ["trust-level"],
    },
    "source-chain": {
      summary:
        "Chain of the source transaction: same, peaq, base, ethereum, polygon, arbitrum, optimism or a chain id",
      value: eventValues.sourceChain,
      defaultText: "same",
      alsoSought: ["chain", "source-chain-id"],
    },
    "source-tx": {
      summary: "Source transaction; required with --trust onchain",
      value: values.txHash,
      alsoSought: ["tx", "source-tx-hash", "tx-hash"],
    },
    "raw-data": {
      summary: "File whose bytes are hashed and stored as the data hash",
      value: values.path(),
      alsoSought: ["data", "raw"],
    },
    metadata: {
      summary: "File whose bytes are stored on the chain with the event",
      value: values.path(),
      alsoSought: ["meta"],
    },
  },
  examples: [
    {
      command:
        "peaqos qualify event \\\n  --machine-id 42 \\\n  --type revenue \\\n  --value 123 \\\n  --ts 2026-04-23T12:00:00Z \\\n  --trust self \\\n  --source-chain peaq",
      does: "1.23 USD of revenue",
    },
    {
      command:
        "peaqos qualify event --machine-id 42 --type activity --value 5610 --ts 1776945600 --raw-data session.json",
      does: "A piece of work, with the hash of its record",
    },
  ],
  output: [
    { name: "machine_id", type: "integer", meaning: "the machine" },
    { name: "type", type: "string", meaning: "revenue or activity" },
    { name: "value", type: "integer", meaning: "minor units" },
    { name: "currency", type: "string", meaning: "empty on activity" },
    { name: "timestamp", type: "integer", meaning: "Unix seconds" },
    { name: "trust", type: "string", meaning: "self-reported, on-chain-verifiable or hardware-signed" },
    { name: "source_chain_id", type: "integer", meaning: "0 for the same chain or none" },
    { name: "source_tx_hash", type: "hash or null", meaning: "source transaction" },
    { name: "metadata_bytes", type: "integer", meaning: "bytes stored on the chain" },
    { name: "tx_hash", type: "hash", meaning: "the transaction" },
    { name: "data_hash", type: "hash", meaning: "keccak256 of the raw data, zero without" },
    {
      name: "sent_by_earlier_run",
      type: "boolean",
      meaning: "true when the journal's open transaction was this event",
    },
  ],
});
