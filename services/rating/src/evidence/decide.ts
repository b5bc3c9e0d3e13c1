/** Verdicts on claimed trust levels: a pure function of the events, fetched facts and what earlier events used up. */
import type { Hex } from "viem";
import { checkHardware, isAttested } from "./hardware.ts";
import { checkPayment, hasSource, sourceChainOf, transactionKey } from "./payment.ts";
import type {
  EventRef,
  EvidenceEvent,
  EvidenceFacts,
  EvidencePolicy,
  EvidenceState,
  HardwareFact,
  TransactionFact,
  Verdict,
} from "./types.ts";

const NO_RPC: TransactionFact = { kind: "no_rpc" };

function isSame(a: EventRef | null | undefined, b: EventRef): boolean {
  return a?.machineId === b.machineId && a.index === b.index;
}

const MOST_REMEMBERED = 10_000;
const remembered = new WeakMap<EvidencePolicy, Map<string, boolean>>();

/** `isAttested`, remembered per policy: a machine's key and attestation are the same for all of its events. */
function attestedOnce(machineId: bigint, fact: HardwareFact, policy: EvidencePolicy): boolean {
  const known = remembered.get(policy) ?? new Map<string, boolean>();
  remembered.set(policy, known);
  const key = `${machineId} ${fact.key} ${fact.attestation}`;
  let answer = known.get(key);
  if (answer === undefined) {
    answer = isAttested(machineId, fact, policy);
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(key, answer);
  }
  return answer;
}

/** By block and position within it. */
export function inChainOrder(a: EvidenceEvent, b: EvidenceEvent): number {
  if (a.blockNumber !== b.blockNumber) return a.blockNumber < b.blockNumber ? -1 : 1;
  return a.logIndex - b.logIndex;
}

/**
 * Decides events in chain order, whatever order they come in; verdicts come back in chain order.
 *
 * Give every event that is new or whose last verdict was not final, of all machines together: a transfer backs the first event in
 * chain order that can use it, so an earlier undecided event must be looked at before a later one that names the same transaction.
 *
 * - A claim of 0 is class 0 and never paid: it claims nothing, and class 0 never counts as paid.
 * - A claim that is not shown is class 0 with one reason, and uses up nothing.
 * - Verdicts with `final: false` wait for a chain or an RPC; decide them again later.
 *
 * Under the policy `claimed` every claim is taken at its word: class = claim, paid = claim above 0.
 */
export function decide(
  events: readonly EvidenceEvent[],
  facts: EvidenceFacts,
  policy: EvidencePolicy,
  state: EvidenceState,
): Verdict[] {
  const transfers = new Map<string, EventRef>();
  const digests = new Map<Hex, EventRef>();
  const isTaken = (event: EvidenceEvent, now: EventRef | undefined, before: EventRef | null): boolean =>
    (now !== undefined && !isSame(now, event)) || (before !== null && !isSame(before, event));

  return [...events].sort(inChainOrder).map((event): Verdict => {
    const verdict: Verdict = {
      machineId: event.machineId,
      index: event.index,
      cls: 0,
      paid: false,
      reason: null,
      final: true,
      usedTransfer: null,
      usedDigest: null,
    };
    if (event.trustClaimed === 0) return verdict;
    if (policy.trustPolicy === "claimed") return { ...verdict, cls: event.trustClaimed, paid: true };

    const fact =
      facts.transactions.get(transactionKey(sourceChainOf(event, policy), event.sourceTxHash)) ?? NO_RPC;
    const payment = (): ReturnType<typeof checkPayment> =>
      checkPayment(event, fact, policy, (key) => isTaken(event, transfers.get(key), state.transferUser(key)));
    const accept = (shown: Partial<Verdict>): Verdict => {
      const accepted = { ...verdict, cls: event.trustClaimed, ...shown };
      if (accepted.usedTransfer !== null) transfers.set(accepted.usedTransfer, event);
      if (accepted.usedDigest !== null) digests.set(accepted.usedDigest, event);
      return accepted;
    };

    if (event.trustClaimed === 1) {
      const found = payment();
      return found.paid
        ? accept({ paid: true, usedTransfer: found.transferKey })
        : { ...verdict, reason: found.reason, final: !found.retry };
    }

    const hardware = checkHardware(
      event,
      facts.hardwareAt(event.machineAddress, event.blockNumber),
      policy,
      (digest) => isTaken(event, digests.get(digest), state.digestUser(digest)),
      attestedOnce,
    );
    if (!hardware.shown) return { ...verdict, reason: hardware.reason };
    if (!hasSource(event)) return accept({ usedDigest: hardware.digest });
    const found = payment();
    return found.paid
      ? accept({ paid: true, usedTransfer: found.transferKey, usedDigest: hardware.digest })
      : accept({ usedDigest: hardware.digest, final: !found.retry });
  });
}
