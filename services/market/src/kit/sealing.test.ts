import fc from "fast-check";
import { expect, test } from "vitest";
import { randomIds } from "./ids.ts";
import { createSealing } from "./sealing.ts";

const secret = "a secret for tests that has enough characters";
const sealing = createSealing(undefined, secret, randomIds());

// Guarantees that a secret at rest is unreadable, cannot be changed, and cannot be moved to another row.
test("what is sealed opens for its subject only, and not after any change of a bit", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (subject, text, at) => {
      const sealed = sealing.seal(subject, text);
      expect(sealing.open(subject, sealed)).toBe(text);
      expect(() => sealing.open(`${subject}x`, sealed)).toThrow();
      const parts = sealed.split(".");
      const part = 1 + (at % 3);
      const bytes = Buffer.from(parts[part] ?? "", "base64url");
      if (bytes.length === 0) return;
      bytes[at % bytes.length]! ^= 1 << (at % 8);
      parts[part] = bytes.toString("base64url");
      expect(() => sealing.open(subject, parts.join("."))).toThrow();
    }),
  );
  expect(sealing.seal("s", "the same")).not.toBe(sealing.seal("s", "the same"));
  expect(sealing.seal("s", "do not show")).not.toContain("do not show");
});

test("every replica with the same secret opens it, another deployment does not", () => {
  const sealed = sealing.seal("s", "text");
  expect(createSealing(undefined, secret, randomIds()).open("s", sealed)).toBe("text");
  expect(() => createSealing("ab".repeat(32), undefined, randomIds()).open("s", sealed)).toThrow();
  const own = createSealing("ab".repeat(32), secret, randomIds());
  expect(createSealing(`0x${"AB".repeat(32)}`, "another", randomIds()).open("s", own.seal("s", "x"))).toBe(
    "x",
  );
});

test("without a secret nothing is kept in clear", () => {
  const none = createSealing(undefined, undefined, randomIds());
  expect(() => none.seal("s", "text")).toThrow(/PEAQOS_ENCRYPTION_KEY/);
  expect(none.derive("anything")).toBeNull();
});
