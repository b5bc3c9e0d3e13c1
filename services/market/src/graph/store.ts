import type { graphEdgeSchema, graphNodeSchema } from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { Pool, PoolClient } from "pg";
import type { z } from "zod";

/** Statements of the graph. */

export type GraphNode = z.output<typeof graphNodeSchema>;
export type GraphEdge = z.output<typeof graphEdgeSchema>;

type Owner = { readonly tenantId: string; readonly machineId: string };

const nodeColumns = `id, machine_id as "machineId", kind, label, status, position, data,
  created_at as "createdAt", updated_at as "updatedAt"`;
const edgeColumns = `id, machine_id as "machineId", source_node_id as "sourceNodeId",
  target_node_id as "targetNodeId", kind, data, created_at as "createdAt", updated_at as "updatedAt"`;

type Timed<T> = Omit<T, "createdAt" | "updatedAt"> & { createdAt: Date; updatedAt: Date };

const timesAsText = <T extends { createdAt: string; updatedAt: string }>(row: Timed<T>): T =>
  ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }) as unknown as T;

export async function readGraph(
  pool: Pool,
  { tenantId, machineId }: Owner,
): Promise<{ nodes: GraphNode[]; edges: GraphEdge[] }> {
  const from = (columns: string, table: string) =>
    `select ${columns} from ${table} where machine_id = $1 and tenant_id = $2 order by created_at, id`;
  const values = [machineId, tenantId];
  const [nodes, edges] = await guarded(() =>
    Promise.all([
      pool.query<Timed<GraphNode>>(from(nodeColumns, "graph_nodes"), values),
      pool.query<Timed<GraphEdge>>(from(edgeColumns, "graph_edges"), values),
    ]),
  );
  return { nodes: nodes.rows.map(timesAsText), edges: edges.rows.map(timesAsText) };
}

export async function countNodesAndEdges(
  client: PoolClient,
  { tenantId, machineId }: Owner,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select (select count(*) from graph_nodes where machine_id = $1 and tenant_id = $2)
          + (select count(*) from graph_edges where machine_id = $1 and tenant_id = $2) as count`,
    [machineId, tenantId],
  );
  return Number(rows[0]?.count ?? 0);
}

/** The node, locked; `share` keeps it from being deleted while an edge to it is made. */
export async function lockNode(
  client: PoolClient,
  { tenantId, machineId }: Owner,
  id: string,
  mode: "update" | "share",
): Promise<GraphNode | undefined> {
  const { rows } = await client.query<Timed<GraphNode>>(
    `select ${nodeColumns} from graph_nodes where id = $1 and machine_id = $2 and tenant_id = $3 for ${mode}`,
    [id, machineId, tenantId],
  );
  return rows[0] === undefined ? undefined : timesAsText(rows[0]);
}

export async function insertNode(client: PoolClient, tenantId: string, node: GraphNode): Promise<void> {
  await client.query(
    `insert into graph_nodes (id, tenant_id, machine_id, kind, label, status, position, data, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      node.id,
      tenantId,
      node.machineId,
      node.kind,
      node.label,
      node.status,
      node.position === null ? null : JSON.stringify(node.position),
      JSON.stringify(node.data),
      node.createdAt,
      node.updatedAt,
    ],
  );
}

export async function updateNode(client: PoolClient, node: GraphNode): Promise<void> {
  await client.query(
    `update graph_nodes set kind = $2, label = $3, status = $4, position = $5, data = $6, updated_at = $7
     where id = $1`,
    [
      node.id,
      node.kind,
      node.label,
      node.status,
      node.position === null ? null : JSON.stringify(node.position),
      JSON.stringify(node.data),
      node.updatedAt,
    ],
  );
}

/** @returns the ids of the edges that go with it. */
export async function deleteNode(client: PoolClient, id: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    "delete from graph_edges where source_node_id = $1 or target_node_id = $1 returning id",
    [id],
  );
  await client.query("delete from graph_nodes where id = $1", [id]);
  return rows.map((row) => row.id).sort();
}

export async function lockEdge(
  client: PoolClient,
  { tenantId, machineId }: Owner,
  id: string,
): Promise<GraphEdge | undefined> {
  const { rows } = await client.query<Timed<GraphEdge>>(
    `select ${edgeColumns} from graph_edges where id = $1 and machine_id = $2 and tenant_id = $3 for update`,
    [id, machineId, tenantId],
  );
  return rows[0] === undefined ? undefined : timesAsText(rows[0]);
}

export async function insertEdge(client: PoolClient, tenantId: string, edge: GraphEdge): Promise<void> {
  await client.query(
    `insert into graph_edges (id, tenant_id, machine_id, source_node_id, target_node_id, kind, data, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      edge.id,
      tenantId,
      edge.machineId,
      edge.sourceNodeId,
      edge.targetNodeId,
      edge.kind,
      JSON.stringify(edge.data),
      edge.createdAt,
      edge.updatedAt,
    ],
  );
}

export async function updateEdge(client: PoolClient, edge: GraphEdge): Promise<void> {
  await client.query("update graph_edges set kind = $2, data = $3, updated_at = $4 where id = $1", [
    edge.id,
    edge.kind,
    JSON.stringify(edge.data),
    edge.updatedAt,
  ]);
}

export async function deleteEdge(client: PoolClient, id: string): Promise<void> {
  await client.query("delete from graph_edges where id = $1", [id]);
}
