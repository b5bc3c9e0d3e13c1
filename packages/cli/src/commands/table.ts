import { type Command, defineCommand } from "../engine/types.ts";
import { spec as activate } from "./activate/spec.ts";
import { spec as completion } from "./completion/spec.ts";
import { spec as doctor } from "./doctor/spec.ts";
import { spec as init } from "./init/spec.ts";
import { spec as qualifyEvent } from "./qualify-event/spec.ts";
import { spec as qualifyImport } from "./qualify-import/spec.ts";
import { spec as qualifyMcr } from "./qualify-mcr/spec.ts";
import { scaleCommands, scaleGroups } from "./scale/table.ts";
import { spec as showMachine } from "./show-machine/spec.ts";
import { spec as showOperatorMachines } from "./show-operator-machines/spec.ts";
import { spec as whoami } from "./whoami/spec.ts";

/** The command table: specs are loaded at once (small data), a handler only when its command runs. */
export const commands: readonly Command[] = [
  defineCommand(init, () => import("./init/run.ts")),
  defineCommand(whoami, () => import("./whoami/run.ts")),
  defineCommand(activate, () => import("./activate/run.ts")),
  defineCommand(qualifyEvent, () => import("./qualify-event/run.ts")),
  defineCommand(qualifyImport, () => import("./qualify-import/run.ts")),
  defineCommand(qualifyMcr, () => import("./qualify-mcr/run.ts")),
  defineCommand(showMachine, () => import("./show-machine/run.ts")),
  defineCommand(showOperatorMachines, () => import("./show-operator-machines/run.ts")),
  ...scaleCommands,
  defineCommand(doctor, () => import("./doctor/run.ts")),
  defineCommand(completion, () => import("./completion/run.ts")),
];

/** One sentence for each group of commands, and for the program itself (""). */
export const groups: Readonly<Record<string, string>> = {
  "": "peaqOS on the command line: give a machine an identity, report its work, see its rating, buy and sell on the market.",
  qualify: "Report what a machine did, and see how it is rated.",
  show: "Profiles of machines and of an operator's fleet.",
  "show operator": "What an operator runs.",
  ...scaleGroups,
};
