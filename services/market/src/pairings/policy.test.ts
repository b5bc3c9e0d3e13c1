import fc from "fast-check";
import { expect, test } from "vitest";
import { keptPolicy, policyHashOf } from "./policy.ts";

const given = {
  allowedSkillKeys: [" b ", "a", "b"],
  deniedSkillKeys: ["z"],
  allowedServiceIds: [],
  deniedServiceIds: undefined,
  perTransactionLimit: 1.5,
  dailySpendLimit: undefined,
  currency: " usdc",
};

test("a policy is kept trimmed and complete", () => {
  expect(keptPolicy(given)).toEqual({
    allowedSkillKeys: ["b", "a"],
    deniedSkillKeys: ["z"],
    allowedServiceIds: [],
    deniedServiceIds: [],
    perTransactionLimit: 1.5,
    dailySpendLimit: null,
    currency: "USDC",
  });
});

test("the hash does not change with order and spelling, and it changes with every rule", () => {
  const hash = policyHashOf(keptPolicy(given));
  expect(policyHashOf(keptPolicy({ ...given, allowedSkillKeys: ["a", "b", "a"], currency: "USDC" }))).toBe(
    hash,
  );
  for (const other of [
    { perTransactionLimit: 1.51 },
    { perTransactionLimit: undefined },
    { perTransactionLimit: 0 },
    { dailySpendLimit: 1.5 },
    { currency: "USD" },
    { allowedSkillKeys: ["a"] },
    { deniedSkillKeys: [] },
    { allowedServiceIds: ["z"] },
    { deniedServiceIds: ["z"] },
  ])
    expect(policyHashOf(keptPolicy({ ...given, ...other })), JSON.stringify(other)).not.toBe(hash);
});

test("guarantee: two policies have the same hash only if they say the same", () => {
  const list = fc.uniqueArray(
    fc.string({ maxLength: 3 }).map((text) => text.trim()),
    { maxLength: 3 },
  );
  const limit = fc.option(fc.nat(3), { nil: undefined });
  const policy = fc.record({
    allowedSkillKeys: list,
    deniedSkillKeys: list,
    allowedServiceIds: list,
    deniedServiceIds: list,
    perTransactionLimit: limit,
    dailySpendLimit: limit,
    currency: fc.constantFrom("USD", "EUR", undefined),
  });
  fc.assert(
    fc.property(policy, policy, (a, b) => {
      const [left, right] = [keptPolicy(a), keptPolicy(b)];
      const sets = (each: typeof left) =>
        JSON.stringify(
          Object.entries(each).map(([key, value]) => [key, Array.isArray(value) ? [...value].sort() : value]),
        );
      expect(policyHashOf(left) === policyHashOf(right)).toBe(sets(left) === sets(right));
    }),
  );
});
