import type { Catalogue } from "../catalogue/catalogue.ts";
import { pageByKey } from "../catalogue/page.ts";
import { catalogueChannel } from "../catalogue/store.ts";
import { invalid, notFound } from "../kit/errors.ts";
import { item, type MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { manifestOf, type Skill, type SkillSummary, skillsOf } from "./derive.ts";
import { ensureConfig, readConfig, readFlags, type SkillFlags, writeConfig } from "./store.ts";

/** Skills and their configuration, credentials sealed. */

export type Skills = {
  readonly handlers: MarketHandlers<"listSkills" | "getSkill" | "getSkillManifest" | "updateSkillConfig">;
  /** Credentials and settings of an enabled skill, opened; null when there are none. */
  configOf(
    tenantId: string,
    skillKey: string,
  ): Promise<{ credentials: Record<string, string>; settings: Record<string, unknown> } | null>;
  /** Which of a tenant's skills are on, have credentials, or are off. Kept in memory until one changes. */
  flagsOf(tenantId: string): Promise<SkillFlags>;
};

const subjectOf = (tenantId: string, skillKey: string) => `skill:${tenantId}:${skillKey}`;

export function createSkills(market: Market, { catalogue }: { catalogue: Catalogue }): Skills {
  const { database, sealing } = market;
  const flags = new Map<string, Promise<SkillFlags>>();
  catalogue.subscribe(() => flags.clear());
  let derived: { readonly from: unknown; readonly skills: Map<string, Skill> } | undefined;

  function allSkills(): Map<string, Skill> {
    const { listed } = catalogue;
    if (derived?.from !== listed)
      derived = { from: listed, skills: skillsOf(listed.map(({ service }) => service)) };
    return derived.skills;
  }

  /** @throws HttpError NOT_FOUND */
  function skillOf(key: string): Skill {
    const skill = allSkills().get(key);
    if (skill === undefined) throw notFound("skill", key);
    return skill;
  }

  function flagsOf(tenantId: string): Promise<SkillFlags> {
    const kept = flags.get(tenantId);
    if (kept !== undefined && catalogue.connected) return kept;
    const read = readFlags(database.pool, tenantId);
    flags.set(tenantId, read);
    read.catch(() => flags.delete(tenantId));
    return read;
  }

  function viewOf({ services, ...skill }: Skill, known: SkillFlags): SkillSummary {
    const verified = services.flatMap(({ id }) => {
      const health = catalogue.healthOf(id);
      return health?.status === "up" ? [health.checkedAt.getTime()] : [];
    });
    return {
      ...skill,
      authState: authStateOf(skill.key, skill.authType, known),
      lastVerifiedAt: verified.length === 0 ? null : new Date(Math.max(...verified)).toISOString(),
    };
  }

  return {
    flagsOf,
    async configOf(tenantId, skillKey) {
      const row = await readConfig(database.pool, tenantId, skillKey);
      if (row === null || !row.enabled) return null;
      const opened = row.credentials && sealing.open(subjectOf(tenantId, skillKey), row.credentials);
      const credentials = opened ? (JSON.parse(opened) as Record<string, string>) : {};
      return { credentials, settings: row.settings };
    },
    handlers: {
      async listSkills({ caller, query }) {
        const known = await flagsOf(caller.tenantId);
        const skills = [...allSkills().values()].filter(
          (skill) =>
            (query.scope === undefined || skill.scope === query.scope) &&
            (query.direction === undefined || skill.direction === query.direction) &&
            (query.source === undefined || skill.source === query.source),
        );
        const { items, nextCursor } = pageByKey(skills, query, (skill) => skill.key);
        return { status: 200, body: { items: items.map((skill) => viewOf(skill, known)), nextCursor } };
      },
      async getSkill({ caller, params }) {
        return item(viewOf(skillOf(params.skillKey), await flagsOf(caller.tenantId)));
      },
      getSkillManifest: ({ params }) => item(manifestOf(skillOf(params.skillKey), catalogue.version)),
      async updateSkillConfig(request) {
        const { caller, body, params } = request;
        const { key, providerKey } = skillOf(params.skillKey);
        const subject = subjectOf(caller.tenantId, key);
        if (body.credentials !== undefined && sealing.derive("skills") === null)
          throw invalid(
            "credentials",
            "this deployment cannot keep secrets: its operator has to set PEAQOS_ENCRYPTION_KEY",
          );
        const config = await market.write(request, async (tx) => {
          await ensureConfig(tx.client, caller.tenantId, key, tx.now);
          const before = await readConfig(tx.client, caller.tenantId, key, true);
          const old = before?.credentials ? sealing.open(subject, before.credentials) : "{}";
          const credentials = merged(JSON.parse(old) as Record<string, string>, body.credentials);
          const row = {
            enabled: body.enabled ?? before?.enabled ?? true,
            settings: { ...before?.settings, ...body.settings },
            credentials:
              Object.keys(credentials).length === 0
                ? null
                : sealing.seal(subject, JSON.stringify(credentials)),
            updated_at: tx.now,
          };
          await writeConfig(tx.client, caller.tenantId, key, row);
          await tx.client.query("select pg_notify($1, 'skills')", [catalogueChannel]);
          tx.audit({
            type: "skill.config.updated",
            resourceType: "skill",
            resourceId: key,
            machineId: null,
            payload: {
              enabled: row.enabled,
              settings: Object.keys(row.settings),
              credentials: Object.keys(credentials),
            },
          });
          return {
            skillKey: key,
            providerKey,
            enabled: row.enabled,
            settings: row.settings,
            hasCredentials: row.credentials !== null,
            updatedAt: tx.now.toISOString(),
          };
        });
        flags.delete(caller.tenantId);
        return item(config);
      },
    },
  };
}

/** A field that is sent replaces the old one; the published clients cannot send null, so empty text removes it. */
function merged(
  old: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...old, ...given }).filter(([, value]) => value !== ""));
}

function authStateOf(
  key: string,
  authType: SkillSummary["authType"],
  known: SkillFlags,
): SkillSummary["authState"] {
  if (known.disabled.has(key)) return "restricted";
  if (authType === "none" || authType === "wallet" || known.credentials.has(key)) return "configured";
  return authType === "local" && known.enabled.has(key) ? "configured" : "unconfigured";
}
