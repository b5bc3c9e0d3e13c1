/** How many executions run at once in this process: at one seller, and altogether, so that other jobs get their turn. */
export type Slots = {
  /** Gives the slot back; null when none gets free within so many milliseconds. First come, first served. */
  take(origin: string, patienceMs: number): Promise<(() => void) | null>;
};

type Waiter = { readonly origin: string; readonly take: (release: () => void) => void };

export function createSlots(perSeller: number, total: number): Slots {
  const busy = new Map<string, number>();
  const waiting = new Set<Waiter>();
  let running = 0;

  function tryTake(origin: string): (() => void) | null {
    const here = busy.get(origin) ?? 0;
    if (here >= perSeller || running >= total) return null;
    busy.set(origin, here + 1);
    running++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      running--;
      const left = (busy.get(origin) ?? 1) - 1;
      if (left === 0) busy.delete(origin);
      else busy.set(origin, left);
      passOn();
    };
  }

  /** One slot has become free: whoever has waited longest and can use it gets it. */
  function passOn(): void {
    for (const waiter of waiting) {
      const release = tryTake(waiter.origin);
      if (release === null) continue;
      waiting.delete(waiter);
      waiter.take(release);
      return;
    }
  }

  return {
    take(origin, patienceMs) {
      const { promise, resolve } = Promise.withResolvers<(() => void) | null>();
      const now = tryTake(origin);
      if (now !== null) {
        resolve(now);
        return promise;
      }
      const timer = setTimeout(() => {
        waiting.delete(waiter);
        resolve(null);
      }, patienceMs);
      const waiter: Waiter = {
        origin,
        take(release) {
          clearTimeout(timer);
          resolve(release);
        },
      };
      waiting.add(waiter);
      return promise;
    },
  };
}
