import { defineSpec } from "../../engine/types.ts";
import { choice } from "../../engine/values.ts";

export const spec = defineSpec({
  path: ["completion"],
  summary: "Print a completion script for a shell",
  alsoSought: ["autocomplete", "completions"],
  args: [{ name: "SHELL", summary: "bash, zsh or fish", value: choice(["bash", "zsh", "fish"]) }],
  options: {},
  examples: [
    {
      command: "source <(peaqos completion bash)",
      does: "Complete in this bash; put the line into ~/.bashrc to keep it",
    },
    { command: "peaqos completion zsh > ~/.zfunc/_peaqos", does: "For zsh, in a folder of fpath" },
    { command: "peaqos completion fish > ~/.config/fish/completions/peaqos.fish", does: "For fish" },
  ],
  output: [
    { name: "shell", type: "string", meaning: "the shell" },
    { name: "script", type: "string", meaning: "the script" },
  ],
});
