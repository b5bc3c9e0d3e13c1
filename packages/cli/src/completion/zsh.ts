import { type CompletionNode, type CompletionOption, valueOptions } from "./model.ts";

/** A script for zsh: in a folder of `fpath` as `_peaqos`, or sourced after `compinit`. */
export function zshScript(nodes: readonly CompletionNode[]): string {
  return `#compdef peaqos
# zsh completion for peaqos.
_peaqos() {
  local word path candidate expect cur prev
  local -a entries
  cur="\${words[CURRENT]}"
  prev="\${words[CURRENT-1]}"
  path=""
  expect=""
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n "$expect" ]]; then expect=""; continue; fi
    case "$word" in
      (${valueOptions(nodes).join("|")}) expect=1; continue ;;
      (-*) continue ;;
    esac
    candidate="\${path:+$path }$word"
    case "$candidate" in
      (${nodes
        .filter(({ path }) => path !== "")
        .map(({ path }) => `"${path}"`)
        .join("|")}) path="$candidate" ;;
    esac
  done
  case "$path" in
${nodes.map(nodeCase).join("\n")}
  esac
}
compdef _peaqos peaqos
`;
}

const single = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const entry = (name: string, about: string) => single(`${name.replaceAll(":", "\\:")}:${about}`);

function nodeCase(node: CompletionNode): string {
  const withValue = node.options.filter(({ value }) => value !== "none");
  const options = node.options.flatMap(({ name, short, about }) => [
    entry(`--${name}`, about),
    ...(short ? [entry(`-${short}`, about)] : []),
  ]);
  return `    ("${node.path}")
      case "$prev" in
${withValue.map(optionCase).join("\n")}
      esac
      if [[ "$cur" == -* ]]; then
        entries=(${options.join(" ")})
        _describe 'option' entries
      else
        ${positional(node)}
      fi
      ;;`;
}

function optionCase({ name, value }: CompletionOption): string {
  const reply =
    value === "file"
      ? "_files"
      : value === "other"
        ? ":"
        : `compadd -- ${(value as readonly string[]).join(" ")}`;
  return `        (--${name}) ${reply}; return ;;`;
}

function positional(node: CompletionNode): string {
  if (node.words.length > 0) {
    return `entries=(${node.words.map(({ name, about }) => entry(name, about)).join(" ")}); _describe 'command' entries`;
  }
  if (node.argument === "file") return "_files";
  if (node.argument === "none") return ":";
  return `compadd -- ${node.argument.join(" ")}`;
}
