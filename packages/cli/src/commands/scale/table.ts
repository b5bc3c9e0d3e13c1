import { type Command, defineCommand } from "../../engine/types.ts";
import * as admin from "./admin.spec.ts";
import * as agent from "./agent.spec.ts";
import * as machine from "./machine.spec.ts";
import * as order from "./order.spec.ts";
import { spec as search } from "./search.spec.ts";

/** The commands of `scale`. `order` stands before those that begin with it: it is the likelier wish. */
export const scaleCommands: readonly Command[] = [
  defineCommand(machine.onboard, async () => ({ run: (await import("./machine.ts")).onboard })),
  defineCommand(machine.list, async () => ({ run: (await import("./machine.ts")).list })),
  defineCommand(machine.status, async () => ({ run: (await import("./machine.ts")).status })),
  defineCommand(machine.activate, async () => ({ run: (await import("./machine.ts")).activate })),
  defineCommand(machine.challenge, async () => ({ run: (await import("./machine.ts")).challenge })),
  defineCommand(agent.pair, async () => ({ run: (await import("./agent.ts")).pair })),
  defineCommand(agent.list, async () => ({ run: (await import("./agent.ts")).list })),
  defineCommand(agent.rotate, async () => ({ run: (await import("./agent.ts")).rotate })),
  defineCommand(agent.revoke, async () => ({ run: (await import("./agent.ts")).revoke })),
  defineCommand(agent.challenge, async () => ({ run: (await import("./agent.ts")).challenge })),
  defineCommand(search, async () => ({ run: (await import("./search.ts")).run })),
  defineCommand(order.place, async () => ({ run: (await import("./order.ts")).place })),
  defineCommand(order.check, async () => ({ run: (await import("./order.ts")).check })),
  defineCommand(order.status, async () => ({ run: (await import("./order-after.ts")).status })),
  defineCommand(order.list, async () => ({ run: (await import("./order-after.ts")).list })),
  defineCommand(order.watch, async () => ({ run: (await import("./order-after.ts")).watch })),
  defineCommand(order.resume, async () => ({ run: (await import("./order-on.ts")).resume })),
  defineCommand(order.pay, async () => ({ run: (await import("./order-on.ts")).pay })),
  defineCommand(order.execute, async () => ({ run: (await import("./order-on.ts")).execute })),
  defineCommand(order.received, async () => ({ run: (await import("./order-after.ts")).received })),
  defineCommand(order.dispute, async () => ({ run: (await import("./order-after.ts")).dispute })),
  defineCommand(order.resolve, async () => ({ run: (await import("./order-after.ts")).resolve })),
  defineCommand(order.cancel, async () => ({ run: (await import("./order-after.ts")).cancel })),
  defineCommand(order.retry, async () => ({ run: (await import("./order-after.ts")).retry })),
  defineCommand(agent.allowance, async () => ({ run: (await import("./agent.ts")).allowance })),
  defineCommand(admin.policyShow, async () => ({ run: (await import("./admin.ts")).policyShow })),
  defineCommand(admin.policySet, async () => ({ run: (await import("./admin.ts")).policySet })),
  defineCommand(admin.policyCheck, async () => ({ run: (await import("./admin.ts")).policyCheck })),
  defineCommand(admin.auditVerify, async () => ({ run: (await import("./admin.ts")).auditVerify })),
  defineCommand(admin.cataloguePut, async () => ({ run: (await import("./admin.ts")).cataloguePut })),
  defineCommand(admin.keyList, async () => ({ run: (await import("./admin.ts")).keyList })),
  defineCommand(admin.keyCreate, async () => ({ run: (await import("./admin.ts")).keyCreate })),
  defineCommand(admin.keyRotate, async () => ({ run: (await import("./admin.ts")).keyRotate })),
  defineCommand(admin.keyRevoke, async () => ({ run: (await import("./admin.ts")).keyRevoke })),
];

/** One sentence for each group. */
export const scaleGroups: Readonly<Record<string, string>> = {
  scale: "The machine market: bring machines in, pair agents, search, order, pay.",
  "scale machine": "Machines in the market.",
  "scale agent": "Agents and their tokens.",
  "scale policy": "What an agent may do and spend.",
  "scale audit": "The market's audit log.",
  "scale catalogue": "What is for sale.",
  "scale key": "Platform keys of your tenant.",
};
