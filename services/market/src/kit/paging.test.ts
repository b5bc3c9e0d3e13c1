import fc from "fast-check";
import { expect, test } from "vitest";
import { cursorText, pageOf, readCursor } from "./paging.ts";

const time = "2026-11-22T06:00:00.123456Z";

test("a cursor is read back as it was written, and never begins with a dash or is empty", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }),
      fc.stringMatching(/^[A-Za-z0-9._~:@-]{1,60}$/),
      (date, id) => {
        const cursor = { createdAt: date.toISOString().replace("Z", "123Z"), id };
        const text = cursorText(cursor);
        expect(text).toMatch(/^c[\w-]+$/);
        expect(readCursor(text)).toEqual(cursor);
      },
    ),
  );
  expect(readCursor(undefined)).toBeNull();
});

test("anything else is refused as a bad cursor", () => {
  const refused = { code: "VALIDATION_ERROR", status: 400 };
  const text = (value: string) => `c${Buffer.from(value).toString("base64url")}`;
  for (const bad of [
    "",
    "c",
    "x",
    "%",
    text("a b"),
    text(`${time} `),
    text(`${time} a b`),
    text(`${time} a'b`),
  ])
    expect(() => readCursor(bad), bad).toThrow(expect.objectContaining(refused));
  fc.assert(
    fc.property(fc.string(), (value) => {
      try {
        readCursor(value);
      } catch (error) {
        expect(error).toMatchObject(refused);
      }
    }),
  );
});

test("a page has a cursor exactly when there is another row", () => {
  const rows = ["a", "b", "c"].map((id) => ({ id }));
  const cut = (limit: number) =>
    pageOf(
      rows,
      limit,
      ({ id }) => ({ createdAt: time, id }),
      ({ id }) => id,
    );
  expect(cut(3)).toEqual({ items: ["a", "b", "c"] });
  const { items, nextCursor } = cut(2);
  expect(items).toEqual(["a", "b"]);
  expect(readCursor(nextCursor)).toEqual({ createdAt: time, id: "b" });
  expect(
    pageOf(
      [],
      5,
      () => ({ createdAt: time, id: "" }),
      () => 0,
    ),
  ).toEqual({ items: [] });
});
