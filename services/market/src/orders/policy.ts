import type { MarketService } from "../catalogue/catalogue.ts";
import type { PolicyRules } from "../search/types.ts";
import { regionAllowed, wordOf } from "../search/words.ts";
import { type Check, pass, refuse } from "./checks.ts";

/** What a policy says about a service. The search leaves out by the same rules, so that no quote is refused here. */

/** Whose policy it is, for messages and details. */
export type PolicyOwner = { readonly name: string; readonly details: Readonly<Record<string, unknown>> };

/** One check per rule that the policy has; deny wins over allow. */
export function policyChecks(policy: PolicyRules, owner: PolicyOwner, service: MarketService): Check[] {
  const skill = service.skillKey;
  const region = service.region;
  const checks: Check[] = [];
  const rule = (name: string, has: boolean, allowed: boolean, text: string, details: object) => {
    if (!has) return;
    const more = { ...owner.details, ...details };
    checks.push(
      allowed
        ? pass(name, `${owner.name} allows ${text}`, more)
        : refuse(name, "AGENT_POLICY_DENIED", `${owner.name} does not allow ${text}`, more),
    );
  };
  const list = (
    name: "deniedSkillKeys" | "deniedServiceIds" | "allowedSkillKeys" | "allowedServiceIds",
    key: string,
    kind: string,
  ) => {
    const keys = policy[name] ?? [];
    const listed = keys.includes(key);
    const allowed = name.startsWith("denied") ? !listed : listed;
    rule(name, keys.length > 0, allowed, `the ${kind} ${key} (${name})`, { [kind]: key });
  };
  list("deniedSkillKeys", skill, "skill");
  list("deniedServiceIds", service.id, "service");
  list("allowedSkillKeys", skill, "skill");
  list("allowedServiceIds", service.id, "service");
  const handsOff = service.executionMode === "external-handoff";
  const mode = { executionMode: service.executionMode };
  rule("nativeOnly", policy.nativeOnly === true, !handsOff, `execution mode ${service.executionMode}`, mode);
  rule(
    "handoffAllowed",
    policy.handoffAllowed === false,
    !handsOff,
    `execution mode ${service.executionMode}`,
    mode,
  );
  const wanted = policy.requiredCapabilities ?? [];
  const offered = new Set(service.capabilities.map(wordOf));
  const lacking = wanted.filter((each) => !offered.has(wordOf(each)));
  rule(
    "requiredCapabilities",
    wanted.length > 0,
    lacking.length === 0,
    lacking.length === 0
      ? `a service with ${wanted.join(", ")}`
      : `a service without the capability ${lacking.join(", ")}`,
    { requiredCapabilities: wanted, missing: lacking },
  );
  const regions = policy.regionRules ?? [];
  rule("regionRules", regions.length > 0, regionAllowed(regions, region), `the region ${region}`, {
    region,
    regionRules: regions,
  });
  return checks;
}
