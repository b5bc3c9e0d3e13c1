import type { Agents } from "../agents/agents.ts";
import type { Skills } from "../skills/skills.ts";
import type { SkillFlags } from "../skills/store.ts";
import type { RankContext } from "./types.ts";

/** What a buyer's side has already: live runtime endpoints of its machine, and its tenant's skills. */

/**
 * @param live providers, in lower case, with a live runtime endpoint on the machine.
 * @param credentials providers, in lower case, whose credentials came with the request.
 */
export function contextOf(
  flags: SkillFlags,
  live: Iterable<string>,
  credentials: ReadonlySet<string> = new Set(),
): RankContext {
  return {
    liveProviders: new Set(live),
    credentials,
    enabledSkills: flags.enabled,
    credentialSkills: flags.credentials,
    disabledSkills: flags.disabled,
  };
}

/** The same, read for one machine. */
export type BuyerContexts = { of(tenantId: string, machineId: string): Promise<RankContext> };

export function createBuyerContexts(deps: {
  readonly skills: Pick<Skills, "flagsOf">;
  readonly agents: Pick<Agents, "liveProviders">;
}): BuyerContexts {
  return {
    async of(tenantId, machineId) {
      const [flags, live] = await Promise.all([
        deps.skills.flagsOf(tenantId),
        deps.agents.liveProviders(machineId),
      ]);
      return contextOf(flags, live);
    },
  };
}
