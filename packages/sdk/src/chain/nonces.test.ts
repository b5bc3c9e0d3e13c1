import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Lanes } from "./lanes.ts";
import { MinedWatch } from "./mined-watch.ts";
import { NonceManager } from "./nonces.ts";

const pending = (count: number) => async () => count;

describe("NonceManager", () => {
  test("gives out one nonce after the other and asks the node once", async () => {
    const nonces = new NonceManager();
    let asked = 0;
    const ask = async () => {
      asked += 1;
      return 5;
    };
    expect(await Promise.all([1, 2, 3].map(() => nonces.acquire(ask, 0)))).toEqual([5, 6, 7]);
    expect(asked).toBe(1);
  });

  test("a nonce that never reached a node is given to the next sender", async () => {
    const nonces = new NonceManager();
    const [a, b] = [await nonces.acquire(pending(0), 0), await nonces.acquire(pending(0), 0)];
    nonces.sent(b, { hash: "0x1", raw: "0x1" });
    nonces.release(a);
    expect(await nonces.acquire(pending(0), 0)).toBe(a);
    expect(await nonces.acquire(pending(0), 0)).toBe(2);
  });

  test("a lagging node does not pull the count back; a reset chain does", async () => {
    const nonces = new NonceManager();
    const first = await nonces.acquire(pending(7), 0);
    nonces.sent(first, { hash: "0x1", raw: "0x1" });
    nonces.settled(first);
    const lagging = await nonces.acquire(pending(7), 5_000);
    expect(lagging).toBe(8);
    nonces.sent(lagging, { hash: "0x2", raw: "0x2" });
    nonces.settled(lagging);
    expect(await nonces.acquire(pending(0), 100_000)).toBe(0);
  });

  test("a nonce somebody else used is never given out again", async () => {
    const nonces = new NonceManager();
    const first = await nonces.acquire(pending(0), 0);
    nonces.taken(first, 4);
    expect(await nonces.acquire(pending(4), 0)).toBe(4);
  });

  test("a failed question is asked again", async () => {
    const nonces = new NonceManager();
    const failing = nonces.acquire(async () => Promise.reject(new Error("down")), 0);
    await expect(failing).rejects.toThrow("down");
    expect(await nonces.acquire(pending(3), 0)).toBe(3);
  });

  /** Guarantees that two transactions under way never share a nonce, whatever happens to the others. */
  test("property: nonces under way are distinct and dense from the chain's count", async () => {
    const step = fc.constantFrom("acquire", "send", "release", "settle");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const nonces = new NonceManager();
        const held: number[] = [];
        const flying: number[] = [];
        let mined = 0;
        for (const what of steps) {
          if (what === "acquire") {
            const nonce = await nonces.acquire(pending(mined + flying.length), 0);
            expect([...held, ...flying]).not.toContain(nonce);
            held.push(nonce);
          }
          if (what === "release" && held.length > 0) nonces.release(held.splice(0, 1)[0] as number);
          if (what === "send" && held.length > 0) {
            held.sort((a, b) => a - b);
            const nonce = held.shift() as number;
            nonces.sent(nonce, { hash: "0x1", raw: "0x1" });
            flying.push(nonce);
          }
          if (what === "settle" && flying.includes(mined)) {
            nonces.settled(mined);
            flying.splice(flying.indexOf(mined), 1);
            mined += 1;
          }
        }
      }),
    );
  });
});

describe("MinedWatch", () => {
  test("one question serves all that wait, each is told when its nonce is below the count", async () => {
    let asked = 0;
    const counts = [0, 1, 3];
    const watch = new MinedWatch({
      fetchCount: async () => {
        asked += 1;
        return counts.shift() ?? 3;
      },
      onStall: async () => undefined,
      pollingIntervalMs: 1,
      now: () => 0,
    });
    expect(await Promise.all([0, 1, 2].map((nonce) => watch.wait(nonce, 1_000)))).toEqual([true, true, true]);
    expect(asked).toBe(3);
  });

  test("gives up at the deadline and reports stalls on the way", async () => {
    let time = 0;
    const stalls: [number, number][] = [];
    const watch = new MinedWatch({
      fetchCount: async () => {
        time += 600;
        return 0;
      },
      onStall: async (highest, times) => {
        stalls.push([highest, times]);
      },
      pollingIntervalMs: 1,
      now: () => time,
    });
    expect(await Promise.all([watch.wait(4, 5_000), watch.wait(9, 5_000)])).toEqual([false, false]);
    expect(stalls.slice(0, 3)).toEqual([
      [9, 1],
      [9, 2],
      [9, 3],
    ]);
  });
});

test("Lanes run a fixed number at a time, in order, also after a failure", async () => {
  const lanes = new Lanes(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const results = await Promise.allSettled(
    Array.from({ length: 7 }, (_, index) =>
      lanes.run(async () => {
        started.push(index);
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
        if (index === 1) throw new Error("no");
        return index;
      }),
    ),
  );
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(2);
  expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
});
