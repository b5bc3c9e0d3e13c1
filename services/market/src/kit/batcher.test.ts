import { expect, test } from "vitest";
import { createBatcher } from "./batcher.ts";

/** A batcher whose batches end when the test says so. */
function gated(options: { max: number; concurrency: number; apart?: (item: string) => string[] }) {
  const batches: { items: readonly string[]; end: () => void }[] = [];
  const batcher = createBatcher<string, string>({
    ...options,
    async run(items) {
      const gate = Promise.withResolvers<void>();
      batches.push({ items, end: gate.resolve });
      await gate.promise;
      return items.map((item) =>
        item.startsWith("bad") ? { error: new Error(item) } : { value: `${item} done` },
      );
    },
  });
  return { batches, add: batcher.add };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("what arrives in one turn goes together, what arrives meanwhile waits for the next batch", async () => {
  const { batches, add } = gated({ max: 10, concurrency: 1 });
  const first = [add("a"), add("b")];
  await turn();
  const second = [add("c"), add("bad d"), add("e")];
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([["a", "b"]]);
  batches[0]!.end();
  expect(await Promise.all(first)).toEqual(["a done", "b done"]);
  await turn();
  await turn();
  batches[1]!.end();
  const settled = await Promise.allSettled(second);
  expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("a batch has its most, and twins never share one nor run at the same time", async () => {
  const { batches, add } = gated({ max: 3, concurrency: 2, apart: (item) => [item[0]!] });
  const all = ["x1", "x2", "y1", "z1", "w1", "x3"].map(add);
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([["x1", "y1", "z1"], ["w1"]]);
  for (let next = 0; next < batches.length; next++) {
    batches[next]!.end();
    for (let i = 0; i < 5; i++) await turn();
  }
  expect(batches.slice(2).map(({ items }) => items)).toEqual([["x2"], ["x3"]]);
  expect(await Promise.all(all)).toHaveLength(6);
});

test("what goes on by itself holds up no batch, only its twins", async () => {
  const gate = Promise.withResolvers<{ value: string }>();
  const batches: (readonly string[])[] = [];
  const { add } = createBatcher<string, string>({
    max: 10,
    concurrency: 1,
    apart: (item) => [item[0]!],
    async run(items) {
      batches.push(items);
      return items.map((item) => (item === "x1" ? { later: gate.promise } : { value: `${item} done` }));
    },
  });
  const slow = add("x1");
  const twin = add("x2");
  expect(await Promise.all([add("y1"), add("z1")])).toEqual(["y1 done", "z1 done"]);
  expect(await add("y2")).toBe("y2 done");
  expect(batches).toEqual([["x1", "y1", "z1"], ["y2"]]);
  gate.resolve({ value: "x1 done" });
  expect(await Promise.all([slow, twin])).toEqual(["x1 done", "x2 done"]);
  expect(batches.at(-1)).toEqual(["x2"]);
});

test("what goes on by itself and fails, fails alone", async () => {
  const { add } = createBatcher<string, string>({
    max: 10,
    concurrency: 1,
    apart: (item) => [item],
    run: async (items) =>
      items.map((item) => (item === "bad" ? { later: Promise.reject(new Error("bad")) } : { value: item })),
  });
  const outcomes = await Promise.allSettled([add("bad"), add("good")]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  await expect(add("bad")).rejects.toThrow("bad");
});
