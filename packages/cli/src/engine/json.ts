/** JSON as every `--json` prints it: two spaces, big integers as plain digits, keys in the order they were built. */
export function toJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, (_key, entry) => (typeof entry === "bigint" ? raw(entry) : entry), indent);
}

/** One line of a journal: keys sorted at every depth, no blanks. */
export function toSortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry) => {
    if (typeof entry === "bigint") return raw(entry);
    if (entry === null || typeof entry !== "object" || Array.isArray(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}

type RawJson = { rawJSON(text: string): unknown };

function raw(value: bigint): unknown {
  return (JSON as unknown as RawJson).rawJSON(value.toString());
}
