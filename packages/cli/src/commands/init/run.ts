import { chmod, constants, copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { editEnv, parseEnv, writePrivateFile } from "../../config/env-file.ts";
import { generateKey, readKey } from "../../config/key.ts";
import { settingsFrom } from "../../config/settings.ts";
import { CONTRACT_VARIABLES, VARIABLES } from "../../config/variables.ts";
import { declined, usageError } from "../../engine/errors.ts";
import { report } from "../../engine/report.ts";
import type { Handler, HandlerContext, Result } from "../../engine/types.ts";
import { run as whoami } from "../whoami/run.ts";
import { type Answers, ask, fromEnvironment } from "./answers.ts";
import { type Prompter, terminalPrompter } from "./prompter.ts";
import type { spec } from "./spec.ts";

export const run: Handler<typeof spec> = async (context) => {
  const { flags, ui, io } = context;
  if (flags["non-interactive"]) return init(context, undefined);
  if (!ui.interactive) {
    throw usageError({
      code: "NO_TERMINAL",
      message: "`peaqos init` asks questions and there is no terminal to ask on",
      value: "(no terminal)",
      rule: "without a terminal every value comes from environment variables",
      next: "peaqos init --non-interactive",
    });
  }
  return init(context, await terminalPrompter(io));
};

/** Asks (with a prompter) or reads the environment (without), writes, verifies. */
export async function init(
  context: HandlerContext<typeof spec>,
  prompter: Prompter | undefined,
): Promise<Result> {
  const { flags, io, ui } = context;
  const file = join(io.cwd, ".env");
  const before = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const existing = Object.fromEntries(parseEnv(before ?? "").map(({ name, value }) => [name, value]));
  // First the question whether the file may change at all, then everything else.
  if (before !== undefined && !flags.force) await mayReplace(file, prompter);
  const answers = prompter ? await ask(io, prompter, existing) : await fromEnvironment(io);
  if (prompter) {
    prompter.note(`Settings for ${file}`, summary(answers));
    if (!(await prompter.confirm("Write them?"))) throw declined("Nothing was written");
  }
  const generated = answers.key === "generate";
  const key = generated ? generateKey() : readKey(answers.key)!;
  const backup = before === undefined ? undefined : await keepOld(file, before, key.privateKey, existing);
  const text = settingsText(before, { ...answers, key: key.privateKey });
  await writePrivateFile(file, text);

  for (const { name, value } of parseEnv(text)) {
    const exported = io.env[name];
    if (VARIABLES.some((entry) => entry.name === name) && exported !== undefined && exported !== value) {
      ui.warn(
        `${name} is exported in this shell with another value and beats the one in .env: unset ${name}`,
      );
    }
  }
  if (generated) ui.line(`New key for ${key.address}, kept in ${file} alone: back it up.`);
  const check = await verify(context, file, text);
  if ("error" in check) ui.warn(`The file is written, but the check failed: ${check.error}`);
  return {
    json: {
      env_file: file,
      backup: backup ?? null,
      network: answers.network,
      address: key.address,
      key_generated: generated,
      verified: !("error" in check),
      verification_error: "error" in check ? check.error : null,
    },
    text: (style) => {
      const lines = [`Config: .env written to ${file}`];
      if (backup) lines.push(`Backup: ${backup}`);
      if ("result" in check) {
        const { text: shown } = check.result;
        lines.push("", typeof shown === "function" ? shown(style) : shown);
      }
      return lines.join("\n");
    },
  };
}

async function mayReplace(file: string, prompter: Prompter | undefined): Promise<void> {
  if (!prompter) {
    throw usageError({
      code: "FILE_EXISTS",
      message: `${file} exists`,
      value: file,
      rule: "--non-interactive does not replace settings on its own",
      next: "peaqos init --non-interactive --force",
    });
  }
  const yes = await prompter.confirm(
    `${file} exists. Replace its peaqOS settings? (other entries stay, a backup is kept)`,
  );
  if (!yes) throw declined("Nothing was written");
}

/** A key that would disappear from the file is kept in a copy beside it, under a name that is free. */
async function keepOld(
  file: string,
  before: string,
  newKey: string,
  existing: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  if (before.trim() === "" || existing.PEAQOS_PRIVATE_KEY === newKey) return undefined;
  for (let number = 1; ; number++) {
    const copy = `${file}.backup-${number}`;
    try {
      await copyFile(file, copy, constants.COPYFILE_EXCL);
      await chmod(copy, 0o600);
      return copy;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function summary({ network, key, values }: Answers): string {
  const rows = [
    `PEAQOS_NETWORK=${network}`,
    `PEAQOS_PRIVATE_KEY=${key === "generate" ? "(made when you say yes)" : `(hidden; ${readKey(key)?.address})`}`,
    ...Object.entries(values)
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}=${name === "PEAQOS_ORCH_API_KEY" ? "<masked>" : value}`),
  ];
  return rows.join("\n");
}

/** A fresh file in sections, or an existing one with only our entries changed. */
export function settingsText(before: string | undefined, { network, key, values }: Answers): string {
  const all: Record<string, string> = { PEAQOS_PRIVATE_KEY: key, ...values, PEAQOS_NETWORK: network };
  if (before !== undefined && before.trim() !== "") {
    return editEnv(before, { PEAQOS_OWS_WALLET: undefined, ...all });
  }
  const sections: [string, readonly string[]][] = [
    [
      "peaqOS settings, written by `peaqos init`. This file holds a private key: keep it to yourself.",
      ["PEAQOS_PRIVATE_KEY"],
    ],
    ["Network", ["PEAQOS_RPC_URL", "PEAQOS_MCR_API_URL", "PEAQOS_NETWORK", "PEAQOS_GAS_STATION_URL"]],
    ["Machine Market orchestration", ["PEAQOS_ORCHESTRATION_URL", "PEAQOS_ORCH_API_KEY"]],
    ["Contracts", CONTRACT_VARIABLES.map(({ name }) => name)],
  ];
  return sections
    .map(([title, names]) =>
      editEnv(`# ${title}\n`, Object.fromEntries(names.map((name) => [name, all[name] ?? ""]))),
    )
    .join("\n");
}

/** `whoami` with the file alone: exported variables must not make an incomplete file look complete. */
async function verify(
  context: HandlerContext<typeof spec>,
  file: string,
  text: string,
): Promise<{ result: Result } | { error: string }> {
  const settings = settingsFrom({}, {}, file, parseEnv(text));
  try {
    const result = await whoami({ ...context, flags: {}, args: [], settings: async () => settings });
    return { result };
  } catch (error) {
    return { error: report(error).message };
  }
}
