import { item, type MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { Cursor } from "../kit/paging.ts";
import { pageOf, readCursor } from "../kit/paging.ts";
import {
  listRows,
  type OutcomeRow,
  outcomeTable,
  outcomeView,
  type RouteRow,
  type RunRow,
  type readRow,
  routeTable,
  routeView,
  rowOf,
  runTable,
  runView,
  type TaskRow,
  taskTable,
  taskView,
} from "./store.ts";

/** Reading tasks, routes, runs and outcomes: one's own tenant's, newest first. */

type Query = {
  readonly machineId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
};

type Listed = { readonly id: string; readonly tenant_id: string; readonly cursor_time: string };

export function listHandlers(
  market: Market,
): MarketHandlers<
  "listTasks" | "getTask" | "listRoutes" | "getRoute" | "listRuns" | "getRun" | "listOutcomes" | "getOutcome"
> {
  const { pool } = market.database;
  async function list<Row extends Listed>(
    of: Parameters<typeof readRow>[1],
    view: (row: Row) => unknown,
    tenantId: string,
    { machineId, taskId, limit, cursor }: Query,
  ) {
    const after = readCursor(cursor);
    const rows = await listRows<Row>(pool, of, { tenantId, machineId, taskId, after, limit });
    const cursorOf = (row: Row): Cursor => ({ createdAt: row.cursor_time, id: row.id });
    return { status: 200, body: pageOf(rows, limit, cursorOf, view) };
  }
  const one = async <Row extends Listed>(
    of: Parameters<typeof readRow>[1],
    view: (row: Row) => unknown,
    tenantId: string,
    id: string,
  ) => item(view(await rowOf<Row>(pool, of, id, tenantId)));

  return {
    listTasks: ({ caller, query }) => list<TaskRow>(taskTable, taskView, caller.tenantId, query),
    getTask: ({ caller, params }) => one<TaskRow>(taskTable, taskView, caller.tenantId, params.taskId),
    listRoutes: ({ caller, query }) => list<RouteRow>(routeTable, routeView, caller.tenantId, query),
    getRoute: ({ caller, params }) => one<RouteRow>(routeTable, routeView, caller.tenantId, params.routeId),
    listRuns: ({ caller, query }) => list<RunRow>(runTable, runView, caller.tenantId, query),
    getRun: ({ caller, params }) => one<RunRow>(runTable, runView, caller.tenantId, params.runId),
    listOutcomes: ({ caller, query }) => list<OutcomeRow>(outcomeTable, outcomeView, caller.tenantId, query),
    getOutcome: ({ caller, params }) =>
      one<OutcomeRow>(outcomeTable, outcomeView, caller.tenantId, params.outcomeId),
  };
}
