import { parseJson, stringifyJson } from "@peaqos/protocol";
import { HttpError } from "@peaqos/service-kit";
import { type Contract, contractOf, type ExecutableService, providerInput } from "../execution/contract.ts";
import { invalid } from "../kit/errors.ts";
import { type Check, pass, refusedBy } from "./checks.ts";
import type { OrderBody } from "./draft.ts";

/** The input of an order: what is taken, what is kept, and how an execution changes it. */

export type Input = Readonly<Record<string, unknown>>;

/** The database's JSON has no place for half a character; said before anything is written. */
export function checkInput({ input }: OrderBody): void {
  if (input !== undefined && /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/.test(jsonText(input)))
    throw invalid("input", "contains half of a surrogate pair, which is no character");
}

/** JSON as the database takes it, long integers with every digit. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return stringifyJson(value);
  }
}

/** Read from its text: the driver would round integers beyond 2^53. */
export function inputOf(row: { readonly input: string | Input }): Record<string, unknown> {
  return typeof row.input === "string" ? (parseJson(row.input) as Record<string, unknown>) : { ...row.input };
}

/**
 * Whether the provider could take the input, said before anybody pays. An order without input is left to its execution.
 * Null: the service says nothing about its input.
 */
export function inputCheck(
  service: ExecutableService,
  operation: string,
  input: Input | undefined,
): Check | null {
  if (service.executionMode === "external-handoff") return null;
  const contract = contractOf(service, operation);
  if (contract === null) return null;
  const details = { operation, ...exampleOf(service, operation) };
  if (contract.inputSchema === null && !("example" in details)) return null;
  if (input === undefined)
    return pass("input", `no input yet: the execution of ${operation} has to bring it`, details);
  const problem = problemOf(contract, input);
  if (problem === null) return pass("input", `the input keeps the contract of ${operation}`, details);
  // `rule` names the check in an order's refusal; the contract's own rule has JSON Schema's word.
  const { rule: keyword, ...more } = problem.details ?? {};
  const refused = refusedBy("input", problem);
  return { ...refused, details: { ...more, ...(keyword !== undefined && { keyword }), ...details } };
}

function problemOf(contract: Contract, input: Input): HttpError | null {
  try {
    providerInput(contract, { ...input });
    return null;
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
}

/** An input that the service promises to take. */
function exampleOf(service: ExecutableService, operation: string): { example?: object } {
  const example = service.operationContracts.find((each) => each.operation === operation)?.exampleInput;
  return example === undefined || Object.keys(example).length === 0 ? {} : { example };
}

const plainName = (key: string) => key.replace(/[_-]/g, "").toLowerCase();

/**
 * The order's input with that of its execution: keys given now win, in whatever spelling the order had them, and null
 * takes a key of the order away. Where the order has no such key, null is a value like any other.
 */
export function executedInput(ordered: Input, given: Input | undefined): Record<string, unknown> {
  if (given === undefined) return { ...ordered };
  const now = new Set(Object.keys(given));
  const names = new Set([...now].filter((key) => !Object.hasOwn(ordered, key)).map(plainName));
  const kept = Object.entries(ordered).filter(([key]) => !now.has(key) && !names.has(plainName(key)));
  const known = new Set(Object.keys(ordered).map(plainName));
  const added = Object.entries(given).filter(([key, value]) => value !== null || !known.has(plainName(key)));
  return Object.fromEntries([...kept, ...added]);
}
