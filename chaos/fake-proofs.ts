import { stopTestDatabases } from "@peaqos/testkit";
import { fakeProofsWorld, runFakeProofs } from "../services/market/src/payments/test/fake-proofs.ts";
import { type Chaos, check } from "./lib/chaos.ts";

/** Every way to show a payment that is none, over a real chain and the public API, with honest payments in between. */
export const chaos: Chaos = {
  title: "fake-proofs: 39 classes of 1,000 fake payment proofs each; none accepted, no honest one refused",
  async run({ scale, log }) {
    const cases = Math.max(1, Math.round(1_000 * scale));
    const world = await fakeProofsWorld({
      PEAQOS_PAYMENT_WAIT_MS: "3000",
      PEAQOS_MARKET_CHECK_ANSWERS: "false",
      PEAQOS_SESSION_TTL_SECONDS: "86400",
    });
    try {
      const { classes, sums } = await runFakeProofs(world.p, { cases, honestEvery: 10, seed: 1, log });
      const accepted = check("a fake proof is refused");
      const named = check("its refusal names what is wrong");
      const honest = check("an honest proof is accepted, also after a fake one");
      const agree = check("the sums of the ledger agree");
      for (const each of classes) {
        for (let n = 0; n < each.fakes; n++)
          accepted.expect(n >= each.accepted, () => `${each.name}: ${each.accepted} accepted`);
        for (let n = 0; n < each.fakes; n++)
          named.expect(n >= each.misnamed, () => `${each.name}: ${JSON.stringify(each.refusals)}`);
        for (let n = 0; n < each.honest; n++)
          honest.expect(n >= each.honestRefused, () => `${each.name}: ${each.honestRefused} honest refused`);
      }
      for (const each of sums) agree.expect(each.difference === "0", () => JSON.stringify(each));
      const total = (pick: "fakes" | "honest") =>
        classes.reduce((sum, each) => sum + each[pick], 0).toLocaleString("en-US");
      return {
        did: [
          `${total("fakes")} fake proofs in ${classes.length} classes, ${total("honest")} honest ones among them`,
        ],
        checks: [accepted, named, honest, agree].map((each) => each.report()),
      };
    } finally {
      await world[Symbol.asyncDispose]();
      await stopTestDatabases();
    }
  },
};
