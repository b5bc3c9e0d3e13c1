import type { TestChain } from "@peaqos/testkit";
import { expect, test } from "vitest";
import {
  admin,
  caughtUp,
  cleanIndex,
  dump,
  type Machine,
  ratingFixture,
  register,
  setAttribute,
  submit,
  submitBatch,
} from "./fixture.ts";

/** A small generator, so that a failing run is repeated by its seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const runs = Number(process.env.PEAQOS_REORG_RUNS ?? 12);

async function act(
  chain: TestChain,
  machines: readonly Machine[],
  random: (below: number) => number,
  step: number,
) {
  const machine = machines[random(machines.length)]!;
  const timestamp = chain.now() - random(5 * 86_400) - 5;
  const kind = random(10);
  if (kind < 5)
    await submit(chain, machine, { type: random(2) === 0 ? 0 : 1, value: BigInt(random(5_000)), timestamp });
  else if (kind < 7)
    await submitBatch(
      chain,
      machine,
      Array.from({ length: 1 + random(30) }, () => ({
        type: 0 as const,
        value: BigInt(random(5_000)),
        timestamp,
      })),
    );
  else if (kind === 7) await admin(chain, random(2) === 0 ? "flagMachine" : "clearFlag", machine.id);
  else if (kind === 8) await admin(chain, "setTrustOverride", machine.id, BigInt(random(26)));
  else await setAttribute(chain, machine.account, "documentation_url", `https://example.org/${step}`, true);
}

/** Guarantees that no reorganisation leaves a trace: what was followed through all of them equals a clean reading. */
test(`${runs} random reorganisations: the followed state equals a clean index`, {
  timeout: 60_000 + runs * 3_000,
}, async () => {
  const seed = Number(process.env.PEAQOS_REORG_SEED ?? 20_261_122);
  const random = randomOf(seed);
  await using fixture = await ratingFixture();
  const { chain, databaseUrl } = fixture;
  const machines = [];
  for (const name of ["a", "b", "c"]) {
    const machine = await register(chain, name);
    await setAttribute(chain, machine.account, "documentation_url", "https://example.org/first");
    machines.push(machine);
  }
  const floor = Number(await chain.publicClient.getBlockNumber());
  for (let run = 0; run < runs; run++) {
    const steps = 1 + random(8);
    for (let step = 0; step < steps; step++) await act(chain, machines, random, run * 100 + step);
    if (random(3) > 0) await caughtUp(chain, databaseUrl);
    const height = Number(await chain.publicClient.getBlockNumber());
    const depth = Math.min(1 + random(10), height - floor);
    if (depth > 0) await chain.admin("anvil_rollback", [depth]);
    await act(chain, machines, random, run * 100 + 99);
    if (run % 4 === 3) {
      await caughtUp(chain, databaseUrl);
      expect(await dump(databaseUrl), `seed ${seed}, run ${run}`).toEqual(await cleanIndex(chain));
    }
  }
  await caughtUp(chain, databaseUrl);
  expect(await dump(databaseUrl), `seed ${seed}`).toEqual(await cleanIndex(chain));
});
