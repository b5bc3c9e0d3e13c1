import { parseJson, stringifyJson } from "@peaqos/protocol";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { MarketService } from "../catalogue/catalogue.ts";
import { fail, invalid } from "../kit/errors.ts";

/**
 * The contract of an operation: what it takes and what it promises. A service carries it as JSON Schema in
 * `metadata.contracts[operation]`; without one, input and output are taken as they are.
 */

type JsonSchema = Readonly<Record<string, unknown>>;

export type Contract = {
  readonly operation: string;
  readonly inputSchema: JsonSchema | null;
  readonly outputSchema: JsonSchema | null;
  /** Names of input fields where there is no schema; only their spelling counts. */
  readonly inputFields: readonly string[];
  readonly providerRequest: JsonSchema | null;
};

/** What of a service execution reads; an order's snapshot has it too. */
export type ExecutableService = Pick<
  MarketService,
  | "id"
  | "name"
  | "skillKey"
  | "providerKey"
  | "serviceType"
  | "operations"
  | "authType"
  | "executionMode"
  | "integrationStatus"
  | "endpoints"
  | "operationContracts"
  | "metadata"
  | "handoff"
>;

/** The contract, or null when the service does not offer the operation. */
export function contractOf(service: ExecutableService, operation: string): Contract | null {
  const described = service.operationContracts.find((each) => each.operation === operation);
  if (described === undefined && !service.operations.includes(operation)) return null;
  const schemas = objectAt(objectAt(service.metadata, "contracts"), operation);
  return {
    operation,
    inputSchema: objectAt(schemas, "inputSchema"),
    outputSchema: objectAt(schemas, "outputSchema"),
    inputFields: described?.inputFields.map((field) => field.key) ?? [],
    providerRequest: described?.providerRequest ?? null,
  };
}

function objectAt(value: unknown, key: string): JsonSchema | null {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return null;
  const inner = (value as Record<string, unknown>)[key];
  return typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as JsonSchema) : null;
}

/**
 * The input as the provider gets it: keys in the contract's spelling, everything the contract asks for there.
 *
 * @throws HttpError VALIDATION_ERROR naming the field; EXECUTION_UNSUPPORTED for a contract that cannot be read.
 */
export function providerInput(contract: Contract, input: Record<string, unknown>): Record<string, unknown> {
  const { inputSchema } = contract;
  const fields = Object.fromEntries(contract.inputFields.map((key) => [key, {}]));
  const spelled = respelled(input, inputSchema ?? { properties: fields }) as Record<string, unknown>;
  if (!isWellFormed(spelled)) throw invalid("input", "must not contain lone surrogates");
  if (inputSchema === null) return spelled;
  const problem = problemOf(inputSchema, spelled, contract);
  if (problem !== null)
    throw invalid(`input${problem.field}`, `${problem.message} (contract of ${contract.operation})`, {
      operation: contract.operation,
      rule: problem.rule,
    });
  return spelled;
}

/** What a provider's answer breaks of the contract, or null when it keeps it. */
export function brokenPromise(contract: Contract, result: unknown): string | null {
  if (contract.outputSchema === null) return null;
  const problem = problemOf(contract.outputSchema, result, contract);
  return problem === null ? null : `result${problem.field} ${problem.message}`;
}

/** Two spellings of one name: published clients turn `base_symbol` into `baseSymbol` on the way, or leave it. */
const plainName = (key: string) => key.replace(/[_-]/g, "").toLowerCase();

function respelled(value: unknown, schema: JsonSchema): unknown {
  if (Array.isArray(value)) {
    const items = objectAt(schema, "items");
    return items === null ? value : value.map((each) => respelled(each, items));
  }
  const properties = objectAt(schema, "properties");
  if (typeof value !== "object" || value === null || properties === null) return value;
  const own = new Set(Object.keys(properties));
  const names = new Map([...own].map((key) => [plainName(key), key]));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const known = names.get(plainName(key));
      const taken = known === undefined || own.has(key) || Object.hasOwn(value, known);
      const name = taken ? key : known;
      const below = objectAt(properties, name);
      return [name, below === null ? inner : respelled(inner, below)];
    }),
  );
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWellFormed(inner));
}

type Problem = { readonly field: string; readonly rule: string; readonly message: string };

function problemOf(schema: JsonSchema, value: unknown, contract: Contract): Problem | null {
  const validate = validatorOf(schema, contract);
  if (validate(withNumbers(value))) return null;
  const error = validate.errors?.[0];
  return error === undefined ? { field: "", rule: "schema", message: "is not valid" } : describe(error);
}

function describe(error: ErrorObject): Problem {
  const { keyword: rule, params } = error;
  const at = error.instancePath.split("/").slice(1).map(unescaped);
  const path = (more?: unknown) => [...at, ...(more === undefined ? [] : [String(more)])].map((k) => `.${k}`);
  if (rule === "required")
    return { field: path(params.missingProperty).join(""), rule, message: "is missing" };
  if (rule === "additionalProperties")
    return { field: path(params.additionalProperty).join(""), rule, message: "is not known" };
  const allowed = rule === "enum" ? `: ${(params.allowedValues as unknown[]).slice(0, 20).join(", ")}` : "";
  return { field: path().join(""), rule, message: `${error.message ?? "is not valid"}${allowed}` };
}

const unescaped = (part: string) => part.replaceAll("~1", "/").replaceAll("~0", "~");

/** Integers beyond 2^53 are bigints here; a schema knows numbers only. */
function withNumbers(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withNumbers(inner)]));
}

/** Compiled once per text; a catalogue has few contracts and orders carry copies of them. */
const compiled = new Map<string, ValidateFunction>();
const maxCompiled = 1_000;
/** Those of the catalogue itself, found without writing the text anew for each order. */
const compiledOf = new WeakMap<JsonSchema, ValidateFunction>();

function validatorOf(schema: JsonSchema, contract: Contract): ValidateFunction {
  let validate = compiledOf.get(schema);
  if (validate === undefined) {
    validate = validatorOfText(stringifyJson(schema), contract);
    compiledOf.set(schema, validate);
  }
  return validate;
}

function validatorOfText(text: string, contract: Contract): ValidateFunction {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  // Names of its own would collide between contracts; nothing refers to them from outside.
  const { $id: _, $schema: dialect, ...rest } = parseJson(text) as Record<string, unknown>;
  const options = { strict: false, logger: false, allErrors: false, ownProperties: true } as const;
  const ajv = String(dialect).includes("2020-12") ? new Ajv2020(options) : new Ajv(options);
  addFormats.default(ajv);
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(rest);
  } catch (error) {
    throw fail(
      "EXECUTION_UNSUPPORTED",
      `the contract of ${contract.operation} cannot be read`,
      { reason: "invalid_contract" },
      { cause: error },
    );
  }
  if (compiled.size >= maxCompiled) compiled.delete(compiled.keys().next().value as string);
  compiled.set(text, validate);
  return validate;
}
