import {
  type AgentPairing,
  listAgentPairingsAll,
  type OrchestrationContext,
} from "@peaqos/peaq-os-sdk/orchestration";
import { networkError, usageError } from "../engine/errors.ts";
import { clean, type Row } from "../engine/output.ts";
import { list, money } from "./text.ts";

/** What a pairing's agent may do: from flags, and as it reads. */

type PolicyFlags = {
  readonly "per-tx-limit": number | null | undefined;
  readonly "daily-limit": number | null | undefined;
  readonly currency: string | undefined;
  readonly "allowed-skills": readonly string[] | undefined;
  readonly "denied-skills": readonly string[] | undefined;
  readonly "allowed-service-ids": readonly string[] | undefined;
  readonly "denied-service-ids": readonly string[] | undefined;
};

type Policy = AgentPairing["delegationPolicy"];

export type PolicyInput = {
  allowedSkillKeys: string[];
  deniedSkillKeys: string[];
  allowedServiceIds: string[];
  deniedServiceIds: string[];
  perTransactionLimit?: number;
  dailySpendLimit?: number;
  currency?: string;
};

/**
 * The whole policy: what the flags say, on top of the one before. The market replaces a policy whole, so everything that
 * is to stay has to be sent again.
 */
export function policyInput(flags: PolicyFlags, before?: Policy): PolicyInput {
  const limit = (flag: number | null | undefined, old: number | null | undefined) =>
    flag === undefined ? (old ?? undefined) : (flag ?? undefined);
  const perTransactionLimit = limit(flags["per-tx-limit"], before?.perTransactionLimit);
  const dailySpendLimit = limit(flags["daily-limit"], before?.dailySpendLimit);
  const currency = flags.currency ?? before?.currency ?? undefined;
  if ((perTransactionLimit !== undefined || dailySpendLimit !== undefined) && currency === undefined)
    throw usageError({
      code: "MISSING_OPTION",
      message: "A limit needs --currency",
      value: "(nothing)",
      rule: "an amount means nothing without its currency",
      next: "--currency USD",
      details: { missing: ["currency"] },
    });
  return {
    allowedSkillKeys: [...(flags["allowed-skills"] ?? before?.allowedSkillKeys ?? [])],
    deniedSkillKeys: [...(flags["denied-skills"] ?? before?.deniedSkillKeys ?? [])],
    allowedServiceIds: [...(flags["allowed-service-ids"] ?? before?.allowedServiceIds ?? [])],
    deniedServiceIds: [...(flags["denied-service-ids"] ?? before?.deniedServiceIds ?? [])],
    ...(perTransactionLimit !== undefined && { perTransactionLimit }),
    ...(dailySpendLimit !== undefined && { dailySpendLimit }),
    ...(currency !== undefined && { currency }),
  };
}

/** A policy as rows of a block. */
export function policyRows(policy: Policy | PolicyInput): Row[] {
  const currency = policy.currency ?? null;
  const limit = (amount: number | null | undefined) =>
    amount === null || amount === undefined ? "no limit" : money(amount, currency);
  const only = (values: readonly string[], none: string) => (values.length === 0 ? none : list(values));
  return [
    ["Per-tx limit", limit(policy.perTransactionLimit)],
    ["Daily limit", limit(policy.dailySpendLimit)],
    ["Allowed skills", only(policy.allowedSkillKeys, "all")],
    ["Denied skills", only(policy.deniedSkillKeys, "none")],
    ["Allowed services", only(policy.allowedServiceIds, "all")],
    ["Denied services", only(policy.deniedServiceIds, "none")],
  ];
}

/** One pairing of a machine, by its id. */
export async function pairingOf(
  client: OrchestrationContext,
  machineId: string,
  pairingId: string,
): Promise<AgentPairing> {
  for await (const pairing of listAgentPairingsAll(client, machineId))
    if (pairing.id === pairingId) return pairing;
  throw networkError({
    code: "NOT_FOUND",
    message: `Machine ${clean(machineId)} has no pairing ${clean(pairingId)}`,
    value: pairingId,
    rule: "a pairing belongs to one machine",
    next: `\`peaqos scale agent list --machine-id ${machineId}\` shows the pairings`,
  });
}
