/** How many executions run at once in this process: at one seller, and altogether, so that other jobs get their turn. */
export type Slots = {
  /** Gives the slot back; null when there is none free. */
  take(origin: string): (() => void) | null;
};

export function createSlots(perSeller: number, total: number): Slots {
  const busy = new Map<string, number>();
  let running = 0;
  return {
    take(origin) {
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
      };
    },
  };
}
