import { invalid, notFound } from "../kit/errors.ts";
import { item, type MarketHandlers, noContent } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Machines } from "../machines/machines.ts";
import {
  countNodesAndEdges,
  deleteEdge,
  deleteNode,
  type GraphEdge,
  type GraphNode,
  insertEdge,
  insertNode,
  lockEdge,
  lockNode,
  readGraph,
  updateEdge,
  updateNode,
} from "./store.ts";

/** A machine's graph of parts and links: kept for those who draw it, without meaning to the market itself. */

export type Graph = {
  readonly handlers: MarketHandlers<
    | "getMachineGraph"
    | "createGraphNode"
    | "updateGraphNode"
    | "deleteGraphNode"
    | "createGraphEdge"
    | "updateGraphEdge"
    | "deleteGraphEdge"
  >;
};

/** Nodes and edges of one machine at most: the whole graph is one answer. */
const maxParts = 5_000;
/** Bytes of JSON that one node or edge may hold, merges included. */
const maxData = 65_536;

type Owner = { readonly tenantId: string; readonly machineId: string };

export function createGraph(market: Market, { machines }: { machines: Machines }): Graph {
  const { database, ids, write } = market;

  async function checkRoom(tx: WriteTx, owner: Owner): Promise<void> {
    await machines.lock(tx.client, owner.machineId, owner.tenantId);
    if ((await countNodesAndEdges(tx.client, owner)) >= maxParts)
      throw invalid("graph", `a machine's graph has at most ${maxParts} nodes and edges`, {
        limit: maxParts,
      });
  }

  /** Shallow: a key of the new data replaces the old one whole. */
  function merged(before: Record<string, unknown>, data: Record<string, unknown> | undefined) {
    const after = { ...before, ...data };
    if (data !== undefined && JSON.stringify(after).length > maxData)
      throw invalid("data", `must not hold more than ${maxData} bytes of JSON`, { limit: maxData });
    return after;
  }

  function audit(tx: WriteTx, type: string, machineId: string, payload: Record<string, unknown>): void {
    tx.audit({ type, resourceType: "graph", resourceId: machineId, machineId, payload });
  }

  async function nodeOf(tx: WriteTx, owner: Owner, id: string, mode: "update" | "share" = "update") {
    const node = await lockNode(tx.client, owner, id, mode);
    if (node === undefined) throw notFound("graph node", id);
    return node;
  }

  async function edgeOf(tx: WriteTx, owner: Owner, id: string): Promise<GraphEdge> {
    const edge = await lockEdge(tx.client, owner, id);
    if (edge === undefined) throw notFound("graph edge", id);
    return edge;
  }

  /** The two ends of an edge, both of this machine; locked in the order of their ids. */
  async function checkEnds(tx: WriteTx, owner: Owner, source: string, target: string): Promise<void> {
    for (const id of [...new Set([source, target])].sort())
      if ((await lockNode(tx.client, owner, id, "share")) === undefined)
        throw invalid(
          id === source ? "sourceNodeId" : "targetNodeId",
          `the machine's graph has no node ${id}`,
        );
  }

  const ownerOf = (request: { caller: { tenantId: string }; params: { machineId: string } }): Owner => ({
    tenantId: request.caller.tenantId,
    machineId: request.params.machineId,
  });

  return {
    handlers: {
      async getMachineGraph(request) {
        const owner = ownerOf(request);
        await machines.find(owner.machineId, owner.tenantId);
        return item({ machineId: owner.machineId, ...(await readGraph(database.pool, owner)) });
      },

      async createGraphNode(request) {
        const owner = ownerOf(request);
        const { body } = request;
        const view = await write(request, async (tx) => {
          await checkRoom(tx, owner);
          const at = tx.now.toISOString();
          const node: GraphNode = {
            id: ids.next("gnode"),
            machineId: owner.machineId,
            kind: body.kind,
            label: body.label,
            status: body.status ?? "draft",
            position: body.position ?? null,
            data: merged({}, body.data),
            createdAt: at,
            updatedAt: at,
          };
          await insertNode(tx.client, owner.tenantId, node);
          audit(tx, "graph.node.created", owner.machineId, { nodeId: node.id, after: node });
          return node;
        });
        return item(view, 201);
      },

      async updateGraphNode(request) {
        const owner = ownerOf(request);
        const { body } = request;
        const view = await write(request, async (tx) => {
          const before = await nodeOf(tx, owner, request.params.nodeId);
          const after: GraphNode = {
            ...before,
            kind: body.kind ?? before.kind,
            label: body.label ?? before.label,
            status: body.status ?? before.status,
            position: body.position ?? before.position,
            data: merged(before.data, body.data),
            updatedAt: tx.now.toISOString(),
          };
          await updateNode(tx.client, after);
          audit(tx, "graph.node.updated", owner.machineId, { nodeId: before.id, before, after });
          return after;
        });
        return item(view);
      },

      /** Its edges go with it. */
      async deleteGraphNode(request) {
        const owner = ownerOf(request);
        await write(request, async (tx) => {
          const before = await nodeOf(tx, owner, request.params.nodeId);
          const edgeIds = await deleteNode(tx.client, before.id);
          audit(tx, "graph.node.deleted", owner.machineId, { nodeId: before.id, before, edgeIds });
          return null;
        });
        return noContent;
      },

      async createGraphEdge(request) {
        const owner = ownerOf(request);
        const { body } = request;
        const view = await write(request, async (tx) => {
          await checkRoom(tx, owner);
          await checkEnds(tx, owner, body.sourceNodeId, body.targetNodeId);
          const at = tx.now.toISOString();
          const edge: GraphEdge = {
            id: ids.next("gedge"),
            machineId: owner.machineId,
            sourceNodeId: body.sourceNodeId,
            targetNodeId: body.targetNodeId,
            kind: body.kind ?? null,
            data: merged({}, body.data),
            createdAt: at,
            updatedAt: at,
          };
          await insertEdge(tx.client, owner.tenantId, edge);
          audit(tx, "graph.edge.created", owner.machineId, { edgeId: edge.id, after: edge });
          return edge;
        });
        return item(view, 201);
      },

      async updateGraphEdge(request) {
        const owner = ownerOf(request);
        const { body } = request;
        const view = await write(request, async (tx) => {
          const before = await edgeOf(tx, owner, request.params.edgeId);
          const after: GraphEdge = {
            ...before,
            kind: body.kind ?? before.kind,
            data: merged(before.data, body.data),
            updatedAt: tx.now.toISOString(),
          };
          await updateEdge(tx.client, after);
          audit(tx, "graph.edge.updated", owner.machineId, { edgeId: before.id, before, after });
          return after;
        });
        return item(view);
      },

      async deleteGraphEdge(request) {
        const owner = ownerOf(request);
        await write(request, async (tx) => {
          const before = await edgeOf(tx, owner, request.params.edgeId);
          await deleteEdge(tx.client, before.id);
          audit(tx, "graph.edge.deleted", owner.machineId, { edgeId: before.id, before });
          return null;
        });
        return noContent;
      },
    },
  };
}
