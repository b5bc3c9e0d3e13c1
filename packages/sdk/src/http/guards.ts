import type { JsonValue } from "@peaqos/protocol";
import type {
  MachineProfile,
  MCRExplanation,
  MCRHistory,
  MCRInputs,
  MCRResponse,
  OperatorMachinesResponse,
} from "../actions/query/types.ts";
import { ApiError } from "../errors/runtime.ts";
import { toCamelCase } from "./case.ts";

/**
 * Checks of the rating API's answers, by the schemas of `@peaqos/protocol`, and their JavaScript form: camelCase keys,
 * chain values as bigint. The schemas are loaded at the first answer, not with the package.
 */

type Schema = { safeParse(value: unknown): { success: boolean; data?: unknown; error?: SchemaError } };
type SchemaError = { issues: readonly { path: readonly PropertyKey[]; message: string }[] };

/** Names of fields that can be larger than 2^53 on some chain: always a bigint for the caller. */
const bigFields = new Set([
  "machineId",
  "originValue",
  "usdValue",
  "blockNumber",
  "value",
  "usd",
  "scoringUsd",
  "sourceChainId",
]);

/** Objects whose keys are not ours to rename. */
const opaque = ["metadata", "partner_data", "inputs"];

async function guard<T>(
  body: JsonValue,
  what: string,
  pick: (schemas: typeof import("@peaqos/protocol")) => unknown,
  options: { big?: ReadonlySet<string>; opaque?: readonly string[] } = {},
): Promise<T> {
  const schema = pick(await import("@peaqos/protocol")) as Schema;
  const result = schema.safeParse(body);
  if (!result.success) {
    const issue = result.error?.issues[0];
    const where =
      issue === undefined ? "" : ` (${issue.path.map(String).join(".") || "body"}: ${issue.message})`;
    throw new ApiError(`The rating service answered ${what} in another shape${where}.`, {
      code: "BAD_RESPONSE",
      hint: "Check that apiUrl (PEAQOS_MCR_API_URL) is a rating service this client knows.",
    });
  }
  const camel = toCamelCase(result.data as Record<string, unknown>, { opaque: options.opaque ?? opaque });
  return widen(camel, options.big ?? bigFields) as T;
}

/** Turns the named integers into bigints, at any depth below our own keys. */
function widen(value: unknown, names: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => widen(item, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => {
        if (key === "metadata" || key === "partnerData" || key === "inputs" || key === "gates")
          return [key, inner];
        if (names.has(key) && typeof inner === "number") return [key, BigInt(inner)];
        return [key, widen(inner, names)];
      }),
  );
}

const rows = new Set([...bigFields, "timestamp"]);

/** Checks `GET /mcr/{did}`. @throws ApiError `BAD_RESPONSE` naming the field. */
export const guardMcr = (body: JsonValue) =>
  guard<MCRResponse>(body, "GET /mcr", (schemas) => schemas.readMcrSchema);

/** Checks `GET /machine/{did}`. @throws ApiError `BAD_RESPONSE` naming the field. */
export const guardMachineProfile = (body: JsonValue) =>
  guard<MachineProfile>(body, "GET /machine", (schemas) => schemas.readMachineProfileSchema, { big: rows });

/** Checks `GET /operator/{did}/machines`. @throws ApiError `BAD_RESPONSE` naming the field. */
export const guardOperatorMachines = (body: JsonValue) =>
  guard<OperatorMachinesResponse>(body, "GET /operator", (schemas) => schemas.readOperatorMachinesSchema);

/** Checks `GET /mcr/{did}/explain`. @throws ApiError `BAD_RESPONSE` naming the field. */
export const guardExplanation = (body: JsonValue) =>
  guard<MCRExplanation>(body, "GET /mcr/…/explain", (schemas) => schemas.explainSchema);

/** Checks `GET /mcr/{did}/history`; the ids of factors are data and keep their spelling. @throws ApiError `BAD_RESPONSE` naming the field. */
export const guardHistory = (body: JsonValue) =>
  guard<MCRHistory>(body, "GET /mcr/…/history", (schemas) => schemas.historySchema, {
    opaque: ["factors"],
  });

/** Checks `GET /mcr/{did}/inputs`. @throws ApiError `BAD_RESPONSE` naming the field. */
export const guardInputs = (body: JsonValue) =>
  guard<MCRInputs>(body, "GET /mcr/…/inputs", (schemas) => schemas.inputsSchema, { big: rows, opaque: [] });
