import fc from "fast-check";
import { expect, test } from "vitest";
import { chunksOf } from "./chunks.ts";

const options = (change: object = {}) => ({
  maxItems: 3,
  maxWeight: () => 100,
  weigh: (item: number) => item,
  lingerMs: 1_000,
  signal: undefined,
  ...change,
});

async function all<T>(source: AsyncIterable<{ item: T; index: number }[]>) {
  const chunks: T[][] = [];
  for await (const chunk of source) chunks.push(chunk.map(({ item }) => item));
  return chunks;
}

test("property: nothing is lost, doubled or reordered, and no chunk is over a limit it could keep", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 150 })),
      fc.integer({ min: 1, max: 5 }),
      async (items, maxItems) => {
        const chunks = await all(chunksOf(items, options({ maxItems })));
        expect(chunks.flat()).toEqual(items);
        for (const chunk of chunks) {
          expect(chunk.length).toBeGreaterThan(0);
          expect(chunk.length).toBeLessThanOrEqual(maxItems);
          if (chunk.length > 1) expect(chunk.reduce((sum, item) => sum + item, 0)).toBeLessThanOrEqual(100);
        }
      },
    ),
  );
});

test("a pause of the source sends off what is there", async () => {
  let go: (() => void) | undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  async function* source() {
    yield 1;
    yield 2;
    await gate;
    yield 3;
  }
  const chunks = chunksOf(source(), options({ lingerMs: 5 }));
  expect((await chunks.next()).value).toHaveLength(2);
  go?.();
  expect((await chunks.next()).value).toEqual([{ item: 3, index: 2 }]);
  expect((await chunks.next()).done).toBe(true);
});

test("an abort ends the reading and closes the source", async () => {
  const controller = new AbortController();
  let closed = false;
  function* source() {
    try {
      for (let item = 1; ; item += 1) {
        if (item === 5) controller.abort();
        yield item;
      }
    } finally {
      closed = true;
    }
  }
  const chunks = await all(chunksOf(source(), options({ signal: controller.signal })));
  expect(chunks.flat()).toEqual([1, 2, 3, 4, 5]);
  expect(closed).toBe(true);
});
