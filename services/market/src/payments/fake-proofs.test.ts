import { expect, test } from "vitest";
import { fakeProofsWorld, runFakeProofs } from "./test/fake-proofs.ts";

const cases = Number(process.env.PEAQOS_FAKE_PROOFS ?? 10);

// Guarantees that nothing but the order's own payment pays it, and that a refused fake never stands in its way.
test(`${cases} fake proofs of every class: none accepted, no honest one refused`, {
  timeout: 120_000 + cases * 5_000,
}, async () => {
  await using world = await fakeProofsWorld({ PEAQOS_PAYMENT_WAIT_MS: "1000" });
  const { classes, sums } = await runFakeProofs(world.p, { cases, honestEvery: 2, seed: 1 });
  expect(classes.length).toBeGreaterThanOrEqual(30);
  for (const { name, accepted, misnamed, honestRefused, refusals, fakes } of classes) {
    expect({ name, accepted, misnamed, honestRefused, refusals }).toEqual({
      name,
      accepted: 0,
      misnamed: 0,
      honestRefused: 0,
      refusals,
    });
    expect(fakes, name).toBeGreaterThanOrEqual(cases);
  }
  for (const { difference } of sums) expect(difference).toBe("0");
});
