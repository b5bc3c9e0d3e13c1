import type { Catalogue } from "../catalogue/catalogue.ts";
import type { ResolvedIdentity } from "../identity/identity.ts";
import type { MachineRow } from "../machines/store.ts";
import type { ActivePairing } from "../pairings/pairings.ts";
import { quoteText } from "./quotes.ts";
import { rank } from "./rank.ts";
import type { SearchRow } from "./store.ts";
import { normalizedOf, redactedRequest, type SearchRequest, taskOf } from "./task.ts";
import type { PolicyRules, RankContext } from "./types.ts";

/** One search, from everything that is known about it to the row that is kept and answered. */

export type SearchFacts = {
  readonly id: string;
  readonly body: SearchRequest;
  readonly pairing: ActivePairing;
  readonly machine: MachineRow;
  readonly identity: ResolvedIdentity | null;
  /** Of the machine; the pairing's own stands in the pairing. */
  readonly policies: readonly PolicyRules[];
  readonly context: RankContext;
  readonly now: Date;
  /** How long its quotes hold, in milliseconds. */
  readonly ttlMs: number;
};

export type Found = {
  readonly row: SearchRow;
  /** For the audit log: what was looked for and how much came of it. */
  readonly payload: Readonly<Record<string, unknown>>;
};

export function find(index: Catalogue["index"], facts: SearchFacts): Found {
  const { id, body, pairing, machine, now } = facts;
  const task = taskOf(body);
  const ranking = rank(index, task, [pairing.policy, ...facts.policies], facts.context);
  const expiresAt = new Date(now.getTime() + facts.ttlMs);
  const times = { createdAt: now.toISOString(), expiresAt: expiresAt.toISOString() };
  const normalizedTask = normalizedOf(task, body, machine, facts.identity);
  const { considered, matched, dropped, quotes } = ranking;
  const status = quotes.length > 0 ? "completed" : "no_match";
  const head = {
    id,
    machineId: machine.id,
    agentPairingId: pairing.id,
    requestPayload: redactedRequest(body),
    normalizedTask,
    status,
    matches: { considered, matched, dropped },
    createdAt: times.createdAt,
  };
  return {
    row: {
      id,
      tenantId: pairing.tenantId,
      machineId: machine.id,
      agentPairingId: pairing.id,
      head: JSON.stringify(head),
      quotes: quotes.map((quote, place) => quoteText(id, place, quote, times)),
      createdAt: now,
      expiresAt,
    },
    payload: {
      status,
      serviceType: normalizedTask.serviceType,
      operation: normalizedTask.operation,
      quotes: quotes.length,
      ...head.matches,
    },
  };
}
