/**
 * Nearest words for a misspelling. Distance is Damerau-Levenshtein (a swap of neighbours is one slip) on the words
 * without dashes and case; a word that begins like the target or contains it counts as near as well.
 */
export function distance(a: string, b: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= a.length; i++) {
    const row: number[] = [];
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 || j === 0) {
        row.push(i + j);
        continue;
      }
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      }
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

export type Candidate = { readonly name: string; readonly alsoSought?: readonly string[] };

const plain = (word: string) => word.toLowerCase().replaceAll(/[-_\s]/g, "");

function score(word: string, target: string): number {
  const a = plain(word);
  const b = plain(target);
  if (a === b) return 0;
  if (a === "" || b === "") return Number.POSITIVE_INFINITY;
  const steps = distance(a, b);
  const allowed = Math.max(1, Math.floor(Math.max(a.length, b.length) / 3));
  // A shortened or lengthened word ("--doc" for "--doc-url") is near, but after any true misspelling.
  const contained = a.length >= 2 && (b.startsWith(a) || (b.length >= 3 && a.startsWith(b)));
  const inside = a.length >= 3 && b.includes(a);
  if (steps <= allowed) return steps / Math.max(a.length, b.length);
  if (contained) return 0.5 + steps / 100;
  if (inside) return 0.7 + steps / 100;
  return Number.POSITIVE_INFINITY;
}

/** The best names first, at most `limit`; empty when nothing is near. */
export function suggest(word: string, candidates: readonly Candidate[], limit = 3): string[] {
  return candidates
    .map(({ name, alsoSought = [] }, order) => ({
      name,
      order,
      score: Math.min(score(word, name), ...alsoSought.map((other) => score(word, other) + 0.01)),
    }))
    .filter((entry) => Number.isFinite(entry.score))
    .sort((a, b) => a.score - b.score || a.order - b.order)
    .slice(0, limit)
    .map((entry) => entry.name);
}
