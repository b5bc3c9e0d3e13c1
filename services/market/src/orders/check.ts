import type { orderCheckSchema } from "@peaqos/protocol/market";
import { toWireAmount } from "@peaqos/protocol/market";
import { HttpError } from "@peaqos/service-kit";
import type { z } from "zod";
import { isFailure } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import type { Pairings } from "../pairings/pairings.ts";
import { type Check, refusedBy } from "./checks.ts";
import { draftOrder, type OrderBody } from "./draft.ts";
import type { KnowsFacts } from "./facts.ts";
import { limitChecks } from "./limits.ts";
import { dayOf } from "./money.ts";
import { keyText, readSums, spendKeys } from "./spend.ts";
import type { Caller, Standing } from "./standing.ts";

/** The dry run: the rules of placing, on what stands now, with nothing written and nothing locked. */

export type OrderCheck = z.output<typeof orderCheckSchema>;

export function createChecking(market: Market, deps: { pairings: Pairings; facts: KnowsFacts }) {
  async function standingOf(caller: Caller, body: OrderBody): Promise<Standing | Check> {
    try {
      return await deps.pairings.authorise(caller, {
        machineId: body.machineId,
        pairingId: body.agentPairingId,
      });
    } catch (error) {
      // These two are what a dry run is asked for; who may not ask at all gets the error itself.
      if (
        error instanceof HttpError &&
        (isFailure(error, "MACHINE_NOT_ACTIVE") || isFailure(error, "MACHINE_NOT_ACTIVATED"))
      )
        return refusedBy("machine", error);
      throw error;
    }
  }

  return async (caller: Caller, body: OrderBody): Promise<OrderCheck> => {
    const standing = await standingOf(caller, body);
    if ("rule" in standing) return answer([standing], null);
    const { pool } = market.database;
    const now = market.clock.now();
    const ids = { orderId: "mord_000000000000", paymentId: "mpay_000000000000" };
    const [facts] = await deps.facts(pool, now, [{ body, standing, ids }]);
    const { checks, draft } = draftOrder(body, facts!);
    if (draft === null) return answer(checks, null);
    const day = dayOf(now);
    const { pairing, machine } = standing;
    const keys = spendKeys(machine.id, pairing.id, draft.price?.unit ?? "USD", day);
    const sums = await readSums(pool, keys);
    const spent = { pairing: sums.get(keyText(keys[0])) ?? "0", machine: sums.get(keyText(keys[1])) ?? "0" };
    return answer(
      [...checks, ...limitChecks(draft.price, pairing.policy, facts!.policies, spent, day)],
      draft,
    );
  };
}

function answer(checks: readonly Check[], draft: ReturnType<typeof draftOrder>["draft"]): OrderCheck {
  return {
    allowed: checks.every((check) => check.passed),
    amount: draft === null || draft.price === null ? null : toWireAmount(draft.price.amount),
    currency: draft?.price?.currency ?? null,
    service: draft === null ? null : { id: draft.service.id, name: draft.service.name },
    rail: draft?.rail.defaultRail ?? null,
    payeeAddress: draft?.rail.payeeAddress ?? null,
    checks: checks.map((check) => ({
      ...check,
      details: check.details === null ? null : { ...check.details },
    })),
  };
}
