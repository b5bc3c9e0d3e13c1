import type { Machines } from "../machines/machines.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Caller, Standing } from "./standing.ts";

/**
 * Lets orders and searches in. A session that was let in before is known: of it only the rating service's word is asked again here
 * (kept 5 s at most). Its pairing, session, policy and machine are compared with the database, locked, in the
 * write's own transaction (standing.ts), so remembering it can let nothing through.
 */
export function createEntry({ pairings, machines }: { pairings: Pairings; machines: Machines }) {
  const known = new Map<string, Standing>();

  function remember(word: string, standing: Standing): void {
    known.delete(word);
    known.set(word, standing);
    if (known.size > maxKnown) known.delete(known.keys().next().value as string);
  }

  return async (caller: Caller, body: NamesBuyer): Promise<Standing> => {
    const named = { machineId: body.machineId, pairingId: body.agentPairingId };
    if (caller.kind !== "agent") return pairings.authorise(caller, named);
    const { pairingId, sessionId, delegationPolicyHash } = caller.claims;
    const word = JSON.stringify([
      caller.tenantId,
      pairingId,
      sessionId,
      delegationPolicyHash,
      named.machineId,
      named.pairingId,
    ]);
    const before = known.get(word);
    if (before !== undefined) {
      try {
        await machines.reconfirm(before.machine);
        return before;
      } catch {
        // The whole check says what is wrong now.
        known.delete(word);
      }
    }
    const standing = await pairings.authorise(caller, named);
    remember(word, standing);
    return standing;
  };
}

/** One for all domains: a session let in by one is known to the others. */
export type Entry = ReturnType<typeof createEntry>;

/** What a body says of who buys; the token may say it all. */
type NamesBuyer = { readonly machineId?: string | undefined; readonly agentPairingId?: string | undefined };

const maxKnown = 10_000;
