import { type CreateMarketOrderRequest, getMarketService } from "@peaqos/peaq-os-sdk/orchestration";
import { usageError } from "../engine/errors.ts";
import { clean } from "../engine/output.ts";
import type { OrderRun } from "./order-run.ts";

type Contracts = Record<
  string,
  { inputSchema?: { required?: unknown; additionalProperties?: unknown; properties?: object } }
>;

/** What an operation wants to be given, as far as its service says so. */
export type InputWanted = {
  readonly operation: string;
  readonly required: readonly string[];
  /** Every field it takes; null when it takes others too. */
  readonly known: readonly string[] | null;
  readonly example: Readonly<Record<string, unknown>> | null;
};

/** Read with the platform's key; an agent without one goes without. */
export async function inputWanted(
  run: OrderRun,
  body: Pick<CreateMarketOrderRequest, "serviceId" | "operation">,
): Promise<InputWanted | null> {
  if (run.settings.get("PEAQOS_ORCH_API_KEY") === undefined) return null;
  const service = await getMarketService(run.client, body.serviceId, {}, { signal: run.signal }).then(
    ({ item }) => item,
    () => null,
  );
  const operation = body.operation ?? (service?.operations.length === 1 ? service.operations[0] : undefined);
  if (service === null || operation === undefined) return null;
  const contracts = service.metadata.contracts as Contracts | undefined;
  const schema = contracts?.[operation]?.inputSchema;
  const required = schema?.required;
  const example = service.operationContracts.find((each) => each.operation === operation)?.exampleInput;
  return {
    operation,
    required: Array.isArray(required) ? required.filter((name) => typeof name === "string") : [],
    known: schema?.additionalProperties === false ? Object.keys(schema.properties ?? {}) : null,
    example: example === undefined || Object.keys(example).length === 0 ? null : example,
  };
}

const plain = (name: string) => name.replace(/[_-]/g, "").toLowerCase();

/** An order whose input the seller would refuse is not paid: what is missing, and an example. */
export function demandInput(wanted: InputWanted | null, input: object | null | undefined): void {
  if (wanted === null) return;
  const given = Object.keys(input ?? {});
  const has = (names: readonly string[], name: string) => names.some((each) => plain(each) === plain(name));
  const missing = wanted.required.filter((name) => !has(given, name));
  const unknown = wanted.known === null ? [] : given.filter((name) => !has(wanted.known ?? [], name));
  if (missing.length === 0 && unknown.length === 0) return;
  const faults = [
    missing.length > 0 && `needs ${missing.map(clean).join(", ")}`,
    unknown.length > 0 && `does not know ${unknown.map(clean).join(", ")}`,
  ].filter((fault) => fault !== false);
  throw usageError({
    code: "WRONG_INPUT",
    message: `The operation ${clean(wanted.operation)} ${faults.join(" and ")}; nothing was ordered`,
    value: given.map(clean).join(", ") || "(no input)",
    rule: `its input has ${(wanted.known ?? wanted.required).map(clean).join(", ")}`,
    next:
      wanted.example === null
        ? "write a JSON object into a file and add --input FILE"
        : `for example --input input.json with ${clean(JSON.stringify(wanted.example))}`,
    details: { missing, unknown, example: wanted.example },
  });
}
