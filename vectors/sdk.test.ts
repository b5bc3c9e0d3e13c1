import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as abis from "@peaqos/abi";
import * as sdk from "@peaqos/peaq-os-sdk";
import { PeaqosClient, PeaqosError } from "@peaqos/peaq-os-sdk";
import { encodeAttributeWrite, writeAttributes } from "@peaqos/peaq-os-sdk/did";
import {
  type Abi,
  type AbiEvent,
  type AbiFunction,
  type Hex,
  toEventSelector,
  toFunctionSelector,
} from "viem";
import { describe, expect, test } from "vitest";
import { knownErrorSelectors } from "../packages/sdk/src/errors/revert.ts";
import { buildUrl } from "../packages/sdk/src/http/api.ts";
import { differences } from "./differences.ts";
import { fakeNode } from "./fake-node.ts";
import { type Any, decode, type Json, plain } from "./values.ts";

/**
 * Outputs of the published Python client, recorded once, against ours. Where ours differs on purpose, the case is in
 * differences.ts and docs/decisions/sdk-vectors.md says why; nothing else may differ.
 */

type Vector = {
  id: string;
  fn: string;
  input: Record<string, Json>;
  expect: { value?: Json; error?: Record<string, Json> };
};

const file = JSON.parse(readFileSync(new URL("./sdk.json", import.meta.url), "utf8"));
const vectors: Vector[] = file.vectors;
const setup = file.meta.setup;
const privateKey: Hex = `0x${createHash("sha256").update("vector:machine-secp256k1").digest("hex")}`;

/** Published field names to ours: `machine_ids[1]` is `machineIds[1]`. */
const fieldName = (name: string) => name.replace(/^[a-z_0-9]+/, sdk.snakeToCamelKey);

function clientWith(
  change: Record<string, Any> = {},
  extra: Partial<sdk.PeaqosClientOptions> = {},
): PeaqosClient {
  const contracts = Object.fromEntries(
    Object.entries<string>(setup.contracts).map(([name, address]) => [
      sdk.snakeToCamelKey(name),
      change[name] ?? address,
    ]),
  );
  return new PeaqosClient({
    rpcUrl: change.rpc_url ?? "http://127.0.0.1:1",
    privateKey: change.private_key ?? privateKey,
    contracts: contracts as Any,
    ...("orchestration_url" in change && { orchestrationUrl: change.orchestration_url }),
    ...extra,
  });
}

/** The transactions an action would send. */
async function recorded(
  run: (client: PeaqosClient) => Promise<unknown>,
  options: Partial<sdk.PeaqosClientOptions> = {},
) {
  const node = fakeNode({ identityRegistry: setup.contracts.identity_registry });
  const client = clientWith({}, { fetch: node.fetch, ...options });
  await run(client);
  return { transactions: node.transactions };
}

/** A client whose rating service answers this. */
function answering(status: number, text: string) {
  const fetch = async () => new Response(status === 204 ? null : text, { status });
  return clientWith({}, { fetch: fetch as typeof globalThis.fetch });
}

const did = "did:peaq:0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D" as const;
/** The keys of a body are the sender's; only our own names go back to the wire's spelling. */
const wireForm = (value: object) =>
  plain(sdk.toSnakeCase(value as Record<string, unknown>, { opaque: ["metadata", "partnerData"] }));
const floats = (value: Json) => JSON.stringify(value).replace(/\{"\$float":"([^"]+)"\}/g, "$1");

async function wire(run: (client: PeaqosClient) => Promise<unknown>): Promise<Json> {
  let seen: Json = null;
  const fetch = async (url: unknown) => {
    seen = { method: "GET", url: String(url), timeoutMs: 30_000 };
    return new Response("{}", { status: 500 });
  };
  await run(clientWith({}, { fetch: fetch as Any })).catch(() => undefined);
  return seen;
}

const abiNames: Record<string, Abi> = {
  IdentityRegistry: abis.identityRegistryAbi,
  IdentityStaking: abis.identityStakingAbi,
  EventRegistry: abis.eventRegistryAbi,
  MachineNFT: abis.machineNftAbi,
  MachineNFTAdapter: abis.machineNftAdapterAbi,
  MachineNFTBase: abis.machineNftBaseAbi,
  MachineAccountFactory: abis.machineAccountFactoryAbi,
  MachineSmartAccount: abis.machineSmartAccountAbi,
  DIDPrecompile: abis.didAbi,
  BatchPrecompile: abis.batchAbi,
};

const withoutAs = ({ as: _as, ...event }: Any) => event;

/** How each recorded function is called here. */
const run: Record<string, (input: Any, vector: Vector) => unknown> = {
  computeDataHash: ({ rawData }) => ({ $hex: sdk.computeDataHash(rawData).slice(2) }),
  validateDid: ({ did }) => {
    // Ours checks where it is used: no request leaves when it is refused.
    return clientWith({}, { fetch: (async () => new Response("{}", { status: 500 })) as Any })
      .queryMcr(did)
      .catch((error) => {
        if (error instanceof sdk.ApiError) return did;
        throw error;
      });
  },
  resolveAddressFromDid: ({ did }) => sdk.addressFromDid(did),
  validateSubmitEventParams: (input) => sdk.validateSubmitEventParams(input) ?? null,
  submitEvent: (input) => recorded((client) => client.submitEvent(input)),
  batchSubmitEvents: ({ events, limits }) =>
    recorded((client) => client.batchSubmitEvents(events.map(withoutAs)), {
      ...(limits && { operationalLimits: limits, rpcUrl: `http://127.0.0.1:1/${Math.random()}` }),
    }),
  checkOperationalLimits: ({ machineId, value, limits, trackerCount }) =>
    sdk.checkOperationalLimits(
      { machineId, value },
      limits,
      trackerCount === null ? null : { machineId: BigInt(machineId), count: trackerCount, windowStart: 0 },
    ) ?? null,
  rateLimitTracker: ({ ops, now, windowSeconds }) => {
    const tracker = new sdk.EventRateTracker();
    const results: unknown[] = [];
    for (const [op, id, at] of ops) {
      if (op === "record") tracker.record(BigInt(id), at);
      if (op === "rollback") results.push(tracker.rollback(BigInt(id), at));
      if (op === "count") results.push(tracker.count(BigInt(id), now, windowSeconds));
    }
    return results;
  },
  validateMachineDidAttrs: (input) => sdk.validateMachineDIDAttributes(input) ?? null,
  validateProxyDidAttrs: (input) => sdk.validateProxyDIDAttributes(input) ?? null,
  encodeAddAttribute: ({ account, name, value, validFor }) => ({
    $hex: encodeAttributeWrite("add", account, { name, value }, validFor).slice(2),
  }),
  writeMachineDidAttributes: (input) => recorded((client) => client.writeMachineDIDAttributes(input)),
  writeProxyDidAttributes: (input) => recorded((client) => client.writeProxyDIDAttributes(input)),
  batchDidWrite: ({ attributes }) => recorded((client) => writeAttributes(client, attributes)),
  registerMachine: () => recorded((client) => client.registerMachine()),
  registerFor: ({ machineAddress }) => recorded((client) => client.registerFor(machineAddress)),
  mintNft: ({ machineId, recipient }) => recorded((client) => client.mintNft(machineId, recipient)),
  snakeToCamelKey: ({ key }) => sdk.snakeToCamelKey(key),
  camelToSnakeKey: ({ key }) => sdk.camelToSnakeKey(key),
  toCamelCase: ({ data }) => sdk.toCamelCase(data),
  toSnakeCase: ({ data }) => sdk.toSnakeCase(data),
  buildQueryUrl: ({ base, path }) => buildUrl(base, path),
  getJson: ({ status }) => answering(status, "x").queryMcr(did),
  guardMcrResponse: async (_, { input }) =>
    wireForm(await answering(200, floats(input.body as Json)).queryMcr(did)),
  guardMachineProfileResponse: async (_, { input }) =>
    wireForm(await answering(200, floats(input.body as Json)).queryMachine(did)),
  guardOperatorMachinesResponse: async (_, { input }) =>
    wireForm(await answering(200, floats(input.body as Json)).queryOperatorMachines(did)),
  "query.mcr": ({ did }) => wire((client) => client.queryMcr(did)),
  "query.machine": ({ did }) => wire((client) => client.queryMachine(did)),
  "query.operator": ({ did }) => wire((client) => client.queryOperatorMachines(did)),
  errorSelectors: (_, { expect }) => {
    const ours = knownErrorSelectors();
    return Object.fromEntries(
      Object.keys(expect.value as object).map((selector) => [selector, ours[selector]]),
    );
  },
  mapKnownRevert: ({ message }) => ({
    type: "RpcError",
    code:
      sdk.decodeRevert(message instanceof Uint8Array ? { data: message } : { message })?.code ??
      "TX_REVERTED",
  }),
  abiSelectors: ({ abi }) => {
    const items = abiNames[abi] as Abi;
    const signature = (item: AbiFunction | AbiEvent) => {
      const type = (input: Any): string =>
        input.type.startsWith("tuple")
          ? `(${input.components.map(type).join(",")})${input.type.slice(5)}`
          : input.type;
      return `${item.name}(${item.inputs.map(type).join(",")})`;
    };
    const selectors = (kind: string, of: (text: string) => string) =>
      Object.fromEntries(
        items
          .filter((item): item is AbiFunction => item.type === kind)
          .map((item) => [signature(item), of(signature(item))]),
      );
    return {
      functions: selectors("function", toFunctionSelector),
      events: selectors("event", toEventSelector),
      errors: selectors("error", toFunctionSelector),
    };
  },
  PeaqosClient: ({ change }) => {
    const client = clientWith(change);
    return {
      address: client.address,
      machineAccountFactory: client.contracts.machineAccountFactory ?? null,
      apiUrl: client.apiUrl,
    };
  },
};

type Outcome = { value: Any } | { error: Record<string, Any> };

async function outcomeOf(vector: Vector): Promise<Outcome> {
  try {
    return { value: plain((await run[vector.fn]?.(decode(vector.input), vector)) ?? null) };
  } catch (error) {
    if (error instanceof PeaqosError)
      return { error: plain({ ...error, type: error.name }) as Record<string, Any> };
    return { error: { type: (error as Error).constructor.name } };
  }
}

/** The recorded outcome in our words. */
function recordedOutcome({ fn, expect: { value, error } }: Vector): Outcome {
  if (error !== undefined) {
    const renamed = Object.entries(error).map(([key, inner]) => [
      sdk.snakeToCamelKey(key),
      key === "field" ? fieldName(String(inner)) : plain(decode(inner)),
    ]);
    return { error: Object.fromEntries(renamed) };
  }
  // `$hex` results are compared as they stand.
  const keep = fn === "computeDataHash" || fn === "encodeAddAttribute";
  const wanted = keep ? value : plain(decode(value ?? null));
  const transactions = (wanted as Any)?.transactions;
  if (transactions === undefined) return { value: wanted ?? null };
  return {
    value: {
      transactions: transactions.map(({ function: _name, ...rest }: Any) => ({
        ...rest,
        to: rest.to.toLowerCase(),
      })),
    },
  };
}

const page = readFileSync(new URL("../docs/decisions/sdk-vectors.md", import.meta.url), "utf8");

describe("the published client's recorded outputs", () => {
  test.each(vectors.map((vector) => [vector.id, vector] as const))("%s", async (id, vector) => {
    const outcome = await outcomeOf(vector);
    const expected = id in differences ? differences[id] : recordedOutcome(vector);
    if (expected !== undefined && "error" in expected) {
      expect("error" in outcome ? outcome.error : outcome).toMatchObject(expected.error);
    } else {
      expect(outcome).toEqual(expected);
    }
  });

  test("every recorded function of this scope is called", () => {
    expect([...new Set(vectors.map(({ fn }) => fn))].filter((fn) => !(fn in run))).toEqual([]);
    expect(vectors).toHaveLength(file.count);
  });

  test("every difference is a case of the file, differs, and is explained on the decision page", () => {
    for (const [id, ours] of Object.entries(differences)) {
      const vector = vectors.find((each) => each.id === id);
      expect(vector, id).toBeDefined();
      expect(recordedOutcome(vector as Vector), id).not.toEqual(ours);
      expect(page, `docs/decisions/sdk-vectors.md does not name ${id}`).toContain(id);
    }
  });
});
