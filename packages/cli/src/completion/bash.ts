import { type CompletionNode, type CompletionOption, valueOptions } from "./model.ts";

/** A script for bash 3.2 and newer; works with and without the bash-completion package. */
export function bashScript(nodes: readonly CompletionNode[]): string {
  return `# bash completion for peaqos. Load it with: source <(peaqos completion bash)
_peaqos() {
  local cur prev word path candidate index expect
  cur="\${COMP_WORDS[COMP_CWORD]}"
  prev="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  path=""
  expect=""
  # The words before the cursor that name a command; values of options are passed over.
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ -n "$expect" ]]; then expect=""; continue; fi
    case "$word" in
      ${valueOptions(nodes).join("|")}) expect=1; continue ;;
      -*) continue ;;
    esac
    candidate="\${path:+$path }$word"
    case "$candidate" in
      ${nodes
        .filter(({ path }) => path !== "")
        .map(({ path }) => quote(path))
        .join("|")}) path="$candidate" ;;
    esac
  done
  case "$path" in
${nodes.map(nodeCase).join("\n")}
  esac
}
complete -o default -F _peaqos peaqos
`;
}

const quote = (text: string) => `"${text}"`;

function nodeCase(node: CompletionNode): string {
  const withValue = node.options.filter(({ value }) => value !== "none");
  return `    ${quote(node.path)})
      case "$prev" in
${withValue.map(optionCase).join("\n")}
      esac
      if [[ "$cur" == -* ]]; then
        COMPREPLY=($(compgen -W "${node.options.flatMap(names).join(" ")}" -- "$cur"))
      else
        ${positional(node)}
      fi
      ;;`;
}

function optionCase({ name, value }: CompletionOption): string {
  const reply =
    value === "file"
      ? 'COMPREPLY=($(compgen -f -- "$cur"))'
      : value === "other"
        ? "COMPREPLY=()"
        : `COMPREPLY=($(compgen -W "${(value as readonly string[]).join(" ")}" -- "$cur"))`;
  return `        --${name}) ${reply}; return ;;`;
}

function positional(node: CompletionNode): string {
  if (node.words.length > 0) {
    return `COMPREPLY=($(compgen -W "${node.words.map(({ name }) => name).join(" ")}" -- "$cur"))`;
  }
  if (node.argument === "file") return 'COMPREPLY=($(compgen -f -- "$cur"))';
  if (node.argument === "none") return "COMPREPLY=()";
  return `COMPREPLY=($(compgen -W "${node.argument.join(" ")}" -- "$cur"))`;
}

const names = ({ name, short }: CompletionOption) => (short ? [`--${name}`, `-${short}`] : [`--${name}`]);
