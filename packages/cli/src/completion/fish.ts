import type { CompletionNode, CompletionOption } from "./model.ts";

/** A script for fish. */
export function fishScript(nodes: readonly CompletionNode[]): string {
  const lines = [
    "# fish completion for peaqos.",
    "function __peaqos_at",
    "  # True when the words typed so far name exactly this command.",
    "  set -l typed",
    "  for word in (commandline -opc)[2..-1]",
    "    string match -q -- '-*' $word; or set -a typed $word",
    "  end",
    '  test "$typed" = "$argv"',
    "end",
    "function __peaqos_under",
    "  set -l typed",
    "  for word in (commandline -opc)[2..-1]",
    "    string match -q -- '-*' $word; or set -a typed $word",
    "  end",
    '  string match -q -- "$argv*" "$typed"',
    "end",
    "complete -c peaqos -f",
  ];
  for (const node of nodes) {
    for (const { name, about } of node.words) {
      lines.push(`complete -c peaqos -n '__peaqos_at ${node.path}' -a ${name} -d ${single(about)}`);
    }
    if (node.argument === "file") lines.push(`complete -c peaqos -n '__peaqos_under ${node.path}' -F`);
    else if (node.argument !== "none") {
      lines.push(`complete -c peaqos -n '__peaqos_at ${node.path}' -a ${single(node.argument.join(" "))}`);
    }
    if (node.words.length > 0 && node.path !== "" && !node.runs) continue;
    for (const option of node.options) lines.push(optionLine(node, option));
  }
  return `${lines.join("\n")}\n`;
}

const single = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function optionLine(node: CompletionNode, { name, short, about, value }: CompletionOption): string {
  // What begins other commands (`order`) keeps its options to itself.
  const where = node.runs && node.words.length > 0 ? "__peaqos_at" : "__peaqos_under";
  const parts = [`complete -c peaqos -n '${where} ${node.path}' -l ${name}`];
  if (short) parts.push(`-s ${short}`);
  if (value === "file") parts.push("-r -F");
  else if (value === "other") parts.push("-x");
  else if (value !== "none") parts.push(`-x -a ${single(value.join(" "))}`);
  parts.push(`-d ${single(about)}`);
  return parts.join(" ");
}
