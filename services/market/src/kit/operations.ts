import { guarded } from "@peaqos/service-kit";
import type { MarketHandlers } from "./handlers.ts";
import type { Market } from "./market.ts";

/** Liveness, and readiness: whether the database, the rating service and the payments' nodes answer. */

export type Operations = { readonly handlers: MarketHandlers<"getHealth" | "getReadiness"> };

export const marketVersion = "0.1.0";

type Check = { name: string; status: "pass" | "fail"; message: string | null };

/** An answer is kept so long: probes of many load balancers must not become load elsewhere. */
const keepMs = 1_000;
const probeMs = 2_000;

export function createOperations(market: Market): Operations {
  const { config, database, clock } = market;
  let kept: { at: number; checks: Promise<Check[]> } | undefined;

  async function check(name: string, work: () => Promise<string | null>): Promise<Check> {
    try {
      const message = await work();
      return { name, status: message === null ? "pass" : "fail", message };
    } catch (error) {
      // Never the URL: nodes' URLs carry keys.
      return { name, status: "fail", message: reasonOf(error) };
    }
  }

  async function ratingService(): Promise<string | null> {
    const response = await fetch(`${config.PEAQOS_MCR_API_URL.replace(/\/$/, "")}/ready`, {
      signal: AbortSignal.timeout(probeMs),
    });
    await response.arrayBuffer();
    return response.ok ? null : `the rating service answers ${response.status}`;
  }

  async function node(chain: string, url: string): Promise<string | null> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
      signal: AbortSignal.timeout(probeMs),
    });
    const { result } = (await response.json()) as { result?: unknown };
    const found = `eip155:${typeof result === "string" ? BigInt(result) : "?"}`;
    return found === chain ? null : `the node is on ${found}`;
  }

  function checks(): Promise<Check[]> {
    return Promise.all([
      check("database", async () => {
        await guarded(() => database.pool.query("select 1"));
        return null;
      }),
      check("mcr", ratingService),
      ...Object.entries(config.PEAQOS_PAYMENT_RPC_URLS).map(([chain, url]) =>
        check(`rpc ${chain}`, () => node(chain, url)),
      ),
    ]);
  }

  return {
    handlers: {
      getHealth: () => ({
        status: 200,
        body: { ok: true, service: "market", version: marketVersion, time: clock.now().toISOString() },
      }),
      async getReadiness() {
        const now = performance.now();
        if (kept === undefined || now - kept.at > keepMs) kept = { at: now, checks: checks() };
        const list = await kept.checks;
        const ready = list.every((each) => each.status === "pass");
        return { status: 200, body: { status: ready ? "ready" : "not_ready", checks: list } };
      },
    },
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${probeMs} ms`;
  if (error instanceof Error && error.name === "DatabaseDown") return error.message;
  return "cannot be reached";
}
