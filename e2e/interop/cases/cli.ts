import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Context } from "../case.ts";
import { type Ended, runProgram } from "../programs.ts";
import { quietEnv } from "../venv.ts";

export type Wallet = { address: string; privateKey: string; dir: string };

type Person = NonNullable<Parameters<typeof runProgram>[2]["person"]>;

/** The published CLI 0.0.4, each command in a process of its own. */
export const cli = (context: Context) => {
  const { stack, clients } = context;
  const wallet = async (fund = true): Promise<Wallet> => {
    const privateKey = generatePrivateKey();
    const { address } = privateKeyToAccount(privateKey);
    if (fund) await stack.fund(address);
    return { address, privateKey, dir: context.workDir() };
  };
  const peaqos = (
    who: Wallet,
    args: string[],
    env: Record<string, string> = {},
    person?: Person,
  ): Promise<Ended> =>
    runProgram(clients.cli, args, {
      cwd: who.dir,
      env: { ...stack.env, PEAQOS_PRIVATE_KEY: who.privateKey, HOME: who.dir, ...env, ...quietEnv },
      ...(person === undefined ? {} : { person }),
    });
  const keyFile = (who: Wallet, machine: Wallet): string => {
    const path = join(who.dir, `${machine.address}.key`);
    writeFileSync(path, `${machine.privateKey}\n`, { mode: 0o600 });
    return path;
  };
  const log = (who: Wallet): Record<string, unknown>[] =>
    readFileSync(join(who.dir, "peaqos.log"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  return { wallet, peaqos, keyFile, log };
};

/** What the CLI groups leave behind for the groups after them. */
export type CliMade = { self?: Wallet; machineId?: number };
