import { z } from "zod";
import { catalogueBody, catalogueChangeSchema } from "../catalogue.ts";
import { ids, marketOperation } from "../operation.ts";
import { marketSearchBody, marketSearchSchema, serviceListQuery } from "../search.ts";
import { marketServiceSchema } from "../services.ts";
import {
  skillConfigSchema,
  skillManifestSchema,
  skillSummarySchema,
  updateSkillConfigBody,
} from "../skills.ts";
import { filled, maybe, maybeBody, pageQuery } from "../values.ts";
import { skillDirectionSchema, skillScopeSchema, skillSourceSchema } from "../words.ts";

/** Skills, services and search. */

const published = true;
const skillTag = ["skills"] as const;
const serviceTag = ["services"] as const;
const skill = ids("skillKey");
const confirmed = ["MACHINE_NOT_ACTIVE", "MACHINE_NOT_ACTIVATED", "PEAQOS_IDENTITY_UNAVAILABLE"] as const;
/** What stops an agent besides its token. */
const agent = ["NOT_FOUND", ...confirmed, "AGENT_PAIRING_REQUIRED", "AGENT_POLICY_DENIED"] as const;

export const listSkills = marketOperation({
  id: "listSkills",
  method: "GET",
  path: "/skills",
  auth: "platform",
  query: z.object({
    scope: maybe(skillScopeSchema),
    direction: maybe(skillDirectionSchema),
    source: maybe(skillSourceSchema),
    ...pageQuery,
  }),
  envelope: "list",
  answer: skillSummarySchema,
  summary: "List skills",
  tags: skillTag,
  published,
});
export const getSkill = marketOperation({
  id: "getSkill",
  method: "GET",
  path: "/skills/{skillKey}",
  auth: "platform",
  params: skill,
  envelope: "item",
  answer: skillSummarySchema,
  errors: ["NOT_FOUND"],
  summary: "Read a skill",
  tags: skillTag,
  published,
});
export const getSkillManifest = marketOperation({
  id: "getSkillManifest",
  method: "GET",
  path: "/skills/{skillKey}/manifest",
  auth: "platform",
  params: skill,
  envelope: "item",
  answer: skillManifestSchema,
  errors: ["NOT_FOUND"],
  summary: "Read a skill's manifest",
  tags: skillTag,
  published,
});
export const updateSkillConfig = marketOperation({
  id: "updateSkillConfig",
  method: "PATCH",
  path: "/skills/{skillKey}/config",
  auth: "platform",
  params: skill,
  body: maybeBody(updateSkillConfigBody),
  envelope: "item",
  answer: skillConfigSchema,
  errors: ["NOT_FOUND"],
  summary: "Configure a skill",
  tags: skillTag,
  published,
});

export const listMarketServices = marketOperation({
  id: "listMarketServices",
  method: "GET",
  path: "/market/services",
  auth: "platform",
  query: z.object({ ...serviceListQuery, ...pageQuery }),
  envelope: "list",
  answer: marketServiceSchema,
  errors: ["NOT_FOUND"],
  summary: "List services",
  tags: serviceTag,
  published,
});
export const getMarketService = marketOperation({
  id: "getMarketService",
  method: "GET",
  path: "/market/services/{serviceId}",
  auth: "platform",
  params: ids("serviceId"),
  query: z.object({ machineId: maybe(filled(200)) }),
  envelope: "item",
  answer: marketServiceSchema,
  errors: ["NOT_FOUND"],
  summary: "Read a service",
  tags: serviceTag,
  published,
});
export const searchMarket = marketOperation({
  id: "searchMarket",
  method: "POST",
  path: "/market/search",
  auth: "pairing",
  body: maybeBody(marketSearchBody),
  envelope: "item",
  statuses: [201],
  answer: marketSearchSchema,
  errors: [...agent],
  summary: "Search the market",
  description: "Finding nothing is an answer with status no_match.",
  tags: serviceTag,
  published,
});
export const getMarketSearch = marketOperation({
  id: "getMarketSearch",
  method: "GET",
  path: "/market/searches/{searchId}",
  auth: "platform",
  params: ids("searchId"),
  envelope: "item",
  answer: marketSearchSchema,
  errors: ["NOT_FOUND"],
  summary: "Read a search",
  tags: serviceTag,
  published,
});

// Ours from here.

export const putCatalogue = marketOperation({
  id: "putCatalogue",
  method: "PUT",
  path: "/market/catalogue",
  auth: "platform",
  body: catalogueBody,
  envelope: "bare",
  answer: catalogueChangeSchema,
  summary: "Replace the catalogue",
  description: "All of it or nothing. Needs the scope catalogue.",
  tags: serviceTag,
});
