import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseJson } from "@peaqos/protocol";
import { listingOf } from "../../seller-template/listing.ts";
import type { Price, Seller } from "../../seller-template/types.ts";
import contract from "./echo.contract.json" with { type: "json" };
import { type FaultMode, isFaultMode, modes } from "./modes.ts";

export type FaultyConfig = {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default null: free. Payments are not checked. */
  readonly price?: Price | null;
  /** Default `svc_fa0171e5e11e`. */
  readonly id?: string;
  /** Default 60,000. */
  readonly slowMs?: number;
};

/** A request as it came. */
export type FaultyCall = {
  readonly key: string | null;
  readonly orderId: string | null;
  readonly machineId: string | null;
  readonly payment: string | null;
  readonly mode: FaultMode;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was sent
  readonly input: any;
  readonly headers: IncomingMessage["headers"];
};

export type FaultySeller = Seller & {
  /** Every request, in order. */
  readonly calls: readonly FaultyCall[];
  /** How to answer from now on, for `times` requests or for good; an input's own `mode` wins. */
  set(mode: FaultMode, times?: number): void;
  /** How often the work was done for this idempotency key; without one, in all. */
  effects(key?: string): number;
  /** How often the work was done for this order, under whatever key. */
  effectsOfOrder(orderId: string): number;
  /** Answers now what waits in the mode `slow`. */
  release(): void;
};

/**
 * A seller that fails in every way a market must survive (see `modes`). For tests only. Done work is remembered by key
 * like every seller does, but in memory, and not in the mode `forgetful`. Without code: `POST /control { mode, times }`
 * sets the mode, `GET /effects` gives the effects by key.
 *
 * @example
 * const faulty = await createFaultySeller();
 * faulty.set("cut", 1); // the next request only
 */
export async function createFaultySeller(config: FaultyConfig = {}): Promise<FaultySeller> {
  const calls: FaultyCall[] = [];
  const effects: { key: string; orderId: string | null; text: string }[] = [];
  const waiting = new Map<NodeJS.Timeout, () => void>();
  let planned: { mode: FaultMode; left: number } = { mode: "ok", left: Number.POSITIVE_INFINITY };

  const timing = {
    slowMs: config.slowMs ?? 60_000,
    later(ms: number, act: () => void) {
      const timer = setTimeout(() => {
        waiting.delete(timer);
        act();
      }, ms);
      waiting.set(timer, act);
    },
  };

  function nextMode(input: { mode?: unknown }): FaultMode {
    if (isFaultMode(input.mode)) return input.mode;
    if (planned.left <= 0) planned = { mode: "ok", left: Number.POSITIVE_INFINITY };
    planned.left -= 1;
    return planned.mode;
  }

  /** The result of the work: done now, or the one this key had before. */
  function work(call: FaultyCall): string {
    const key = call.key ?? "";
    const done = effects.find((effect) => effect.key === key);
    if (done !== undefined && call.mode !== "forgetful") return done.text;
    const text = JSON.stringify({ text: String(call.input.text), effect: effects.length + 1 });
    effects.push({ key, orderId: call.orderId, text });
    return text;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://faulty");
    if (pathname === "/health") return send(response, 200, { status: "ok" });
    if (pathname === "/effects") return send(response, 200, countByKey());
    const input = await bodyOf(request);
    if (pathname === "/control") {
      if (!isFaultMode(input.mode))
        return send(response, 400, {
          error: { code: "unknown_mode", message: `mode must be one of ${Object.keys(modes).join(", ")}` },
        });
      set(input.mode, input.times as number | undefined);
      return send(response, 200, { mode: input.mode });
    }
    const text = (name: string) => (request.headers[name] as string | undefined) ?? null;
    const call: FaultyCall = {
      key: text("idempotency-key"),
      orderId: text("x-peaqos-order-id"),
      machineId: text("x-peaqos-machine-id"),
      payment: text("x-peaqos-payment"),
      mode: request.url?.includes("redirected") ? "ok" : nextMode(input),
      input,
      headers: request.headers,
    };
    calls.push(call);
    const mode = modes[call.mode];
    mode.answer({ response, text: mode.effect ? work(call) : "{}", ...timing });
  }

  const countByKey = () => {
    const counts: Record<string, number> = {};
    for (const { key } of effects) counts[key] = (counts[key] ?? 0) + 1;
    return counts;
  };
  const set = (mode: FaultMode, times = Number.POSITIVE_INFINITY) => {
    planned = { mode, left: times };
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(config.port ?? 0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const service = {
    id: config.id ?? "svc_fa0171e5e11e",
    skillKey: "faulty-echo",
    providerKey: "faulty",
    providerLabel: "Faulty (tests)",
    serviceType: "machine.commerce",
    name: "Faulty echo",
    description: "Fails in every way a market must survive. For tests.",
    capabilities: ["echo"],
    region: "global",
    freshnessSeconds: 0,
  };
  const operations = [{ contract, run: () => ({}) }];

  return {
    url,
    calls,
    listing: () => listingOf({ service, price: config.price ?? null, operations }, url),
    set,
    effects: (key) => (key === undefined ? effects.length : (countByKey()[key] ?? 0)),
    effectsOfOrder: (orderId) => effects.filter((effect) => effect.orderId === orderId).length,
    release() {
      for (const [timer, act] of waiting) {
        clearTimeout(timer);
        waiting.delete(timer);
        act();
      }
    },
    async stop() {
      for (const timer of waiting.keys()) clearTimeout(timer);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  // A test sees what was sent, long integers too.
  return parseJson(text) as Record<string, unknown>;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
