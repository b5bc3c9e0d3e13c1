import { bashScript } from "../../completion/bash.ts";
import { fishScript } from "../../completion/fish.ts";
import { completionModel } from "../../completion/model.ts";
import { zshScript } from "../../completion/zsh.ts";
import type { Handler } from "../../engine/types.ts";
import { commands } from "../table.ts";
import type { spec } from "./spec.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export const run: Handler<typeof spec> = async ({ args: [shell] }) => {
  const script = SCRIPTS[shell](completionModel(commands));
  return { json: { shell, script }, text: script };
};
