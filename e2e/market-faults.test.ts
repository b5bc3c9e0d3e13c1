/**
 * What happens to a purchase when something dies in the middle of it: the market itself, its database, the rating
 * service, a seller. Real processes, real kills, real closed ports.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevnetProcess, freePortBase, startDevnetProcess } from "./lib/devnet.ts";
import { type Door, doorTo } from "./lib/door.ts";
import {
  type Buyer,
  catalogueVia,
  freshDatabase,
  type MarketProcess,
  pairedBuyer,
  sessionsOf,
  settingsFor,
  startMarketProcess,
  wishes,
} from "./lib/market.ts";
import { until } from "./lib/processes.ts";

const MINUTES = 60_000;

let dataDir: string;
let devnet: DevnetProcess;
let doors: { database: Door; rating: Door; seller: Door };
let market: MarketProcess;
let database: pg.Pool;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "peaqos-faults-"));
  devnet = await startDevnetProcess(dataDir, await freePortBase());
  const { file } = devnet;
  const url = new URL(await freshDatabase(file, "e2e_faults"));
  database = new pg.Pool({ connectionString: url.href });
  const charger = file.sellers.find(({ name }) => name === "charger");
  const sellerPort = Number(new URL(charger?.url ?? "").port);
  doors = {
    database: await doorTo(Number(url.port)),
    rating: await doorTo(Number(new URL(file.urls.rating).port)),
    seller: await doorTo(sellerPort),
  };
  url.port = String(doors.database.port);
  market = await startMarketProcess(
    settingsFor(file, url.href, {
      PEAQOS_MCR_API_URL: `http://127.0.0.1:${doors.rating.port}`,
      PEAQOS_CATALOGUE_FILE: catalogueVia(
        file,
        new Map([[sellerPort, doors.seller.port]]),
        join(dataDir, "catalogue-via-door.json"),
      ),
      PEAQOS_EXECUTION_RETRY_MS: "50",
    }),
  );
}, MINUTES);
afterAll(async () => {
  await market?.stop();
  await database?.end();
  await Promise.all(Object.values(doors ?? {}).map((door) => door.shut()));
  await devnet?.stop();
  rmSync(dataDir, { recursive: true, force: true });
}, MINUTES);

const buyerOf = (transport?: typeof fetch): Promise<Buyer> =>
  pairedBuyer(devnet.file, market.url, {
    policy: { dailySpendLimit: 1_000 },
    ...(transport === undefined ? {} : { fetch: transport }),
  });

/** What the market's books and the station say of an order. */
async function booksOf(orderId: string) {
  const { rows } = await database.query<{
    order: string;
    payment: string;
    transfers: number;
    completed: number;
    reserved: boolean;
  }>(
    `select o.status as "order", p.status as payment, o.spend_held as reserved,
       (select count(*)::int from payment_transfers t where t.payment_id = p.id and t.purpose = 'payment') as transfers,
       (select count(*)::int from runs r where r.order_id = o.id and r.status = 'completed') as completed
     from market_orders o join market_payments p on p.order_id = o.id where o.id = $1`,
    [orderId],
  );
  return { ...rows[0], sessions: sessionsOf(devnet.file, orderId) };
}

const once = { order: "confirmed", transfers: 1, completed: 1, sessions: 1 };

/** A `fetch` that lets the nth request to the market's own steps leave, and kills the market so many ms later. */
function killingAt(step: string, afterMs: number): { fetch: typeof fetch; killed: () => boolean } {
  let done = false;
  return {
    killed: () => done,
    fetch: async (input, init) => {
      const url = String(input instanceof Request ? input.url : input);
      if (done || init?.method !== "POST" || !url.endsWith(step)) return fetch(input, init);
      done = true;
      const answer = fetch(input, init).catch(() => undefined);
      if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
      await market.kill();
      await answer;
      await market.restart();
      throw new TypeError("the reply was lost: the market was killed");
    },
  };
}

/** All of them at full size (PEAQOS_FAULTS=all). */
const delays = process.env.PEAQOS_FAULTS === "all" ? [0, 3, 6, 12, 25, 40] : [0, 12];

const steps = [
  "/market/search",
  "/market/orders",
  "/payment-intent",
  "/payment-proof",
  "/execute",
  "/confirm",
] as const;

// Guarantees that a market killed at any step of a purchase leaves exactly one payment and one execution behind.
describe("kill -9 of the market in the middle of a purchase, and the same purchase again", () => {
  test.each(steps.flatMap((step) => delays.map((ms) => [step, ms] as const)))(
    "%s, killed %i ms after the request left",
    async (step, ms) => {
      const killing = killingAt(step, ms);
      const buyer = await buyerOf(killing.fetch);
      const { order, transactionHash } = await buyer.buy(`kill-${step}-${ms}`, wishes.charging);
      expect(killing.killed()).toBe(true);
      expect(transactionHash).toMatch(/^0x[0-9a-f]{64}$/);
      expect(await booksOf(order.id)).toMatchObject(once);
    },
    MINUTES,
  );

  test(
    "whoever does not come back: an execution that was asked for ends by itself after the restart",
    async () => {
      const buyer = await buyerOf();
      const client = buyer.client.orchestration;
      const controller = new AbortController();
      const key = "gone";
      const stopped = await buyer
        .buy(key, {
          ...wishes.charging,
          signal: controller.signal,
          onStep: ({ step, state }) => step === "proof" && state === "done" && controller.abort(),
        })
        .catch((error: { orderId?: string }) => error);
      const orderId = (stopped as { orderId: string }).orderId;
      const asked = client.executeMarketOrder(orderId, {}, buyer.pairingToken).catch(() => undefined);
      await until("the run", async () => {
        const { rows } = await database.query(
          "select 1 from market_orders where id = $1 and status <> 'ready'",
          [orderId],
        );
        return rows.length > 0;
      });
      await market.kill();
      await asked;
      await market.restart();
      await until(
        "the delivery",
        async () => {
          const { item } = await client.getMarketOrder(orderId);
          return item.status === "delivered";
        },
        30,
      );
      expect(await booksOf(orderId)).toMatchObject({ ...once, order: "delivered" });
    },
    5 * MINUTES,
  );
});

const errorOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string; message: string } }).error;
const asPlatform = () => ({ headers: { "x-api-key": devnet.file.api_key } });

describe("something the market needs is gone", () => {
  test(
    "its database: 503 with a reason, readiness says so, and everything goes on when it is back",
    async () => {
      const buyer = await buyerOf();
      await doors.database.shut();
      const refused = await until("the refusal", async () => {
        const response = await fetch(`${market.url}/api/v1/machines`, asPlatform());
        return response.status === 503 && response;
      });
      expect(await errorOf(refused)).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
      expect((await fetch(`${market.url}/health`)).status).toBe(200);
      const readiness = await until("readiness to tell", async () => {
        const body = (await (await fetch(`${market.url}/api/v1/readiness`)).json()) as { status: string };
        return body.status === "not_ready" && body;
      });
      expect(readiness).toMatchObject({
        checks: expect.arrayContaining([expect.objectContaining({ name: "database", status: "fail" })]),
      });
      await doors.database.open();
      await until("readiness", async () => {
        const body = (await (await fetch(`${market.url}/api/v1/readiness`)).json()) as { status: string };
        return body.status === "ready";
      });
      const { order } = await buyer.buy("after-the-database", wishes.charging);
      expect(await booksOf(order.id)).toMatchObject(once);
    },
    MINUTES,
  );

  test(
    "its database, in the middle of ten purchases: each is paid and executed once in the end",
    async () => {
      const buyer = await buyerOf();
      const buying = Array.from({ length: 10 }, (_, number) =>
        buyer.buy(`through-an-outage-${number}`, { ...wishes.charging, timeoutMs: MINUTES }),
      );
      for (let outage = 0; outage < 3; outage++) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        await doors.database.shut();
        await new Promise((resolve) => setTimeout(resolve, 300));
        await doors.database.open();
      }
      for (const { order } of await Promise.all(buying)) expect(await booksOf(order.id)).toMatchObject(once);
    },
    5 * MINUTES,
  );

  test(
    "the rating service: what needs an identity is PEAQOS_IDENTITY_UNAVAILABLE and never a pass",
    async () => {
      const buyer = await buyerOf();
      await doors.rating.shut();
      const refused = await until("the kept answer to grow old", async () => {
        const response = await fetch(`${market.url}/api/v1/market/search`, {
          method: "POST",
          headers: { "content-type": "application/json", "x-agent-pairing-token": buyer.pairingToken },
          body: JSON.stringify({ machineId: buyer.machineId, serviceType: "data.location" }),
        });
        return response.status !== 201 && response.status !== 200 && response;
      });
      expect(refused.status).toBe(503);
      expect(await errorOf(refused)).toMatchObject({ code: "PEAQOS_IDENTITY_UNAVAILABLE" });
      await doors.rating.open();
      const { order } = await buyer.buy("after-the-rating", wishes.charging);
      expect(await booksOf(order.id)).toMatchObject(once);
    },
    MINUTES,
  );

  test(
    "a seller: ENDPOINT_UNREACHABLE, the order stays ready and paid, and is executed when the seller is back",
    async () => {
      const buyer = await buyerOf();
      const client = buyer.client.orchestration;
      const controller = new AbortController();
      const stopped = await buyer
        .buy("seller-gone", {
          ...wishes.charging,
          signal: controller.signal,
          onStep: ({ step, state }) => step === "proof" && state === "done" && controller.abort(),
        })
        .catch((error: { orderId?: string }) => error);
      const orderId = (stopped as { orderId: string }).orderId;
      await doors.seller.shut();
      await expect(client.executeMarketOrder(orderId, {}, buyer.pairingToken)).rejects.toMatchObject({
        code: "ENDPOINT_UNREACHABLE",
      });
      expect((await client.getMarketOrder(orderId)).item.status).toBe("ready");
      expect((await client.getMarketPayment(orderId)).item?.status).toBe("held");
      await doors.seller.open();
      const { order } = await buyer.buy("seller-gone", wishes.charging);
      expect(order.id).toBe(orderId);
      expect(await booksOf(order.id)).toMatchObject(once);
    },
    MINUTES,
  );

  test("after all of that the audit log holds", async () => {
    const response = await fetch(`${market.url}/api/v1/audit-events/verify`, asPlatform());
    expect(await response.json()).toMatchObject({ valid: true, problems: [] });
  });
});
