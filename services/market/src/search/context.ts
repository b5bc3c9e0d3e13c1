import type { Skills } from "../skills/skills.ts";
import type { RankContext } from "./types.ts";

/** What a buyer's side has already: live runtime endpoints of its machine, and its tenant's skills. */
export type BuyerContexts = {
  /**
   * @param machineId null: no machine in particular.
   * @param credentials providers, in lower case, whose credentials came with the request.
   */
  of(tenantId: string, machineId: string | null, credentials?: ReadonlySet<string>): Promise<RankContext>;
};

export type BuyerContextDeps = {
  readonly skills: Pick<Skills, "flagsOf">;
  /** Provider keys with a live runtime endpoint on a machine, in lower case. */
  readonly agents: { liveProviders(machineId: string): Promise<Iterable<string>> };
};

export function createBuyerContexts({ skills, agents }: BuyerContextDeps): BuyerContexts {
  return {
    async of(tenantId, machineId, credentials = new Set()) {
      const [flags, live] = await Promise.all([
        skills.flagsOf(tenantId),
        machineId === null ? [] : agents.liveProviders(machineId),
      ]);
      return {
        liveProviders: new Set(live),
        credentials,
        enabledSkills: flags.enabled,
        credentialSkills: flags.credentials,
        disabledSkills: flags.disabled,
      };
    },
  };
}
