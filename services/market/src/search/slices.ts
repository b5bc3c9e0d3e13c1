/**
 * Long work in slices: a generator that can be left for a while at every `yield`, and whose value is the result. Done in
 * one go or with other work in between, the result is the same.
 */
export type Slices<T> = Generator<undefined, T>;

/** Elements of one slice. */
const slice = 2_000;

export function atOnce<T>(work: Slices<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Everything else that waits goes first, between any two slices. */
export async function besideOthers<T>(work: Slices<T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function* map<T, R>(list: ArrayLike<T>, work: (value: T, at: number) => R): Slices<R[]> {
  const results: R[] = [];
  for (let at = 0; at < list.length; at++) {
    results.push(work(list[at] as T, at));
    if (at % slice === slice - 1) yield;
  }
  return results;
}

type Compare<T> = (a: T, b: T) => number;

/** Pieces are sorted alone, then merged two by two. */
export function* mergeSort<T>(list: readonly T[], compare: Compare<T>): Slices<T[]> {
  let runs: T[][] = [];
  for (let from = 0; from < list.length; from += slice) {
    runs.push(list.slice(from, from + slice).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* merge(runs[i]!, runs[i + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<T>(a: readonly T[], b: readonly T[], compare: Compare<T>): Slices<T[]> {
  const merged: T[] = [];
  for (let [i, j] = [0, 0]; i < a.length || j < b.length; ) {
    const first = j >= b.length || (i < a.length && compare(a[i]!, b[j]!) <= 0);
    merged.push(first ? a[i++]! : b[j++]!);
    if (merged.length % slice === 0) yield;
  }
  return merged;
}
