/**
 * An agent buys for a machine, within limits: the whole story against a real devnet, with markets in processes of
 * their own. The same suite runs on one replica and on two replicas of one database with the load split at random.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OrchestrationApiError } from "@peaqos/peaq-os-sdk/orchestration";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevnetProcess, freePortBase, startDevnetProcess } from "./lib/devnet.ts";
import {
  type Buyer,
  freshDatabase,
  type MarketProcess,
  pairedBuyer,
  sessionsOf,
  settingsFor,
  startMarketProcess,
  wishes,
} from "./lib/market.ts";
import { isBusy, runScript } from "./lib/processes.ts";

const MINUTES = 60_000;

let dataDir: string;
let devnet: DevnetProcess;
let portBase: number;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "peaqos-market-"));
  portBase = await freePortBase();
  devnet = await startDevnetProcess(dataDir, portBase);
}, MINUTES);
afterAll(async () => {
  await devnet?.stop();
  rmSync(dataDir, { recursive: true, force: true });
}, MINUTES);

type DemoResult = {
  seconds: number;
  market: {
    orders: { wish: string; id: string; status: string; amount: number | null; transaction: string | null }[];
    refused: { code: string; details: Record<string, number> } | null;
    dispute: { resolution: string; payment: string; repaid_with: string | null };
    audit: { valid: boolean };
    charger: { before: string; after: string; points_before: number; points_after: number };
    transactions: string[];
  };
};

async function demo(): Promise<DemoResult> {
  const program = runScript("examples/demo/main.ts", ["--data-dir", dataDir, "--json"]);
  expect([await program.ended, program.stderr()]).toEqual([0, program.stderr()]);
  return JSON.parse(program.stdout()) as DemoResult;
}

describe("npm run demo", () => {
  let first: DemoResult;

  test(
    "an agent with 5 USD a day buys from five sellers, is refused with the numbers, disputes and is repaid",
    async () => {
      first = await demo();
      const { market, seconds } = first;
      if (!isBusy()) expect(seconds).toBeLessThan(90);
      expect(market.orders.map(({ status, amount }) => [status, amount])).toEqual([
        ["confirmed", 0.05],
        ["delivered", 0.1],
        ["confirmed", null],
        ["confirmed", null],
        ["confirmed", 2.5],
      ]);
      expect(market.refused).toMatchObject({
        code: "AGENT_DAILY_LIMIT_EXCEEDED",
        details: { limit: 5, spentToday: 2.65, remainingToday: 2.35, amount: 2.5 },
      });
      expect(market.dispute).toMatchObject({ resolution: "refund", payment: "refunded" });
      expect(market.dispute.repaid_with).toMatch(/^0x[0-9a-f]{64}$/);
      expect(market.audit.valid).toBe(true);
      expect(market.charger).toMatchObject({
        before: "BB",
        after: "BBB",
        points_before: 59,
        points_after: 60,
      });
      expect(sessionsOf(devnet.file, market.orders.at(-1)?.id ?? "")).toBe(1);
    },
    5 * MINUTES,
  );

  test(
    "a second run on the same day finds what the first bought and pays nothing",
    async () => {
      const again = await demo();
      expect(again.market.orders.map(({ id, transaction }) => [id, transaction])).toEqual(
        first.market.orders.map(({ id, transaction }) => [id, transaction]),
      );
      expect(again.market.transactions).toEqual([]);
      expect(sessionsOf(devnet.file, first.market.orders.at(-1)?.id ?? "")).toBe(1);
    },
    5 * MINUTES,
  );
});

test(
  "stop and start again: the devnet's agent keeps its pairing and gets a fresh token, the one before is dead",
  async () => {
    const { agent, api_key } = devnet.file;
    const orders = async () => {
      const path = `/api/v1/market/orders?machineId=${agent?.market_machine_id}`;
      return (await fetch(`${devnet.file.urls.market}${path}`, { headers: { "x-api-key": api_key } })).json();
    };
    const before = await orders();
    await devnet.stop();
    devnet = await startDevnetProcess(dataDir, portBase);
    const now = devnet.file.agent;
    expect([devnet.file.api_key, await orders(), now?.pairing_id, now?.market_machine_id]).toEqual([
      api_key,
      before,
      agent?.pairing_id,
      agent?.market_machine_id,
    ]);
    const search = (token = "") =>
      fetch(`${devnet.file.urls.market}/api/v1/market/search`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-agent-pairing-token": token },
        body: JSON.stringify({ machineId: now?.market_machine_id, serviceType: "data.location" }),
      });
    expect([(await search(now?.token)).status, (await search(agent?.token)).status]).toEqual([201, 401]);
  },
  MINUTES,
);

describe.each([1, 2])("the market on %i replica(s) of one database, load split at random", (replicas) => {
  const markets: MarketProcess[] = [];
  let buyer: Buyer;
  /** How many calls each replica got. */
  let calls: number[] = [];

  /** Every request of the client goes to one of the replicas, whichever. */
  const split: typeof fetch = (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    const base = markets[0]?.url ?? "";
    if (!url.startsWith(base)) return fetch(input, init);
    const chosen = Math.floor(Math.random() * markets.length);
    calls[chosen] = (calls[chosen] ?? 0) + 1;
    return fetch(`${markets[chosen]?.url}${url.slice(base.length)}`, init);
  };
  const somebody = (): string => markets[Math.floor(Math.random() * markets.length)]?.url ?? "";
  const platform = () => ({ "x-api-key": devnet.file.api_key, "content-type": "application/json" });

  beforeAll(async () => {
    calls = [];
    const env = settingsFor(devnet.file, await freshDatabase(devnet.file, `e2e_${replicas}`));
    for (let count = 0; count < replicas; count++) markets.push(await startMarketProcess(env));
    buyer = await pairedBuyer(devnet.file, markets[0]?.url ?? "", {
      policy: { dailySpendLimit: 100 },
      fetch: split,
    });
  }, MINUTES);
  afterAll(async () => {
    await Promise.all(markets.map((each) => each.stop()));
  }, MINUTES);

  test(
    "five sellers, each bought from, paid on the chain where it has a price, executed and confirmed",
    async () => {
      for (const [name, wish] of Object.entries(wishes)) {
        const { order, payment, transactionHash } = await buyer.buy(`all-${name}`, wish);
        expect([name, order.status]).toEqual([name, "confirmed"]);
        if (payment !== null && payment.status !== "not_required")
          expect(transactionHash).toMatch(/^0x[0-9a-f]{64}$/);
      }
      if (replicas > 1) expect(calls.every((count) => count > 0)).toBe(true);
    },
    MINUTES,
  );

  test(
    "ten purchases at the same time: each paid and executed once",
    async () => {
      const purchases = await Promise.all(
        Array.from({ length: 10 }, (_, number) => buyer.buy(`many-${number}`, wishes.charging)),
      );
      const orders = purchases.map(({ order }) => order.id);
      expect(new Set(orders).size).toBe(10);
      expect(new Set(purchases.map(({ transactionHash }) => transactionHash)).size).toBe(10);
      expect(orders.map((id) => sessionsOf(devnet.file, id))).toEqual(orders.map(() => 1));
    },
    MINUTES,
  );

  // Guarantees that the limit is exact however the load is split.
  test(
    "forty orders race for the last dollar of an allowance: not a cent too much",
    async () => {
      const racer = await pairedBuyer(devnet.file, markets[0]?.url ?? "", {
        policy: { dailySpendLimit: 1 },
        fetch: split,
      });
      const market = racer.client.orchestration;
      const { items } = await market.listMarketServices({ serviceType: "storage.object" });
      const results = await Promise.allSettled(
        Array.from({ length: 40 }, () =>
          market.createMarketOrder(
            {
              machineId: racer.machineId,
              agentPairingId: racer.pairingId,
              serviceId: items[0]?.id ?? "",
              operation: "put-object",
              input: wishes.storage.input,
            },
            racer.pairingToken,
          ),
        ),
      );
      const codes = results.map((result) =>
        result.status === "fulfilled" ? "passed" : (result.reason as OrchestrationApiError).code,
      );
      expect(codes.filter((code) => code === "passed")).toHaveLength(10);
      expect(codes.filter((code) => code === "AGENT_DAILY_LIMIT_EXCEEDED")).toHaveLength(30);
      const { item } = await market.getPairingAllowance(racer.machineId, racer.pairingId, racer.pairingToken);
      expect(item).toMatchObject({ spentToday: 1, remainingToday: 0 });
    },
    MINUTES,
  );

  test("one Idempotency-Key, sent twenty times at once: one order", async () => {
    const market = buyer.client.orchestration;
    const { items } = await market.listMarketServices({ serviceType: "data.location" });
    const body = {
      machineId: buyer.machineId,
      agentPairingId: buyer.pairingId,
      serviceId: items[0]?.id ?? "",
      input: wishes.geocoding.input,
    };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        market.createMarketOrder(body, buyer.pairingToken, { idempotencyKey: "the-same" }),
      ),
    );
    expect(new Set(answers.map(({ item }) => item.id)).size).toBe(1);
  });

  test(
    "a dispute opened on one replica is resolved on another",
    async () => {
      const { order } = await buyer.buy("disputed", { ...wishes.storage, confirm: false });
      const market = buyer.client.orchestration;
      await market.disputeMarketOrder(order.id, { reason: "wrong file" }, buyer.pairingToken);
      const { dispute, payment } = await market.resolveMarketDispute(order.id, { resolution: "release" });
      expect([dispute.status, dispute.resolution, payment?.status]).toEqual([
        "resolved",
        "release",
        "released",
      ]);
      await expect(market.confirmMarketOrder(order.id, buyer.pairingToken)).rejects.toMatchObject({
        code: "ORDER_CLOSED",
      });
    },
    MINUTES,
  );

  test("a revoked pairing opens nothing from the next call on, wherever it goes", async () => {
    const market = buyer.client.orchestration;
    const gone = await pairedBuyer(devnet.file, markets[0]?.url ?? "", { policy: {}, fetch: split });
    await market.revokeAgentPairing(gone.machineId, gone.pairingId);
    for (const { url } of markets) {
      const response = await fetch(`${url}/api/v1/market/search`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-agent-pairing-token": gone.pairingToken },
        body: JSON.stringify({ machineId: gone.machineId, serviceType: "data.location" }),
      });
      expect([response.status, await response.json()]).toEqual([
        403,
        expect.objectContaining({ error: expect.objectContaining({ code: "AGENT_PAIRING_INACTIVE" }) }),
      ]);
    }
  });

  test("the audit log of everything above holds", async () => {
    const response = await fetch(`${somebody()}/api/v1/audit-events/verify`, { headers: platform() });
    expect(await response.json()).toMatchObject({ valid: true, problems: [] });
  });

  test("the OpenAPI document and its page are served", async () => {
    const document = (await (await fetch(`${somebody()}/api/v1/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(document.openapi).toBe("3.1.1");
    expect(Object.keys(document.paths)).toContain("/api/v1/market/orders/{orderId}/execute");
    expect((await fetch(`${somebody()}/docs`)).status).toBe(200);
  });
});
