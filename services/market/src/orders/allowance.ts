import type { allowanceSchema } from "@peaqos/protocol/market";
import { toWireAmount } from "@peaqos/protocol/market";
import type { z } from "zod";
import type { AgentCaller, PlatformCaller } from "../kit/caller.ts";
import { fail, notFound } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import type { Machines } from "../machines/machines.ts";
import { findPairing } from "../pairings/store.ts";
import type { Policies } from "../policies/policies.ts";
import { unitOf } from "../search/price.ts";
import { dayOf, remaining, resetOf } from "./money.ts";
import { keyText, readSums, spendKeys } from "./spend.ts";

/** What a pairing may still spend on this UTC day. */

export type Allowance = z.output<typeof allowanceSchema>;

export function createAllowance(market: Market, deps: { machines: Machines; policies: Policies }) {
  return async (
    caller: AgentCaller | PlatformCaller,
    { machineId, pairingId }: { machineId: string; pairingId: string },
  ): Promise<Allowance> => {
    const { pool } = market.database;
    const pairing = await findPairing(pool, caller.tenantId, pairingId);
    const ours =
      pairing !== undefined &&
      pairing.machine_id === machineId &&
      (caller.kind === "platform" || caller.claims.pairingId === pairingId);
    if (!ours) throw notFound("pairing", pairingId);
    if (caller.kind === "agent") {
      if (pairing.status !== "active")
        throw fail("AGENT_PAIRING_INACTIVE", `pairing ${pairingId} is ${pairing.status}`, {
          status: pairing.status,
        });
      if (pairing.session_id !== caller.claims.sessionId)
        throw fail("AGENT_AUTH_INVALID", "the token's session has ended", { reason: "session_replaced" });
    }
    const machine = await deps.machines.find(machineId, caller.tenantId);
    const policies =
      machine.policy_ids.length === 0
        ? []
        : await deps.policies.forMachine(machine.tenant_id, machine.policy_ids);
    const capped = policies.flatMap(({ id, name, budgetCap }) =>
      budgetCap === null ? [] : [{ id, name, ...budgetCap }],
    );
    const day = dayOf(market.clock.now());
    const { perTransactionLimit, dailySpendLimit, currency } = pairing.policy;
    const [own] = spendKeys(machineId, pairingId, unitOf(currency), day);
    const machineKeys = capped.map((cap) => spendKeys(machineId, pairingId, unitOf(cap.currency), day)[1]);
    const sums = await readSums(pool, [own, ...machineKeys]);
    const spent = sums.get(keyText(own)) ?? "0";
    return {
      pairingId,
      machineId,
      currency,
      perTransactionLimit,
      dailySpendLimit,
      spentToday: toWireAmount(spent),
      remainingToday: dailySpendLimit === null ? null : toWireAmount(remaining(dailySpendLimit, spent)),
      day,
      resetsAt: resetOf(day),
      policies: capped.map(({ id, name, currency: unit, amount }, index) => {
        const used = sums.get(keyText(machineKeys[index]!)) ?? "0";
        return {
          policyId: id,
          name,
          currency: unit,
          cap: amount,
          spentToday: toWireAmount(used),
          remainingToday: toWireAmount(remaining(amount, used)),
        };
      }),
    };
  };
}
