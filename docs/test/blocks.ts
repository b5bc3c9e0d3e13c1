/**
 * Code blocks of a Markdown page and what the docs test does with them.
 *
 * Every block runs unless it says why not, in the words behind its language:
 *
 *     ```sh                     run by bash; must end with exit code 0
 *     ```ts                     type-checked and run; must end with exit code 0
 *     ```json                   must parse
 *     ```mermaid                a drawing
 *     ```text output            what the block before printed; `…` stands for any text, alone on a line for any lines
 *     ```sh no-run: reason      shown only, with the reason
 */

export type Block = {
  /** 1 is the page's first line. */
  line: number;
  kind: "sh" | "ts" | "json" | "text" | "drawing" | "not run";
  code: string;
  /** What it must print, when a `text output` block follows. */
  output?: string;
  /** Why it does not run. */
  reason?: string;
};

const LANGUAGES: Record<string, Block["kind"]> = {
  sh: "sh",
  ts: "ts",
  json: "json",
  text: "text",
  mermaid: "drawing",
};

/** The blocks of a page in order. Throws with the line when a block's first line means nothing. */
export function blocksOf(markdown: string, page: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const open = /^(\s*)(`{3,})(.*)$/.exec(lines[at] ?? "");
    if (!open) continue;
    const [, indent = "", fence = "", info = ""] = open;
    const line = at + 1;
    const code: string[] = [];
    for (at += 1; at < lines.length && lines[at]?.trim() !== fence; at += 1) {
      code.push((lines[at] ?? "").slice(indent.length));
    }
    if (at >= lines.length) throw new Error(`${page}:${line} has a code block without an end`);
    add(blocks, { line, info: info.trim(), code: code.join("\n") }, `${page}:${line}`);
  }
  return blocks;
}

function add(blocks: Block[], found: { line: number; info: string; code: string }, where: string): void {
  const { line, info, code } = found;
  const [language = "", ...words] = info.split(/\s+/);
  const rest = words.join(" ");
  if (rest.startsWith("no-run:")) {
    const reason = rest.slice("no-run:".length).trim();
    if (reason.length < 10) throw new Error(`${where}: "no-run:" needs a reason that a reader understands`);
    blocks.push({ line, kind: "not run", code, reason });
    return;
  }
  if (language === "text" && rest === "output") {
    const before = blocks.at(-1);
    if (!before || (before.kind !== "sh" && before.kind !== "ts") || before.output !== undefined) {
      throw new Error(`${where}: an output block belongs directly behind a block that prints it`);
    }
    before.output = code;
    return;
  }
  const kind = LANGUAGES[language];
  if (kind === undefined || rest !== "") {
    throw new Error(
      `${where}: a block begins with sh, ts, json, text, mermaid or "text output", or gives "no-run: reason"; this one: "${info}"`,
    );
  }
  blocks.push({ line, kind, code });
}

/** True when `actual` is `expected` with its wildcards filled in. Spaces at line ends and empty ends do not count. */
export function matches(expected: string, actual: string): boolean {
  const tidy = (text: string): string =>
    text
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n")
      .trim();
  const pattern = tidy(expected)
    .split("\n")
    .map((line) => (line.trim() === "…" ? "(?:.*\n)*?" : `${line.split("…").map(literally).join(".*")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${tidy(actual)}\n`);
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
