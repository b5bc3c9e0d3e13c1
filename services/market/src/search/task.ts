import { type marketSearchBody, serviceTypeAliases } from "@peaqos/protocol/market";
import type { z } from "zod";
import type { ResolvedIdentity } from "../identity/identity.ts";
import type { MachineRow } from "../machines/store.ts";
import type { NormalizedTask, Task } from "./types.ts";

/** From a tolerant request to what is searched for. */

export type SearchRequest = z.output<typeof marketSearchBody>;

/** "All" means so many: an answer has to stay of a size that a client can read. */
export const maxQuotes = 100;

/** The published short words stand for a type; any other word is taken as it is, and may find nothing. */
export function serviceTypeOf(word: string | undefined): string | null {
  const given = word?.trim().toLowerCase() ?? "";
  if (given === "") return null;
  return Object.hasOwn(serviceTypeAliases, given)
    ? serviceTypeAliases[given as keyof typeof serviceTypeAliases]
    : given;
}

const filled = (text: string | undefined) => (text === undefined || text.trim() === "" ? null : text.trim());

/** Both execution switches together mean native only; `maxResults` below 1 means all. */
export function taskOf(body: SearchRequest): Task {
  const native = body.requireNativeExecution ?? false;
  const { budget, maxResults } = body;
  return {
    serviceType: serviceTypeOf(body.serviceType),
    operation: filled(body.operation),
    requiredCapabilities: [...new Set((body.requiredCapabilities ?? []).map((each) => each.trim()))].filter(
      (each) => each !== "",
    ),
    region: filled(body.region),
    allowExternalHandoff: !native && (body.allowExternalHandoff ?? true),
    requireNativeExecution: native,
    budget:
      budget === undefined
        ? null
        : {
            max: budget.max ?? null,
            amount: budget.amount ?? budget.preferred ?? null,
            currency: budget.currency ?? null,
          },
    maxResults: maxResults === undefined || maxResults < 1 ? maxQuotes : Math.min(maxResults, maxQuotes),
  };
}

/** The task as the answer shows it, with what was known of the machine. */
export function normalizedOf(
  task: Task,
  body: SearchRequest,
  machine: MachineRow,
  identity: ResolvedIdentity | null,
): NormalizedTask {
  const { budget } = body;
  return {
    serviceType: task.serviceType ?? "",
    requiredCapabilities: [...task.requiredCapabilities],
    allowExternalHandoff: task.allowExternalHandoff,
    requireNativeExecution: task.requireNativeExecution,
    operation: task.operation,
    region: task.region,
    budget:
      budget === undefined
        ? null
        : {
            max: budget.max ?? null,
            amount: budget.amount ?? null,
            preferred: budget.preferred ?? null,
            currency: budget.currency ?? null,
          },
    maxResults: body.maxResults ?? null,
    machine: {
      id: machine.id,
      status: machine.status,
      machineType: machine.machine_type,
      runtimeProfile: machine.runtime_profile,
      capabilities: machine.capabilities,
      skillKeys: machine.skill_keys,
      labels: machine.labels,
      mcr: identity?.mcr ?? null,
      bonded: identity?.bonded ?? null,
    },
  };
}

const redacted = "[REDACTED]";

/** The request as it may be kept: credentials leave nothing but the fact that there were some. */
export function redactedRequest({ providerCredentials, ...request }: SearchRequest): Record<string, unknown> {
  return { ...request, ...(providerCredentials === undefined ? {} : { providerCredentials: redacted }) };
}

/** Providers, in lower case, for which the request brought credentials. */
export function credentialProviders({ providerCredentials = {} }: SearchRequest): Set<string> {
  return new Set(
    Object.entries(providerCredentials)
      .filter(([, fields]) => Object.values(fields).some((value) => (value ?? "") !== ""))
      .map(([provider]) => provider.toLowerCase()),
  );
}
