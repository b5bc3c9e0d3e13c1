import { type CatalogueBody, catalogueServiceInput } from "@peaqos/protocol/market";
import { z } from "zod";
import { documentOf, type ServiceDocument } from "./document.ts";

/** Rules of the catalogue that no single field shows: what would only fail once somebody buys is refused here. */

export type CatalogueProblem = {
  /** Such as `services.3.pricing.amount`. */
  readonly field: string;
  /** Names the service where it has a name. */
  readonly message: string;
};

/** The file has no limit of services; the operation's body has one. */
const catalogueFile = z.strictObject({
  version: z.string().min(1).max(100),
  services: z.array(catalogueServiceInput),
});

/** Words that the published CLI takes for commands where a service id stands. */
const reservedIds = new Set(["status", "list", "received", "dispute"]);

/** Rails on which the market itself looks for a transfer. */
const transferRails = new Set(["wallet", "wdk-usdt-transfer", "escrow", "onchain-escrow"]);

/** The documents of a catalogue, or everything that is wrong with it. */
export function readCatalogue(
  given: unknown,
): { version: string; documents: ServiceDocument[] } | { problems: CatalogueProblem[] } {
  const parsed = catalogueFile.safeParse(given);
  if (!parsed.success)
    return {
      problems: parsed.error.issues.map((issue) => ({
        field: issue.path.join("."),
        message: `${nameAt(given, issue.path)}${issue.message}`,
      })),
    };
  return checkCatalogue(parsed.data);
}

/** The same for a body whose shape was checked already. */
export function checkCatalogue(
  body: CatalogueBody,
): { version: string; documents: ServiceDocument[] } | { problems: CatalogueProblem[] } {
  const documents = body.services.map(documentOf);
  const seen = new Map<string, number>();
  const problems = documents.flatMap((document, position) => {
    const before = seen.get(document.id);
    seen.set(document.id, before ?? position);
    const list = problemsOf(document);
    if (before !== undefined) list.push({ field: "id", message: `stands at services.${before} as well` });
    return list.map(({ field, message }) => ({
      field: `services.${position}.${field}`,
      message: `service ${document.id}: ${message}`,
    }));
  });
  return problems.length > 0 ? { problems } : { version: body.version, documents };
}

function problemsOf(document: ServiceDocument): CatalogueProblem[] {
  const problems: CatalogueProblem[] = [];
  const refuse = (field: string, message: string) => problems.push({ field, message });
  const offered = new Set(document.operations);
  const { pricing, payment } = document;
  if (reservedIds.has(document.id)) refuse("id", "must not be a word that the CLI takes for a command");
  if (offered.size === 0)
    refuse("operations", "must name at least one operation, or operationContracts must");
  for (const [i, { operation }] of document.operationContracts.entries())
    if (!offered.has(operation))
      refuse(`operationContracts.${i}.operation`, `"${operation}" is not among operations`);
  for (const [i, { operation, url }] of document.endpoints.entries()) {
    if (operation !== null && !offered.has(operation))
      refuse(`endpoints.${i}.operation`, `"${operation}" is not among operations`);
    if (url !== null && !isHttpUrl(url)) refuse(`endpoints.${i}.url`, "must be an http or https URL");
  }
  if (pricing?.mode === "fixed" && (pricing.amount === null || pricing.currency === null))
    refuse("pricing", "mode fixed needs amount and currency");
  if (pricing?.amount && payment?.required === false && payment.defaultRail === "not-required")
    refuse("payment", `a price of ${pricing.amount} ${pricing.currency} needs a rail to pay it on`);
  if (payment?.required && payment.defaultRail === "not-required")
    refuse("payment.required", "must not be true on the rail not-required");
  if (payment?.required && transferRails.has(payment.defaultRail)) {
    if (payment.chain === null) refuse("payment.chain", `must be given on the rail ${payment.defaultRail}`);
    if (payment.payeeAddress === null)
      refuse("payment.payeeAddress", `must be given on the rail ${payment.defaultRail}`);
  }
  if (document.executionMode === "external-handoff" && document.handoff === null)
    refuse("handoff", "must be given for execution mode external-handoff");
  if (document.handoff !== null && !isHttpUrl(document.handoff.url))
    refuse("handoff.url", "must be an http or https URL");
  problems.push(...problemsOfMetadata(document, offered));
  return problems;
}

function problemsOfMetadata({ metadata }: ServiceDocument, offered: ReadonlySet<string>): CatalogueProblem[] {
  const problems: CatalogueProblem[] = [];
  const { healthUrl, contracts } = metadata;
  if (healthUrl !== undefined && !(typeof healthUrl === "string" && isHttpUrl(healthUrl)))
    problems.push({ field: "metadata.healthUrl", message: "must be an http or https URL" });
  if (contracts === undefined) return problems;
  if (!isObject(contracts))
    return [...problems, { field: "metadata.contracts", message: "must be an object by operation" }];
  for (const [operation, contract] of Object.entries(contracts)) {
    const field = `metadata.contracts.${operation}`;
    if (!offered.has(operation)) problems.push({ field, message: `"${operation}" is not among operations` });
    if (!isObject(contract)) problems.push({ field, message: "must be an object" });
    else
      for (const name of ["inputSchema", "outputSchema"])
        if (contract[name] !== undefined && !isObject(contract[name]))
          problems.push({ field: `${field}.${name}`, message: "must be a JSON Schema object" });
  }
  return problems;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** `service svc_x: ` where the path leads into a service that has an id. */
function nameAt(given: unknown, path: readonly PropertyKey[]): string {
  const [list, position] = path;
  if (list !== "services" || typeof position !== "number" || !isObject(given)) return "";
  const service = Array.isArray(given.services) ? given.services[position] : undefined;
  return isObject(service) && typeof service.id === "string" ? `service ${service.id}: ` : "";
}
