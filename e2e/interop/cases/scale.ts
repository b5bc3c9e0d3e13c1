import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MachineEntry } from "@peaqos/devnet";
import type { Context } from "../case.ts";
import type { Person } from "../market-side.ts";
import type { Ended } from "../programs.ts";
import { cli, type Wallet } from "./cli.ts";

/** What the `scale` groups leave behind for those after them. */
export type ScaleMade = {
  user?: Wallet;
  machineId?: string;
  agent?: Person;
  pairingId?: string;
  token?: string;
};

/** The published CLI's `scale` commands, run by one user in one directory. */
export function scale(context: Context, made: ScaleMade) {
  const { wallet, peaqos, keyFile } = cli(context);
  const file = (name: string, text: string): string => {
    const path = join(made.user!.dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const run = (
    args: string[],
    env: Record<string, string> = {},
    person?: Parameters<typeof peaqos>[3],
  ): Promise<Ended> => peaqos(made.user!, ["scale", ...args], env, person);
  return {
    peaqos,
    run,
    file,
    async start(): Promise<void> {
      made.user = await wallet(false);
    },
    /** Whatever the groups before would have left, when this one runs alone. */
    async ready(): Promise<void> {
      made.user ??= await wallet(false);
      if (made.machineId !== undefined) return;
      made.machineId = await context.stack.market.onboard(context.stack.market.machine("nr-parking-sensor"));
      Object.assign(
        made,
        await context.stack.market.pair(made.machineId, { dailySpendLimit: 4, currency: "USD" }),
      );
    },
    keyFile: (machine: MachineEntry) =>
      keyFile(made.user!, { address: machine.address, privateKey: machine.private_key, dir: made.user!.dir }),
    tokenFile: (token = made.token!) => file(`${token.slice(-8)}.token`, `${token}\n`),
    json: (name: string, value: unknown) => file(`${name}.json`, JSON.stringify(value)),
    /** Arguments of an order at a service. */
    order: (service: string, ...more: string[]) => [
      "order",
      service,
      "--machine-id",
      made.machineId!,
      "--agent-pairing-id",
      made.pairingId!,
      "--pairing-token-file",
      file("agent.token", `${made.token}\n`),
      ...more,
    ],
  };
}

/** `Order ID` or another id in what a program printed. */
export function idIn(text: string, prefix: string): string {
  const id = new RegExp(`${prefix}_[0-9a-f]{12,}`).exec(text)?.[0];
  if (id === undefined) throw new Error(`no ${prefix}_… in:\n${text}`);
  return id;
}
