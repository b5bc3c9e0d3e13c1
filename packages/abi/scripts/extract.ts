// One-time import of the published signature lists: reads a Markdown file whose "## <n>. <Contract>" sections
// hold ```text blocks of human-readable ABI lines and writes published/<Contract>.txt. Kept so that a new
// edition of the list can be imported the same way; the text files are what the generator reads.
// Usage: node scripts/extract.ts FILE.md
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const HEADING =
  /^## \d+\. (IdentityRegistry|IdentityStaking|EventRegistry|Machine\w+|DIDPrecompile|BatchPrecompile)\b/;
const ENTRY = /^(constructor|function|event|error|receive)\b/;

const source = process.argv[2];
if (!source) throw new Error("usage: extract.ts FILE.md");
let contract: string | undefined;
const lists = new Map<string, string[]>();
for (const line of readFileSync(source, "utf8").split("\n")) {
  if (line.startsWith("## ")) contract = HEADING.exec(line)?.[1];
  else if (contract && ENTRY.test(line)) lists.set(contract, [...(lists.get(contract) ?? []), line]);
}
for (const [name, lines] of lists) {
  writeFileSync(join(import.meta.dirname, "..", "published", `${name}.txt`), `${lines.join("\n")}\n`);
  console.log(`${name}: ${lines.length} entries`);
}
