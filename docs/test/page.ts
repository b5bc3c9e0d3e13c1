import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command, type Ended, node, sourceFlags, tool } from "../../scripts/lib/command.ts";
import { root } from "../../scripts/lib/root.ts";
import type { Block } from "./blocks.ts";

/** Never linked into a page's directory: git's own, and what a devnet writes. */
const OWN = [".git", ".peaqos", "dist"];

/**
 * The directory a page's blocks run in. It looks like the repository (links to its entries), so that commands can be
 * copied as they stand, and `.peaqos` is the shared devnet's; what blocks write stays here. Variables, functions and the
 * working directory carry over from block to block, as in a reader's terminal.
 */
export function openPage(scratch: string, name: string, devnetDir: string, env: Record<string, string>) {
  const home = join(scratch, name.replaceAll(/[^\w-]+/g, "-"));
  const dir = join(home, "peaqos");
  mkdirSync(dir, { recursive: true });
  for (const entry of readdirSync(root)) {
    if (!OWN.includes(entry)) symlinkSync(join(root, entry), join(dir, entry));
  }
  symlinkSync(devnetDir, join(dir, ".peaqos"));
  const state = join(home, "state.sh");
  writeFileSync(state, `cd ${quote(dir)}\n`);
  const prelude = [
    "set -euo pipefail",
    ". ./state.sh 2>/dev/null || true",
    // The devnet of the docs test was started by this very command; here it answers with what it printed.
    `npm() { case "\${1:-} \${2:-}" in "start "*) cat ${quote(join(scratch, "start.txt"))} ;; "stop "*) echo "stopped" ;; *) command npm "$@" ;; esac; }`,
    `trap 'code=$?; { declare -f; declare -p | grep -vE "^declare -[a-zA-Z]*r"; printf "cd %q\\n" "$PWD"; } > ${quote(state)}; exit $code' EXIT`,
  ].join("\n");
  const variables = { ...env, HOME: home, NO_COLOR: "1", npm_config_loglevel: "silent", DO_NOT_TRACK: "1" };

  let count = 0;
  const run = (block: Block): Promise<Ended> => {
    count += 1;
    if (block.kind === "sh") {
      const script = `${prelude.replace("./state.sh", quote(state))}\n${block.code}\n`;
      return command("bash", ["-c", script], { cwd: dir, env: variables });
    }
    // Variables a shell block exported are part of what a TypeScript block sees.
    const file = join(dir, `block-${count}.ts`);
    writeFileSync(file, block.code);
    const line = [node, ...sourceFlags, file].map(quote).join(" ");
    return command("bash", ["-c", `. ${quote(state)}; exec ${line}`], { cwd: dir, env: variables });
  };
  return { dir, run, close: () => rmSync(home, { recursive: true, force: true }) };
}

/** Type-checks TypeScript blocks, each as a module of its own; the compiler's words, empty when all is well. */
export async function typeProblems(
  scratch: string,
  blocks: { name: string; code: string }[],
): Promise<string> {
  const dir = join(scratch, "types");
  mkdirSync(dir, { recursive: true });
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  for (const { name, code } of blocks) writeFileSync(join(dir, `${name}.ts`), `${code}\nexport {};\n`);
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
  const { compilerOptions } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"));
  const options = { ...compilerOptions, noUnusedLocals: false };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
  return (await tool("tsc", ["-p", dir, "--pretty", "false"])).output;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
