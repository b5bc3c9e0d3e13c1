/** Order statistics of a sample of figures; every bench quotes medians and never a single run. */

export function median(sample: readonly number[]): number {
  return percentile(sample, 50);
}

/** Nearest-rank percentile, `p` from 0 to 100. Throws on an empty sample: a bench without figures is a bug. */
export function percentile(sample: readonly number[], p: number): number {
  if (sample.length === 0) throw new Error("percentile of an empty sample");
  const sorted = sample.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((p / 100) * sorted.length));
  return sorted[rank - 1]!;
}
