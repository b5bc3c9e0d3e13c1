import { readKey } from "../../config/key.ts";
import { CONTRACT_VARIABLES } from "../../config/variables.ts";
import { configError, usageError } from "../../engine/errors.ts";
import type { Io } from "../../engine/types.ts";
import { address, isHttpUrl } from "../../engine/values.ts";
import { hideCredentials } from "../../rpc.ts";
import { customPreset, devnetPreset, NETWORK_WORDS, type Preset, publicPreset } from "./networks.ts";
import type { Choice, Prompter } from "./prompter.ts";

/** What goes into the file, before a key is made: `key` is a key, or the wish for a new one. */
export type Answers = {
  readonly network: string;
  readonly key: string | "generate";
  readonly values: Readonly<Record<string, string>>;
};

const ZERO = /^0x0{40}$/;

const urlProblem = (required: boolean) => (value: string) =>
  value === ""
    ? required
      ? "an address is needed"
      : undefined
    : isHttpUrl(value)
      ? undefined
      : "must begin with http:// or https:// and name a host";
const addressProblem = (value: string) =>
  address.parse(value) === undefined
    ? address.rule
    : ZERO.test(value)
      ? "the zero address is no contract"
      : undefined;
const keyProblem = (value: string) =>
  readKey(value) ? undefined : "must be 0x and 64 hexadecimal digits, a valid key of the curve";
const freeProblem = (value: string) =>
  [...value].every((letter) => letter >= " ") ? undefined : "must be one line";

/** Values in the order of the file, with the check of each. */
const FIELDS: readonly {
  name: string;
  label: string;
  problem: (value: string) => string | undefined;
  required: boolean;
  secret?: boolean;
}[] = [
  { name: "PEAQOS_RPC_URL", label: "RPC URL", problem: urlProblem(true), required: true },
  { name: "PEAQOS_MCR_API_URL", label: "MCR API URL", problem: urlProblem(false), required: false },
  {
    name: "PEAQOS_GAS_STATION_URL",
    label: "Gas Station URL (empty: none)",
    problem: urlProblem(false),
    required: false,
  },
  ...CONTRACT_VARIABLES.map(({ name, label }) => ({
    name,
    label: `${label} address`,
    problem: addressProblem,
    required: true,
  })),
  {
    name: "PEAQOS_ORCHESTRATION_URL",
    label: "Orchestration API URL (empty: none)",
    problem: urlProblem(false),
    required: false,
  },
  {
    name: "PEAQOS_ORCH_API_KEY",
    label: "Orchestration API key (empty: none)",
    problem: freeProblem,
    required: false,
    secret: true,
  },
];

/** Asked in the wizard when a preset or an exported variable fills them already. */
const ALWAYS_ASKED = new Set([
  "PEAQOS_RPC_URL",
  "PEAQOS_MCR_API_URL",
  "PEAQOS_GAS_STATION_URL",
  "EVENT_REGISTRY_ADDRESS",
  "PEAQOS_ORCHESTRATION_URL",
]);

export const walletRefused = () =>
  usageError({
    code: "NOT_IN_THIS_RELEASE",
    message: "A wallet vault as key source is not in this release yet",
    value: "wallet",
    rule: "the key is pasted or generated; wallets come with a later release",
    next: "run `peaqos init` again and choose paste or generate",
  });

/** The wizard: network, key, addresses, services. Nothing is generated or written here. */
export async function ask(
  io: Io,
  prompter: Prompter,
  existing: Readonly<Record<string, string>>,
): Promise<Answers> {
  const devnet = await devnetPreset(io.cwd);
  const presets = [
    ...(devnet ? [devnet] : []),
    publicPreset("mainnet"),
    publicPreset("testnet"),
    customPreset,
  ];
  const word = await prompter.select(
    "Network",
    presets.map(({ word: value, label, hint }) => ({ value, label, hint })),
  );
  const preset = presets.find((entry) => entry.word === word)!;
  if (preset.remarks.length > 0)
    prompter.note("Good to know", preset.remarks.map((line) => `- ${line}`).join("\n"));
  const network =
    preset.word === "custom"
      ? await prompter.text("Name of the network", existing.PEAQOS_NETWORK ?? "", (value) =>
          /^[\w.-]{1,40}$/.test(value) ? undefined : "letters, digits, dots and dashes",
        )
      : preset.word;
  const key = await askKey(prompter, preset, existing);
  const values: Record<string, string> = {};
  for (const field of FIELDS) {
    // What is exported was set on purpose; it beats a preset.
    const known = io.env[field.name] || preset.values[field.name] || "";
    if (field.secret) {
      values[field.name] = io.env[field.name] || (await prompter.secret(field.label, field.problem));
    } else if (ALWAYS_ASKED.has(field.name) || field.problem(known) !== undefined) {
      values[field.name] = await prompter.text(field.label, known, field.problem);
    } else {
      values[field.name] = known;
    }
  }
  return { network, key, values };
}

async function askKey(
  prompter: Prompter,
  preset: Preset,
  existing: Readonly<Record<string, string>>,
): Promise<string | "generate"> {
  const choices: Choice[] = [
    { value: "paste", label: "paste", hint: "I have a private key" },
    { value: "generate", label: "generate", hint: "make a new one" },
    { value: "wallet", label: "wallet", hint: "not in this release" },
  ];
  const developer = preset.word === "devnet" ? preset.values.PEAQOS_PRIVATE_KEY : undefined;
  if (developer)
    choices.unshift({ value: "devnet", label: "the devnet's developer key", hint: "funded, public" });
  const kept = existing.PEAQOS_PRIVATE_KEY;
  const keptKey = kept === undefined ? undefined : readKey(kept);
  if (keptKey) choices.unshift({ value: "keep", label: "keep the key in .env", hint: keptKey.address });
  const source = await prompter.select("Private key source", choices);
  if (source === "wallet") throw walletRefused();
  if (source === "generate") return "generate";
  if (source === "keep") return kept!;
  if (source === "devnet") return developer!;
  return prompter.secret("Private key", keyProblem);
}

/** The same answers from exported variables. Exit 3 names the first one that is missing or wrong. */
export async function fromEnvironment(io: Io): Promise<Answers> {
  if (io.env.PEAQOS_OWS_WALLET) throw walletRefused();
  const word = io.env.PEAQOS_NETWORK?.trim() ?? "";
  const known = NETWORK_WORDS[word.toLowerCase() as keyof typeof NETWORK_WORDS];
  let preset: Preset = { ...customPreset, values: {} };
  if (known === "devnet") {
    const found = await devnetPreset(io.cwd);
    if (!found) {
      throw configError({
        code: "NO_DEVNET",
        message: "PEAQOS_NETWORK is devnet, but no devnet has been started here",
        value: io.cwd,
        rule: "a devnet describes itself in .peaqos/devnet.env, in this folder or above it",
        next: "run `npm start` in the clone of peaqOS, then this command in the same folder",
      });
    }
    preset = found;
  } else if (known === "mainnet" || known === "testnet") preset = publicPreset(known);

  const pick = (name: string) => io.env[name]?.trim() || preset.values[name] || "";
  const key = pick("PEAQOS_PRIVATE_KEY");
  if (key === "") throw missing("PEAQOS_PRIVATE_KEY", "0x...");
  const problem = keyProblem(key);
  if (problem) throw wrong("PEAQOS_PRIVATE_KEY", "(hidden)", problem);
  const values: Record<string, string> = {};
  for (const { name, problem: check, required, secret } of FIELDS) {
    const value = pick(name);
    if (value === "" && required)
      throw missing(name, name.endsWith("URL") ? "http://127.0.0.1:8545" : "0x...");
    const found = value === "" ? undefined : check(value);
    if (found) throw wrong(name, secret ? "(hidden)" : hideCredentials(value), found);
    values[name] = value;
  }
  return { network: word === "" ? "custom" : word, key, values };
}

function missing(name: string, example: string) {
  return configError({
    code: "MISSING_SETTING",
    message: `${name} is not set`,
    value: "(nothing)",
    rule: "--non-interactive takes every value from the environment; PEAQOS_NETWORK=devnet, mainnet or testnet fills in what that network brings",
    next: `export ${name}=${example}`,
    details: { variable: name },
  });
}

function wrong(name: string, value: string, rule: string) {
  return configError({
    code: "BAD_SETTING",
    message: `${name} cannot be used`,
    value,
    rule: `${name} ${rule}`,
    next: `export ${name}=... with a correct value`,
    details: { variable: name },
  });
}
