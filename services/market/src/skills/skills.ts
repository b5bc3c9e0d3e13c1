import type { Catalogue } from "../catalogue/catalogue.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";

/** Skills and their configuration, credentials sealed. */

export type Skills = {
  readonly handlers: MarketHandlers<"listSkills" | "getSkill" | "getSkillManifest" | "updateSkillConfig">;
  /** Credentials and settings of an enabled skill, opened; null when there are none. */
  configOf(
    tenantId: string,
    skillKey: string,
  ): Promise<{ credentials: Record<string, string>; settings: Record<string, unknown> } | null>;
};

export function createSkills(_market: Market, _deps: { catalogue: Catalogue }): Skills {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing("listSkills", "getSkill", "getSkillManifest", "updateSkillConfig"),
  } as never;
}
