import { defineSpec } from "../../engine/types.ts";
import { choice, path, smallInteger, text, txHash } from "../../engine/values.ts";
import * as values from "../../scale/values.ts";
import { cursor, limit, machineId, pairingId, tokenFile, yes } from "./options.ts";

const orderArgument = [{ name: "ORDER_ID", summary: "the order", value: values.id("ORDER_ID") }] as const;

const order = { name: "order", type: "object", meaning: "the order; input_payload as it was given" } as const;
const payment = {
  name: "payment",
  type: "object or null",
  meaning: "its payment; rail.rail_type names the way",
} as const;
const execution = {
  name: "execution",
  type: "object or null",
  meaning:
    "status_code 200 with run and outcome (outcome.result is the provider's answer), or 202 with handoff; null when it was not executed",
} as const;

/** How an order is paid. */
const paying = {
  pay: { summary: "Sign the token transfer with PEAQOS_PRIVATE_KEY", alsoSought: ["sign"] },
  "payment-key-file": {
    summary: "Sign the token transfer with the private key in this file",
    value: path(),
    alsoSought: ["key-file", "wallet"],
  },
  "payment-tx-hash": {
    summary: "It is paid already with this transaction (0x hash; needs --payment-chain and --payment-token)",
    value: txHash,
    alsoSought: ["tx-hash", "tx"],
  },
  "payment-chain": { summary: "Chain of that transaction", value: values.chain, alsoSought: ["chain"] },
  "payment-token": { summary: "Token of that transaction", value: values.symbol, alsoSought: ["token"] },
  "payment-rpc-url": {
    summary: "Node of the payment's chain",
    value: text("URL"),
    defaultText: "PEAQOS_RPC_URL where it is that chain, else a public one",
    alsoSought: ["rpc-url", "rpc"],
  },
} as const;

const placing = {
  "machine-id": machineId,
  "agent-pairing-id": pairingId,
  "pairing-token-file": tokenFile,
  "search-id": {
    summary: "The search the quote is from",
    value: values.id("SEARCH_ID"),
    alsoSought: ["search"],
  },
  "quote-id": { summary: "The quote", value: values.id("QUOTE_ID"), alsoSought: ["quote"] },
  operation: { summary: "The operation", value: text("NAME") },
  "budget-amount": { summary: "What it may cost", value: values.amount, alsoSought: ["budget"] },
  "budget-currency": { summary: "Currency of the budget", value: values.symbol },
  input: { summary: "JSON file with the operation's input: one object", value: path(), alsoSought: ["data"] },
  "provider-credentials": {
    summary: "JSON file with credentials by provider; never printed or logged",
    value: path(),
    alsoSought: ["credentials"],
  },
} as const;

export const place = defineSpec({
  path: ["scale", "order"],
  summary: "Buy a service: order, pay, execute",
  alsoSought: ["buy", "purchase"],
  description:
    "Price and payee are shown before anything is ordered or signed. If it stops on the way, the order's id and the command that goes on are the last lines; the same command typed again finds an order whose answer was lost. Signed transfers are kept in ./peaqos-orders: an order is never paid twice from there.",
  args: [{ name: "SERVICE_ID", summary: "the service, from `scale search`", value: values.id("SERVICE_ID") }],
  options: {
    ...placing,
    ...paying,
    "skip-payment": {
      summary: "Use the payment record as it is, without a new intent (needs --payment-tx-hash)",
      alsoSought: ["no-intent"],
    },
    "place-only": { summary: "Order and stop before paying", alsoSought: ["no-pay", "create-only"] },
    yes,
  },
  examples: [
    {
      command:
        "peaqos scale order svc_0123456789ab \\\n  --machine-id mach_61f043950cf1 \\\n  --agent-pairing-id pair_67c50f8fdd3c \\\n  --pairing-token-file agent.token \\\n  --search-id msearch_0123456789ab --quote-id mquote_0123456789ab \\\n  --input input.json --pay",
      does: "At the quote of a search, paid with PEAQOS_PRIVATE_KEY",
    },
    {
      command:
        "peaqos scale order svc_0123456789ab --machine-id mach_61f043950cf1 --agent-pairing-id pair_67c50f8fdd3c --pairing-token-file agent.token --payment-key-file agent.key --yes --json | jq .execution.outcome.result",
      does: "For programs: no question, the provider's answer",
    },
  ],
  output: [order, execution, payment],
});

export const check = defineSpec({
  path: ["scale", "order", "check"],
  summary: "Say what an order would cost and whether it would pass, without ordering",
  alsoSought: ["dry-run", "preview", "estimate"],
  args: [{ name: "SERVICE_ID", summary: "the service", value: values.id("SERVICE_ID") }],
  options: placing,
  examples: [
    {
      command:
        "peaqos scale order check svc_0123456789ab --machine-id mach_61f043950cf1 --agent-pairing-id pair_67c50f8fdd3c --pairing-token-file agent.token",
      does: "Every rule with its result; exit 1 when one refuses",
    },
  ],
  output: [
    { name: "allowed", type: "boolean", meaning: "whether an order would pass now" },
    { name: "amount", type: "number or null", meaning: "price, in currency" },
    { name: "currency", type: "string or null", meaning: "" },
    { name: "service", type: "object or null", meaning: "id, name" },
    { name: "rail", type: "string or null", meaning: "how it is paid" },
    { name: "payee_address", type: "address or null", meaning: "who is paid" },
    { name: "checks", type: "list", meaning: "rule, passed, code, message, details of each" },
  ],
});

export const status = defineSpec({
  path: ["scale", "order", "status"],
  summary: "Show an order, its payment, and what comes next",
  alsoSought: ["show", "get"],
  args: orderArgument,
  options: {},
  examples: [{ command: "peaqos scale order status mord_0123456789ab", does: "Where it stands" }],
  output: [order, payment],
});

export const list = defineSpec({
  path: ["scale", "order", "list"],
  summary: "List a machine's orders, newest first",
  alsoSought: ["orders", "ls", "history"],
  args: [],
  options: { "machine-id": machineId, limit: limit("Orders"), cursor },
  examples: [
    {
      command: "peaqos scale order list --machine-id mach_61f043950cf1 --limit 20",
      does: "One page, and how to get the next",
    },
    {
      command: "peaqos scale order list --machine-id mach_61f043950cf1 --json | jq length",
      does: "All of them, for programs",
    },
  ],
  output: [
    { name: "items", type: "list", meaning: "orders" },
    { name: "next_cursor", type: "string or null", meaning: "null on the last page" },
  ],
  outputNote:
    "Without `--limit`, `--json` reads every page and prints a flat list of orders instead; the object above is what `--json --limit N` prints.",
});

export const received = defineSpec({
  path: ["scale", "order", "received"],
  summary: "Confirm the delivery: the payment is released",
  alsoSought: ["confirm", "accept", "delivered"],
  args: orderArgument,
  options: { "pairing-token-file": tokenFile, yes },
  examples: [
    {
      command: "peaqos scale order received mord_0123456789ab --pairing-token-file agent.token",
      does: "After looking at the result",
    },
  ],
  output: [order, payment],
});

export const dispute = defineSpec({
  path: ["scale", "order", "dispute"],
  summary: "Dispute an order: the payment is frozen until it is resolved",
  alsoSought: ["complain", "refund"],
  args: orderArgument,
  options: {
    reason: { summary: "What is wrong", value: text("TEXT"), required: true, alsoSought: ["message"] },
    "pairing-token-file": tokenFile,
    evidence: { summary: "JSON file with evidence: one object", value: path(), alsoSought: ["proof"] },
    yes,
  },
  examples: [
    {
      command:
        'peaqos scale order dispute mord_0123456789ab --reason "no energy delivered" --pairing-token-file agent.token --evidence meter.json',
      does: "With a meter reading",
    },
  ],
  output: [
    order,
    payment,
    {
      name: "dispute",
      type: "object",
      meaning: "id, order_id, machine_id, status, reason, evidence, resolve_by, ...",
    },
  ],
});

export const resolve = defineSpec({
  path: ["scale", "order", "resolve"],
  summary: "Decide a dispute, as the market's resolver",
  alsoSought: ["decide", "settle"],
  description:
    "Needs a key with the scope resolver. release: the seller gets the money; refund: it goes back; dismiss: the dispute was without reason.",
  args: orderArgument,
  options: {
    resolution: {
      summary: "The decision",
      value: choice(["release", "refund", "dismiss"]),
      required: true,
      alsoSought: ["decision", "outcome"],
    },
    notes: { summary: "Why", value: text("TEXT"), alsoSought: ["reason"] },
    "repayment-tx-hash": { summary: "The seller's repayment, where it was made", value: txHash },
    yes,
  },
  examples: [
    {
      command:
        'peaqos scale order resolve mord_0123456789ab --resolution refund --notes "meter shows nothing"',
      does: "The money goes back; until the repayment is seen it is owed",
    },
  ],
  output: [order, payment, { name: "dispute", type: "object", meaning: "with its resolution" }],
});

const goingOn = { "pairing-token-file": tokenFile, ...paying, yes } as const;

export const pay = defineSpec({
  path: ["scale", "order", "pay"],
  summary: "Pay an order and prove the payment",
  args: orderArgument,
  options: goingOn,
  examples: [
    {
      command: "peaqos scale order pay mord_0123456789ab --pairing-token-file agent.token --pay",
      does: "Shows sum and payee, asks, signs with PEAQOS_PRIVATE_KEY",
    },
    {
      command:
        "peaqos scale order pay mord_0123456789ab --pairing-token-file agent.token --payment-tx-hash 0x3f4a8c1e2d9b7f05a6c3e8d1f4b2a7c9e0d5f3b1a8e2c6d9f7b4a1e3c5d8f2b4 --payment-chain base --payment-token USDC",
      does: "Paid from another wallet",
    },
  ],
  output: [
    { ...order, type: "object or null", meaning: "the order; null for a key that may not read it" },
    payment,
  ],
});

export const execute = defineSpec({
  path: ["scale", "order", "execute"],
  summary: "Have a paid order executed and print the result",
  alsoSought: ["run"],
  args: orderArgument,
  options: {
    "pairing-token-file": tokenFile,
    input: {
      summary: "JSON file; its keys win over those of the order's input, null takes a key away",
      value: path(),
    },
  },
  examples: [
    {
      command: "peaqos scale order execute mord_0123456789ab --pairing-token-file agent.token",
      does: "A repeated call gives the same result, not a second execution",
    },
  ],
  output: [order, execution],
});

export const resume = defineSpec({
  path: ["scale", "order", "resume"],
  summary: "Go on with an order from where it stopped",
  alsoSought: ["continue", "go-on"],
  description:
    "Reads where the order stands and does what is left: pay, prove, execute. Nothing is done twice.",
  args: orderArgument,
  options: {
    ...goingOn,
    input: {
      summary: "JSON file; its keys win over those of the order's input, null takes a key away",
      value: path(),
    },
  },
  examples: [
    {
      command: "peaqos scale order resume mord_0123456789ab --pairing-token-file agent.token --pay",
      does: "After Ctrl-C, a crash or a network failure",
    },
  ],
  output: [order, execution, payment],
});

export const cancel = defineSpec({
  path: ["scale", "order", "cancel"],
  summary: "Cancel an order that was not executed",
  alsoSought: ["abort", "withdraw"],
  args: orderArgument,
  options: {
    "pairing-token-file": tokenFile,
    reason: { summary: "Why", value: text("TEXT") },
    yes,
  },
  examples: [
    {
      command: "peaqos scale order cancel mord_0123456789ab --pairing-token-file agent.token",
      does: "Its reservation is free again",
    },
  ],
  output: [order],
});

export const retry = defineSpec({
  path: ["scale", "order", "retry"],
  summary: "Make a failed order ready and execute it again",
  alsoSought: ["again", "redo"],
  args: orderArgument,
  options: { "pairing-token-file": tokenFile, reason: { summary: "Why", value: text("TEXT") } },
  examples: [
    {
      command: "peaqos scale order retry mord_0123456789ab --pairing-token-file agent.token",
      does: "Without paying again",
    },
  ],
  output: [order, execution],
});

export const watch = defineSpec({
  path: ["scale", "order", "watch"],
  summary: "Wait until an order has ended, and say each change",
  alsoSought: ["wait", "follow", "tail"],
  args: orderArgument,
  options: {
    until: { summary: "Wait for this status instead", value: text("STATUS"), alsoSought: ["status"] },
    timeout: {
      summary: "Longest wait in seconds; then exit 2",
      value: smallInteger("SECONDS", 1, 86_400),
      default: 300,
    },
  },
  examples: [
    { command: "peaqos scale order watch mord_0123456789ab --timeout 60", does: "At most a minute" },
  ],
  output: [order, payment],
});
