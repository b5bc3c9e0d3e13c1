import { fetchObject, type GuardedFetchOptions } from "@peaqos/service-kit";

/** What a public machine's own data API says, fetched for the reader and kept for a short while. */

export type PartnerData = {
  of(url: string | null): Promise<{ partner_data: Record<string, unknown> } | { partner_data_error: string }>;
};

type Result = Awaited<ReturnType<PartnerData["of"]>>;

/** An answer is asked for again after this long, so that readers cannot be turned into a flood. */
const keepMs = 30_000;
const maxEntries = 1_000;
const maxAtOnce = 20;

export function createPartnerData(options: GuardedFetchOptions & { now: () => number }): PartnerData {
  const kept = new Map<string, { until: number; result: Promise<Result> }>();
  let running = 0;

  async function ask(url: string): Promise<Result> {
    running += 1;
    try {
      return { partner_data: await fetchObject(url, { userAgent: "peaqos-rating", ...options }) };
    } catch (error) {
      return { partner_data_error: error instanceof Error ? error.message : "the data API failed" };
    } finally {
      running -= 1;
    }
  }

  return {
    async of(url) {
      if (url === null) return { partner_data_error: "the machine names no data API" };
      const now = options.now();
      const before = kept.get(url);
      if (before !== undefined && before.until > now) return before.result;
      // Not kept: it says nothing about this data API, and in a moment it is no longer true.
      if (running >= maxAtOnce)
        return { partner_data_error: "too many data APIs are being asked, try again" };
      const result = ask(url);
      kept.delete(url);
      kept.set(url, { until: now + keepMs, result });
      if (kept.size > maxEntries) kept.delete(kept.keys().next().value!);
      return result;
    },
  };
}
