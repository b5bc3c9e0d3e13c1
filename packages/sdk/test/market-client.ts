import { type MarketOperation, type MarketOperationId, marketOperations } from "@peaqos/protocol/market";
import { marketFixtures } from "@peaqos/protocol/market/fixtures";
import * as sdk from "../src/index.ts";
import type { StubAnswer } from "./market-stub.ts";

/** What the tests of the market's client share. */

const address = (digit: string) => `0x${digit.repeat(40)}`;
export const settings = {
  rpcUrl: "http://127.0.0.1:1",
  privateKey: `0x${"11".repeat(32)}`,
  contracts: {
    identityRegistry: address("1"),
    identityStaking: address("2"),
    eventRegistry: address("3"),
    machineNft: address("4"),
    didRegistry: address("5"),
    batchPrecompile: address("6"),
  },
};

/** A client of the market at `orchestrationUrl`. */
export const marketClient = (orchestrationUrl: string, extra: Partial<sdk.PeaqosClientOptions> = {}) =>
  new sdk.PeaqosClient({ ...settings, orchestrationUrl, apiKey: "platform-key", ...extra });

export const operations = Object.entries(marketOperations) as unknown as [
  MarketOperationId,
  MarketOperation,
][];
export const fixture = (id: MarketOperationId) => marketFixtures[id] as { item?: object; items?: object[] };
export const json = (value: unknown): StubAnswer => ({ status: 200, body: JSON.stringify(value) });
export const error = (status: number, code: string, more: object = {}): StubAnswer => ({
  status,
  body: JSON.stringify({ error: { code, message: `about ${code}`, ...more } }),
});

export async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** Bodies that pass the client's own checks. */
export const bodies: Partial<Record<MarketOperationId, object>> = {
  createMachineIdentityChallenge: { identityRef: "did:peaq:0x" },
  createMachine: { displayName: "n", ownerId: "o", machineType: "", runtimeProfile: "" },
  createAgentPairingChallenge: { agentAddress: "a", agentProvider: "p", agentRole: "r" },
  createAgentPairing: {
    agentAddress: "a",
    agentProvider: "p",
    agentRole: "r",
    agentProof: { challengeId: "c", signature: "s" },
  },
  createAgentPairingSession: { agentProof: { challengeId: "c", signature: "s" } },
  machineAgentHeartbeat: { machineId: "m", agentId: "a", agentToken: "t", endpoints: [{ providerKey: "q" }] },
  upsertRuntimeEndpoint: { endpointBaseUrl: "http://127.0.0.1:9" },
  createMarketOrder: { machineId: "m", agentPairingId: "p", serviceId: "s" },
  disputeMarketOrder: { reason: "late" },
  resolveMarketDispute: { resolution: "refund" },
  lockEscrowPayment: { transactionHash: "h", chain: "c", escrowAddress: "e" },
  createMarketOrders: { orders: [{ machineId: "m", agentPairingId: "p", serviceId: "s" }] },
  checkMarketOrder: { machineId: "m", agentPairingId: "p", serviceId: "s" },
  putCatalogue: { version: "1", services: [] },
  createPlatformKey: { name: "k", scopes: ["read"] },
  createPolicy: { name: "p" },
  createTask: { machineId: "m", serviceType: "s" },
  createGraphNode: { kind: "k" },
  createGraphEdge: { sourceNodeId: "a", targetNodeId: "b" },
};

/** Arguments of an operation in the order of its method: ids, options or body, token. */
export function argumentsOf(id: MarketOperationId, operation: MarketOperation): unknown[] {
  const ids = Object.keys(operation.params?.shape ?? {}).map((name) => `the-${name}`);
  const token = operation.auth === "pairing" ? ["pairing-token"] : [];
  if (id === "confirmMarketOrder") return [...ids, ...token];
  if (operation.query !== undefined) return [...ids, id === "listMarketOrders" ? { machineId: "m" } : {}];
  const withBody = operation.body !== undefined && id !== "discoverTask" && id !== "executeTask";
  return [...ids, ...(withBody ? [bodies[id] ?? {}] : []), ...token];
}

export type Method = (...args: unknown[]) => Promise<unknown>;
export const methodOf = (client: sdk.PeaqosClient, id: string) =>
  (client.orchestration as unknown as Record<string, Method>)[id]?.bind(client.orchestration) as Method;
