import { testChain } from "@peaqos/testkit";
import { type Conservation, conservation } from "../conservation.ts";
import { type FakeClass, fakeClasses } from "./fake-classes.ts";
import { createKit, type Group, inParallel, type Kit, oddToken, type Placed } from "./fake-kit.ts";
import { type PaymentWorld, paymentWorld } from "./payment-world.ts";

/** Sends fake proofs of every class to a market over HTTP, and honest ones after them. */

export type FakeReport = {
  readonly name: string;
  /** Fake proofs sent. */
  readonly fakes: number;
  readonly accepted: number;
  /** Answers by `CODE/reason`. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Refusals that do not name what is wrong with this class. */
  readonly misnamed: number;
  /** Honest payments sent for the same orders, or in the same groups. */
  readonly honest: number;
  readonly honestRefused: number;
};

export type FakeProofsOptions = {
  /** Cases of each class. */
  readonly cases: number;
  /** Every how many-th fake is followed by the order's honest payment. */
  readonly honestEvery: number;
  readonly seed: number;
  readonly log?: (line: string) => void;
};

/** A world whose market knows the token that writes odd logs. */
export async function fakeProofsWorld(
  settings: Readonly<Record<string, string>> = {},
): Promise<AsyncDisposable & { readonly p: PaymentWorld }> {
  const chain = await testChain();
  const token = { chainId: chain.chainId, address: oddToken, decimals: 6, symbol: "USDC" };
  const p = await paymentWorld({ PEAQOS_PAYMENT_TOKENS: JSON.stringify([token]), ...settings }, chain);
  return {
    p,
    async [Symbol.asyncDispose]() {
      await p[Symbol.asyncDispose]();
      await chain.stop();
    },
  };
}

export async function runFakeProofs(
  p: PaymentWorld,
  options: FakeProofsOptions,
): Promise<{ classes: FakeReport[]; sums: Conservation[] }> {
  const kit = await createKit(p);
  const classes: FakeReport[] = [];
  for (const each of fakeClasses) {
    const report = await runClass(kit, each, options);
    classes.push(report);
    options.log?.(
      `${each.name}: ${report.fakes} fakes, ${report.accepted} accepted; ${report.honest} honest, ${report.honestRefused} refused`,
    );
  }
  return { classes, sums: await conservation(p.database) };
}

type Result = { readonly placed: Placed; readonly refusal: string | null };

async function runClass(kit: Kit, each: FakeClass, options: FakeProofsOptions): Promise<FakeReport> {
  const refusals: Record<string, number> = {};
  let [fakes, accepted, misnamed, honest, honestRefused, left] = [0, 0, 0, 0, 0, options.cases];
  while (left > 0) {
    const count = Math.min(left, 200);
    left -= count;
    const placed = await kit.place(each.service ?? "svc_usdc", count);
    const groups = await each.make(kit, placed, options.seed);
    const results = await inParallel(groups, 16, (group) => send(kit, group));
    const unpaid: Placed[] = [];
    for (const [index, list] of results.entries()) {
      const { allowed } = groups[index]!;
      const passed = list.filter(({ refusal }) => refusal === null).length;
      fakes += list.length - allowed;
      honest += allowed;
      accepted += Math.max(0, passed - allowed);
      honestRefused += Math.max(0, allowed - passed);
      for (const { placed: one, refusal } of list) {
        if (refusal === null) continue;
        refusals[refusal] = (refusals[refusal] ?? 0) + 1;
        if (!each.refusals.includes(refusal)) misnamed++;
        if (index % options.honestEvery === 0) unpaid.push(one);
      }
    }
    // What was refused a fake takes the honest payment.
    const paid = await inParallel(unpaid, 8, async (one) => {
      const hash = await kit.pay(one);
      return show(kit, one, kit.p.proof(one.payment, hash), "PAYMENT_NOT_MINED/");
    });
    honest += paid.length;
    honestRefused += paid.filter((refusal) => refusal !== null).length;
  }
  return { name: each.name, fakes, accepted, refusals, misnamed, honest, honestRefused };
}

/** The attempts of a group run side by side, so that they race. */
function send(kit: Kit, { attempts }: Group): Promise<Result[]> {
  return Promise.all(
    attempts.map(async ({ placed, body }) => ({
      placed,
      refusal: await show(kit, placed, body, "PAYMENT_NOT_MINED/not_checked"),
    })),
  );
}

/** Sends a proof, again while the answer begins with `notYet`; null when the payment is held then. */
async function show(kit: Kit, { order }: Placed, body: object, notYet: string): Promise<string | null> {
  for (;;) {
    const answer = await kit.p.act(order, "payment-proof", body);
    if (answer.status === 200 && answer.body.item.status === "held") return null;
    const { code = "none", details } = answer.body?.error ?? {};
    const refusal = `${code}/${details?.reason ?? ""}`;
    if (!refusal.startsWith(notYet)) return refusal;
  }
}
