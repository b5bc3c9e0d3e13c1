import type { CatalogueServiceInput } from "@peaqos/protocol/market";
import {
  createFaultySeller,
  type FaultyConfig,
  type FaultySeller,
} from "../../../examples/sellers/faulty/seller.ts";
import { place } from "./shop.ts";
import {
  type MarketWorld,
  marketWorld,
  succeeded,
  type WorldAgent,
  type WorldAnswer,
  type WorldMachine,
} from "./world.ts";

/** What tests of execution need: a world, a buyer, and sellers that fail in every way. */

export type Scene = AsyncDisposable & {
  readonly world: MarketWorld;
  readonly machine: WorldMachine;
  readonly agent: WorldAgent;
  /** A faulty seller listed as its own service. */
  seller(config?: FaultyConfig, service?: Partial<CatalogueServiceInput>): Promise<FaultySeller>;
  /** An order placed by the agent; the whole order. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read many fields
  order(serviceId: string, input?: object, more?: object): Promise<any>;
  execute(orderId: string, options?: Parameters<MarketWorld["call"]>[2]): Promise<WorldAnswer>;
  retry(orderId: string): Promise<WorldAnswer>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read many fields
  read(orderId: string): Promise<any>;
};

/** Short pauses, a limit that no answer of a busy machine reaches, and a circuit that stays closed unless asked for. */
export const fast = {
  PEAQOS_EXECUTION_TIMEOUT_MS: "20000",
  PEAQOS_EXECUTION_RETRY_MS: "10",
  PEAQOS_EXECUTION_ATTEMPTS: "3",
  PEAQOS_EXECUTION_BREAKER_FAILURES: "1000",
  PEAQOS_EXECUTION_PER_SELLER: "100",
  PEAQOS_EXECUTION_CONCURRENCY: "100",
  PEAQOS_SESSION_TTL_SECONDS: "1000000",
} as const;

export async function executionScene(settings: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const world = await marketWorld({ settings: { ...fast, ...settings } });
  const machine = await world.machine("buyer");
  const agent = await world.agent(machine);
  const sellers: FaultySeller[] = [];
  let count = 0;
  return {
    world,
    machine,
    agent,
    async seller(config = {}, service = {}) {
      count++;
      const id = config.id ?? `svc_faulty${count}`;
      const faulty = await createFaultySeller({ ...config, id });
      sellers.push(faulty);
      await world.putService({ ...(faulty.listing() as CatalogueServiceInput & { id: string }), ...service });
      return faulty;
    },
    order: async (serviceId, input = { text: "hello" }, more = {}) =>
      succeeded(await place(world, agent, serviceId, { input, ...more })).body.item,
    execute: (orderId, options = {}) =>
      world.call("POST", `/market/orders/${orderId}/execute`, { token: agent.token, ...options }),
    retry: (orderId) => world.call("POST", `/market/orders/${orderId}/retry`, { token: agent.token }),
    read: async (orderId) => succeeded(await world.call("GET", `/market/orders/${orderId}`)).body.item,
    async [Symbol.asyncDispose]() {
      await Promise.all(sellers.map((seller) => seller.stop()));
      await world[Symbol.asyncDispose]();
    },
  };
}
