import type { Operation } from "@peaqos/protocol";
import {
  type MarketOperation,
  type MarketOperations,
  marketBasePath,
  marketOperations,
} from "@peaqos/protocol/market";
import {
  createHttpServer,
  createLogger,
  createMetrics,
  createShutdown,
  type Handler,
  type HandlerRequest,
  type Handlers,
  migrate,
  openApiTextOf,
  openDatabase,
  withoutCredentials,
} from "@peaqos/service-kit";
import type { Logger } from "pino";
import { createAgents } from "./agents/agents.ts";
import { createAudit } from "./audit/audit.ts";
import { createCatalogue } from "./catalogue/catalogue.ts";
import { type MarketConfig, readMarketConfig } from "./config.ts";
import { migrations } from "./db/migrations.ts";
import { createDisputes } from "./disputes/disputes.ts";
import { createExecution } from "./execution/execution.ts";
import { createGraph } from "./graph/graph.ts";
import { createIdentity } from "./identity/identity.ts";
import { startCleanUp } from "./jobs/cleanup.ts";
import { createJobs } from "./jobs/jobs.ts";
import { type Authenticate, createAuthenticate } from "./kit/authenticate.ts";
import type { Caller } from "./kit/caller.ts";
import { type Clock, systemClock } from "./kit/clock.ts";
import { marketErrorFormat } from "./kit/errors.ts";
import type { MarketHandler, MarketHandlers } from "./kit/handlers.ts";
import { type Ids, randomIds } from "./kit/ids.ts";
import type { Market } from "./kit/market.ts";
import { createOperations } from "./kit/operations.ts";
import { createCallerOf, fewerOf } from "./kit/rates.ts";
import { createSealing } from "./kit/sealing.ts";
import { createWrites } from "./kit/write.ts";
import { createMachines } from "./machines/machines.ts";
import { createEntry } from "./orders/entry.ts";
import { createOrders } from "./orders/orders.ts";
import { createPairings } from "./pairings/pairings.ts";
import { createSessions } from "./pairings/sessions.ts";
import { createPayments } from "./payments/payments.ts";
import { createPolicies } from "./policies/policies.ts";
import { createBuyerContexts } from "./search/context.ts";
import { createSearch } from "./search/search.ts";
import { createServices } from "./search/services.ts";
import { createSkills } from "./skills/skills.ts";
import { createSteps } from "./steps/steps.ts";
import { createTasks } from "./tasks/tasks.ts";
import { requireScope, scopeOf } from "./tenants/scopes.ts";
import { createTenants } from "./tenants/tenants.ts";

/** The market: any number of replicas over one database, nothing else shared. */

export type MarketService = {
  /** Where it answers, without the base path; known after `start`. */
  readonly url: string;
  /** What the domains stand on; for tests and tools in the same process. */
  readonly market: Market;
  start(): Promise<void>;
  /** Ends open requests, then everything else, within the grace period. */
  stop(): Promise<void>;
};

export type MarketDeps = {
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly ids?: Ids;
};

const graceMs = 5_000;

/** Every domain, each given what it needs. */
function createDomains(market: Market) {
  const tenants = createTenants(market);
  const sessions = createSessions(market);
  const identity = createIdentity(market);
  const policies = createPolicies(market);
  const machines = createMachines(market, { identity, policies });
  const pairings = createPairings(market, { machines, sessions });
  const agents = createAgents(market, { machines });
  const catalogue = createCatalogue(market);
  const skills = createSkills(market, { catalogue });
  const contexts = createBuyerContexts({ skills, agents });
  const services = createServices({ catalogue, contexts, requireMachine: machines.find });
  const enter = createEntry({ pairings, machines });
  const search = createSearch(market, {
    enter,
    pairings,
    machines,
    agents,
    catalogue,
    skills,
    policies,
    identity,
  });
  const steps = createSteps(market, { enter, pairings, machines });
  const payments = createPayments(market, {
    steps,
    pairings,
    policies,
    orders: () => orders,
    disputes: () => disputes,
  });
  const orders = createOrders(market, { enter, pairings, machines, catalogue, search, policies, payments });
  const disputes = createDisputes(market, { payments, steps });
  const execution = createExecution(market, {
    steps,
    pairings,
    orders,
    disputes,
    agents,
    skills,
    catalogue,
  });
  const tasks = createTasks(market, { machines, pairings, catalogue, policies, contexts, execution });
  const graph = createGraph(market, { machines });
  const audit = createAudit(market);
  const operations = createOperations(market);
  const handlers: MarketHandlers = {
    ...tenants.handlers,
    ...machines.handlers,
    ...pairings.handlers,
    ...agents.handlers,
    ...policies.handlers,
    ...catalogue.handlers,
    ...skills.handlers,
    ...services.handlers,
    ...search.handlers,
    ...payments.handlers,
    ...orders.handlers,
    ...disputes.handlers,
    ...execution.handlers,
    ...tasks.handlers,
    ...graph.handlers,
    ...audit.handlers,
    ...operations.handlers,
  };
  const jobs = { ...payments.jobs, ...disputes.jobs, ...execution.jobs };
  return { tenants, sessions, catalogue, search, payments, audit, handlers, jobs };
}

/** Puts authentication before every handler, and for platform keys the scope that the operation needs. */
function mounted(handlers: MarketHandlers, authenticate: Authenticate): Handlers<MarketOperations> {
  const wrap = (id: keyof MarketOperations): Handler<Operation> => {
    const operation = marketOperations[id] as MarketOperation;
    const scope = scopeOf(id);
    const handle = handlers[id] as MarketHandler<never>;
    const run = (request: HandlerRequest<Operation>, caller: Caller) => {
      if (caller.kind === "platform") requireScope(caller, scope);
      return handle({ ...request, caller, operation: id } as never);
    };
    return (request) => {
      const caller = authenticate(operation.caller, request.headers);
      return caller instanceof Promise ? caller.then((known) => run(request, known)) : run(request, caller);
    };
  };
  return Object.fromEntries(
    (Object.keys(handlers) as (keyof MarketOperations)[]).map((id) => [id, wrap(id)]),
  ) as never;
}

/** The table with its base path. */
function pathed(): MarketOperations {
  return Object.fromEntries(
    Object.entries(marketOperations).map(([id, operation]) => [
      id,
      { ...operation, path: `${marketBasePath}${operation.path}` },
    ]),
  ) as never;
}

/**
 * @param settings the variables a process of its own would find in its environment.
 * @throws ConfigError at once; MigrationError, DatabaseDown from `start`.
 * @example
 * const service = await createMarketService(process.env);
 * await service.start();
 */
export async function createMarketService(
  settings: Readonly<Record<string, string | undefined>>,
  deps: MarketDeps = {},
): Promise<MarketService> {
  const config = readMarketConfig(settings);
  const logger = deps.logger ?? serviceLogger(config);
  const clock = deps.clock ?? systemClock;
  const ids = deps.ids ?? randomIds();
  const shutdown = createShutdown({ graceMs, logger });
  const metrics = createMetrics({ service: "market", defaults: true });
  const database = openDatabase<unknown>({
    url: config.DATABASE_URL,
    logger,
    max: config.PEAQOS_MARKET_DATABASE_CONNECTIONS,
    applicationName: "peaqos-market",
    prepared: true,
  });
  shutdown.add("database", () => database.close());
  const sealing = createSealing(config.PEAQOS_ENCRYPTION_KEY, config.PEAQOS_SESSION_SECRET, ids);
  const jobs = createJobs({
    database,
    databaseUrl: config.DATABASE_URL,
    logger,
    clock,
    metrics,
    enabled: config.PEAQOS_MARKET_WORKERS,
    pollMs: config.PEAQOS_MARKET_JOB_POLL_MS,
  });
  const writes = createWrites({ database, clock, ids, sealing, jobs });
  const market: Market = { config, database, logger, metrics, clock, ids, sealing, jobs, ...writes };
  const domains = createDomains(market);
  const authenticate = createAuthenticate({ config, tenants: domains.tenants, sessions: domains.sessions });
  let url = "";

  async function start(): Promise<void> {
    const applied = await migrate(database, migrations);
    if (applied.length > 0)
      logger.info(
        { applied, database: withoutCredentials(config.DATABASE_URL) },
        "schema brought up to date",
      );
    await domains.catalogue.start();
    shutdown.add("catalogue", () => domains.catalogue.stop());
    domains.search.start();
    shutdown.add("search", () => domains.search.stop());
    await domains.payments.start();
    shutdown.add("payments", () => domains.payments.stop());
    await domains.audit.start();
    shutdown.add("audit", () => domains.audit.stop());
    await jobs.start(domains.jobs);
    shutdown.add("jobs", () => jobs.stop());
    const cleanUp = startCleanUp(market);
    shutdown.add("clean-up", () => cleanUp.stop());
    const app = await createHttpServer({
      info: {
        title: "peaqOS Machine Markets API",
        version: "1.0.0",
        description: "Machines, agents, services, orders and payments.",
      },
      operations: pathed(),
      handlers: mounted(domains.handlers, authenticate),
      errors: marketErrorFormat,
      logger,
      metrics,
      rateLimit: {
        perMinute: config.PEAQOS_MARKET_RATE_LIMIT,
        callerOf: createCallerOf(domains),
        fewer: fewerOf(config.PEAQOS_MARKET_RATE_LIMIT),
        internalKey: config.PEAQOS_INTERNAL_KEY,
        exempt: ["/health", "/metrics", `${marketBasePath}/health`, `${marketBasePath}/readiness`],
      },
      trustProxy: config.PEAQOS_MARKET_TRUST_PROXY,
      checkAnswers: config.PEAQOS_MARKET_CHECK_ANSWERS,
    });
    const hidden = { schema: { hide: true } as never };
    app.get("/health", hidden, async (_request, reply) => reply.type("application/json").send('{"ok":true}'));
    const openApi = openApiTextOf(app);
    app.get(`${marketBasePath}/openapi.json`, hidden, async (_request, reply) =>
      reply.type("application/json").send(openApi()),
    );
    app.get("/metrics", hidden, async (_request, reply) =>
      reply.type("text/plain; version=0.0.4").send(await metrics.text()),
    );
    await app.ready();
    url = await app.listen({ host: config.PEAQOS_MARKET_HOST, port: config.PEAQOS_MARKET_PORT });
    shutdown.add("http", () => app.close());
    logger.info({ url }, "market listening");
  }

  return {
    get url() {
      return url;
    },
    market,
    async start() {
      try {
        await start();
      } catch (error) {
        await shutdown.run();
        throw error;
      }
    },
    stop: () => shutdown.run(),
  };
}

export function serviceLogger(config: MarketConfig): Logger {
  return createLogger({ service: "market", level: config.PEAQOS_LOG_LEVEL, file: config.PEAQOS_LOG_FILE });
}
