/**
 * Writes docs/cli.md from the command table, so that the page and `--help` cannot disagree. Run by
 * `npm run generate`; `--check` only says whether the page is up to date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Command,
  commands,
  GLOBAL_OPTIONS,
  groups,
  type Option,
  optionName,
  usage,
  VARIABLES,
} from "../src/index.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
export const DOCS_FILE: string = join(root, "docs", "cli.md");

/** The whole page. */
export function cliPage(): string {
  const parts = [
    "# The `peaqos` command",
    "<!-- Written by packages/cli/scripts/docs.ts from the command table: change the table, then `npm run generate`. -->",
    `${groups[""]} This page is written from the same table as \`--help\`.`,
    "In a clone: `npm run peaqos -- <command>`, or `npx peaqos <command>`. The package is `peaq-os-cli`; it needs Node 22 or newer and nothing else.",
    `| command | what it does |\n|---|---|\n${commands.map(({ path, summary }) => `| [\`${path.join(" ")}\`](#${path.join("-")}) | ${summary} |`).join("\n")}`,
    CONVENTIONS,
    "## Settings",
    "Each setting is looked up in this order: flag, exported variable, settings file, default. The settings file is `.env` in the current folder, else the nearest one above it up to the project's root (the folder with `.git`); `--env-file` or `PEAQOS_ENV_FILE` name another one. `peaqos whoami` says which file was read. An exported variable that is empty counts as not set and keeps the file from filling it. Commands that only read ratings (`qualify mcr`, `show …`) need `PEAQOS_MCR_API_URL` alone.",
    `| variable | meaning | default |\n|---|---|---|\n${VARIABLES.map(({ name, meaning, default: fallback }) => `| \`${name}\` | ${meaning} | ${fallback ? `\`${fallback}\`` : ""} |`).join("\n")}`,
    "## Options of every command",
    optionTable(GLOBAL_OPTIONS),
    MARKET,
    ...commands.map(commandPart),
    JOURNAL,
  ];
  return `${parts.join("\n\n")}\n`;
}

const CONVENTIONS = `## What goes where

Results go to stdout, everything else (steps, warnings, questions, errors) to stderr, so output can be piped and captured. With
\`--json\` stdout is one JSON value, indented by two blanks, keys in snake case; whole numbers of any size are plain digits. \`--json\` does not
silence the steps on stderr, \`--quiet\` does. Colours appear only on a terminal; \`NO_COLOR\`, \`TERM=dumb\` and \`--no-color\` switch them off.

Without a terminal nothing is ever asked: a command that needs an answer (\`init\`) ends and names the flag that gives it; \`activate\` and
\`qualify import\`, which on a terminal ask before they send (\`--yes\` says yes), go on.

| exit code | meaning |
|---|---|
| 0 | success, also when there was nothing left to do |
| 1 | user or validation error: bad flag, invalid DID, cap or rate limit, a question answered with no |
| 2 | network, RPC or on-chain error: no connection, HTTP error, revert |
| 3 | configuration error: missing variable, invalid private key or key file |

An error says what happened, which value, which rule, and what to type next. With \`--json\` it is one line of JSON, the last on stderr:
\`{"error":{"code","message","value","rule","next","details","exit_code"}}\`; stdout stays empty. Secrets are never part of it.

Money needs a yes: \`scale order\`, \`order pay\`, \`dispute\`, \`cancel\` and \`resolve\` ask, and without a terminal end and name \`--yes\`
(\`--json\` says yes too); \`received\` asks on a terminal only. Price and payee are on stderr before anything is ordered or signed.

\`wallet\` comes with a later release.`;

const MARKET = `## The market: scale

\`scale\` needs \`PEAQOS_ORCHESTRATION_URL\`. The operator's commands (\`machine\`, \`agent\`, \`policy\`, \`audit\`, \`catalogue\`, \`key\`, \`order status\`, \`list\`, \`watch\`,
\`resolve\`) send the platform key \`PEAQOS_ORCH_API_KEY\`; the agent's (\`search\`, \`order\` and what follows it) send the pairing token of \`--pairing-token-file\`, alone.
\`allowance\` takes either.

Secrets come in files: a token, key, signature or credentials file is read, never an argument. Files with a secret that others can read are warned of; those that
\`--token-file\` and \`--key-file\` write have mode 0600.

An order goes through five steps: create, prepare the payment, transfer, prove it, execute; a free one through two. It is paid in one of three ways: \`--pay\` signs the
transfer with \`PEAQOS_PRIVATE_KEY\`, \`--payment-key-file\` with another key, \`--payment-tx-hash\` names a transaction made elsewhere; on a terminal a hash can be pasted instead.
Before a key signs, chain, token, decimals, payer and sum are held against the chain and against what was shown. On the rails
\`external\` and \`offchain-record\`, which are paid elsewhere, \`--payment-tx-hash\` names what was paid, and the market records it as stated.

When an order stops on the way, the error names the order, where it stands, and the command that goes on (\`order resume\`; with \`--json\` in \`details.resume\`). When the
answer to placing it was lost, the same command in the same folder finds the order instead of making a second one. \`./peaqos-orders\` holds drafts and signed
transfers, one file each, mode 0600: a transfer is on the disk before it is sent, under one nonce, so an order is never paid twice from that folder. Keep it
until the order is executed.

### A purchase by hand

On a [devnet](devnet.md) a machine and an agent are there already; the agent may spend 5 USD a day.

\`\`\`sh
set -a; . .peaqos/devnet.env; set +a
peaqos() { npm run --silent peaqos -- "$@"; }
agent="--machine-id $PEAQOS_DEVNET_MACHINE --agent-pairing-id $PEAQOS_DEVNET_PAIRING --pairing-token-file .peaqos/agent.token"
peaqos scale allowance $agent
\`\`\`

\`\`\`text output
…
  Per day:       $5.00
  Spent today:   $…
  Left today:    $…
\`\`\`

What is for sale, best first, with prices; and whether an order would pass, rule by rule, and what it has to be given:

\`\`\`sh
peaqos scale search --machine-id $PEAQOS_DEVNET_MACHINE --service-type oracle.price-feed --pairing-token-file .peaqos/agent.token
service=$(peaqos scale search --machine-id $PEAQOS_DEVNET_MACHINE --service-type oracle.price-feed --pairing-token-file .peaqos/agent.token --json |
  node -p 'JSON.parse(require("fs").readFileSync(0)).quotes[0].service_id')
peaqos scale order check $service $agent
\`\`\`

\`\`\`text output
Found 1 matching service.
…
  Service:         Currency price feed
  Price:           0.05 USDC
  Rail:            wallet
  Payee:           0x…
  Input, such as:  {"base":"EUR","quote":"USD"}
…
The order would pass.
\`\`\`

Buying: \`--pay\` signs with \`PEAQOS_PRIVATE_KEY\`, \`--yes\` answers the question that a terminal would be asked. The five steps are on stderr, the result on stdout.

\`\`\`sh
echo '{"base":"EUR","quote":"USD"}' > input.json
peaqos scale order $service $agent --input input.json --pay --yes
\`\`\`

\`\`\`text output
Order executed.
  Order ID:  mord_…
  Service:   …
  Status:    delivered
  Payment:   held, 0.05 USDC

Result:
  {
    "base": "EUR",
    "quote": "USD",
    "price": "…",
…
Next: peaqos scale order received mord_… --pairing-token-file .peaqos/agent.token
  or: peaqos scale order dispute mord_… --reason "..." --pairing-token-file .peaqos/agent.token
\`\`\`

The payment is held until the delivery is confirmed or disputed. A second order stops before it is paid, and goes on later; it is disputed, and resolved with the
platform key of the devnet, which has every scope:

\`\`\`sh
first=$(peaqos scale order list --machine-id $PEAQOS_DEVNET_MACHINE --limit 1 --json | node -p 'JSON.parse(require("fs").readFileSync(0)).items[0].id')
peaqos scale order received $first --pairing-token-file .peaqos/agent.token --yes
second=$(peaqos scale order $service $agent --input input.json --place-only --json | node -p 'JSON.parse(require("fs").readFileSync(0)).order.id')
peaqos scale order resume $second --pairing-token-file .peaqos/agent.token --pay --yes > resumed.txt
peaqos scale order dispute $second --reason "stale rate" --pairing-token-file .peaqos/agent.token --yes
peaqos scale order resolve $second --resolution release --yes
peaqos scale audit verify
\`\`\`

\`\`\`text output
Delivery confirmed.
…
Dispute raised.
…
Dispute resolved.
…
The audit log is intact.
…
\`\`\``;

const JOURNAL = `## peaqos.log

\`activate\`, \`qualify event\` and \`scale order\` append to \`./peaqos.log\` (mode 0600): one JSON object per line, keys sorted, no blanks, \`ts\` in UTC with
microseconds. \`step\` is \`register\`, \`mint_nft\`, \`machine_did\`, \`proxy_did\`, \`event\` or \`order_payment\` (with \`order_id\`); \`status\` is \`pending\` (signed, and on the disk before it
is sent), \`confirmed\`, \`skipped\` or \`failed\`. Every row about a transaction carries its \`tx_hash\`. A run that was cut off leaves a \`pending\` row:
the next run looks that transaction up before it sends anything.`;

function optionTable(options: Readonly<Record<string, Option>>): string {
  const rows = Object.entries(options).map(([name, option]) => {
    const fallback = option.required
      ? "required"
      : option.default !== undefined
        ? `\`${String(option.default)}\``
        : (option.defaultText ?? "");
    const rule =
      option.value && !option.value.choices && !option.value.rule.startsWith("must not be empty")
        ? ` (${option.value.rule})`
        : "";
    return `| \`${cell(optionName(name, option))}\` | ${cell(option.summary + (option.value?.file ? "" : rule))}${option.many ? ", may be repeated" : ""} | ${fallback} |`;
  });
  return `| option | meaning | default |\n|---|---|---|\n${rows.join("\n")}`;
}

const cell = (text: string) => text.replaceAll("|", "\\|");

function commandPart(command: Command): string {
  const parts = [
    `## ${command.path.join(" ")}`,
    `\`${usage(command)}\``,
    `${command.summary}. ${command.description ?? ""}`.trim(),
  ];
  if (command.args.length > 0) {
    parts.push(
      `| argument | meaning |\n|---|---|\n${command.args.map(({ name, summary, value }) => `| \`${name}\` | ${summary} (${cell(value.rule)}) |`).join("\n")}`,
    );
  }
  if (Object.keys(command.options).length > 0) parts.push(optionTable(command.options));
  parts.push(
    `\`\`\`text\n${command.examples.map(({ command: line, does }) => `# ${does}\n${line}`).join("\n")}\n\`\`\``,
    `\`--json\` prints:\n\n| key | type | meaning |\n|---|---|---|\n${command.output.map(({ name, type, meaning }) => `| \`${name}\` | ${type} | ${cell(meaning)} |`).join("\n")}`,
  );
  if (command.outputNote) parts.push(command.outputNote);
  return parts.join("\n\n");
}

if (import.meta.main) {
  const page = cliPage();
  const shown = relative(root, DOCS_FILE);
  let current = "";
  try {
    current = readFileSync(DOCS_FILE, "utf8");
  } catch {
    // It is about to be written for the first time.
  }
  if (process.argv.includes("--check")) {
    if (current !== page) {
      console.error(`${shown} is not up to date: npm run generate`);
      process.exit(1);
    }
  } else if (current !== page) {
    writeFileSync(DOCS_FILE, page);
    console.log(`${shown} written`);
  }
}
