import { graphNodeStatusSchema } from "@peaqos/protocol/market";

const statuses = graphNodeStatusSchema.options.map((word) => `'${word}'`).join(", ");

/** A machine's graph. An edge goes with either of its nodes. */
export const graphSchema = `
create table graph_nodes (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  kind text not null,
  label text not null,
  status text not null check (status in (${statuses})),
  position jsonb,
  data jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index graph_nodes_by_machine on graph_nodes (machine_id, created_at, id);
create table graph_edges (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  source_node_id text not null references graph_nodes (id) on delete cascade,
  target_node_id text not null references graph_nodes (id) on delete cascade,
  kind text,
  data jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index graph_edges_by_machine on graph_edges (machine_id, created_at, id);
create index graph_edges_by_source on graph_edges (source_node_id);
create index graph_edges_by_target on graph_edges (target_node_id);
`;
