import type { Migration } from "@peaqos/service-kit";
import { agentsSchema } from "../agents/schema.ts";
import { auditSchema } from "../audit/schema.ts";
import { catalogueSchema } from "../catalogue/schema.ts";
import { disputesSchema } from "../disputes/schema.ts";
import { executionSchema } from "../execution/schema.ts";
import { graphSchema } from "../graph/schema.ts";
import { identitySchema } from "../identity/schema.ts";
import { jobsSchema } from "../jobs/schema.ts";
import { machinesSchema } from "../machines/schema.ts";
import { ordersSchema } from "../orders/schema.ts";
import { pairingsSchema } from "../pairings/schema.ts";
import { paymentsSchema } from "../payments/schema.ts";
import { policiesSchema } from "../policies/schema.ts";
import { searchSchema } from "../search/schema.ts";
import { skillsSchema } from "../skills/schema.ts";
import { tasksSchema } from "../tasks/schema.ts";
import { tenantsSchema } from "../tenants/schema.ts";
import { kitSchema } from "./schema.ts";

/** The schema, one step per domain. Only SQL that PostgreSQL-compatible engines share. */
const steps: readonly (readonly [name: string, sql: string])[] = [
  ["kit", kitSchema],
  ["audit", auditSchema],
  ["jobs", jobsSchema],
  ["tenants", tenantsSchema],
  ["identity", identitySchema],
  ["machines", machinesSchema],
  ["pairings", pairingsSchema],
  ["agents", agentsSchema],
  ["policies", policiesSchema],
  ["catalogue", catalogueSchema],
  ["skills", skillsSchema],
  ["search", searchSchema],
  ["orders", ordersSchema],
  ["payments", paymentsSchema],
  ["execution", executionSchema],
  ["disputes", disputesSchema],
  ["tasks", tasksSchema],
  ["graph", graphSchema],
];

export const migrations: readonly Migration[] = steps.map(([name, sql], index) => ({
  id: index + 1,
  name,
  sql,
}));
