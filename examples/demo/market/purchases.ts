import { join } from "node:path";
import type { PeaqosClient } from "@peaqos/peaq-os-sdk";
import { fileJournal } from "@peaqos/peaq-os-sdk/node";
import {
  type BuyParams,
  buy,
  type MarketOrder,
  type PurchaseJournal,
  payWithWallet,
} from "@peaqos/peaq-os-sdk/orchestration";
import type { Screen } from "../screen.ts";
import type { Buyer } from "./agent.ts";

/** What the agent buys, one after the other. */

export type Wish = {
  name: string;
  /** What the agent looks for. */
  search: NonNullable<BuyParams["search"]>;
  input: Record<string, unknown>;
  maxUsd: string;
  /** Left delivered when it is to be disputed. */
  confirm: boolean;
};

export const wishes: readonly Wish[] = [
  {
    name: "a price feed",
    search: { serviceType: "oracle.price-feed", operation: "get-latest-price" },
    input: { base: "EUR", quote: "USD" },
    maxUsd: "0.50",
    confirm: true,
  },
  {
    name: "object storage",
    search: { serviceType: "storage.object", operation: "put-object" },
    input: { contentBase64: Buffer.from("a year of charging sessions").toString("base64") },
    maxUsd: "0.50",
    confirm: false,
  },
  {
    name: "geocoding",
    search: { serviceType: "data.location", operation: "geocode-site" },
    input: { siteId: "461655" },
    maxUsd: "0",
    confirm: true,
  },
  {
    name: "a hand-off",
    search: { serviceType: "network.partner-console", operation: "open-console", allowExternalHandoff: true },
    input: {},
    maxUsd: "0",
    confirm: true,
  },
  {
    name: "a charging session",
    search: { serviceType: "device.control", operation: "charge-session" },
    input: { connectorId: 1, kilowattHours: 5 },
    maxUsd: "3.00",
    confirm: true,
  },
];

export type Bought = {
  wish: string;
  order: MarketOrder;
  amount: number | null;
  transactionHash: string | null;
  result: unknown;
};

/** @param scope names the purchases of this chain and day: the same scope again finds what was bought. */
export async function buyAll(
  client: PeaqosClient,
  buyer: Buyer,
  place: { dataDir: string; scope: string },
  screen: Screen,
): Promise<Bought[]> {
  const journal = fileJournal(join(place.dataDir, "demo-purchases"));
  const pay = payWithWallet(client, journal);
  const all: Bought[] = [];
  for (const [index, { name, confirm, search, input, maxUsd }] of wishes.entries()) {
    screen.line();
    screen.line(`(${"abcde"[index]}) ${name}`);
    const key = `${place.scope}-${"abcde"[index]}`;
    const known = await bought(client, key, journal);
    const purchase =
      known ??
      (await buy(client, {
        machineId: buyer.machineId,
        agentPairingId: buyer.pairingId,
        pairingToken: buyer.pairingToken,
        search,
        input,
        maxSpend: { amount: maxUsd, currency: "USD" },
        pay,
        journal,
        idempotencyKey: key,
        confirm,
        pollMs: 50,
      }));
    const { order, payment, outcome } = purchase;
    const transactionHash = purchase.transactionHash ?? payment?.proof?.transactionHash ?? null;
    const result = outcome === null ? order.handoff : outcome.result;
    const amount = payment?.amount ?? null;
    const paid = amount === null ? "free" : `${amount.toFixed(2)} ${payment?.currency}`;
    screen.line(`${order.id} ${order.status}, ${paid}: ${short(JSON.stringify(result))}`);
    if (outcome?.status === "failed") throw new Error(`${name}: ${outcome.errorMessage}`);
    all.push({ wish: name, order, amount, transactionHash, result });
  }
  return all;
}

/** A purchase that an earlier run has brought to its end. */
async function bought(client: PeaqosClient, key: string, journal: PurchaseJournal) {
  const orderId = (await journal.get(`purchase:${key}`))?.orderId;
  if (typeof orderId !== "string") return null;
  const market = client.orchestration;
  const { item: order } = await market.getMarketOrder(orderId);
  if (order.status !== "confirmed" && order.status !== "disputed") return null;
  const { item: payment } = await market.getMarketPayment(orderId);
  const outcome = order.outcomeId == null ? null : (await market.getOutcome(order.outcomeId)).item;
  return { order, payment, outcome: order.handoff == null ? outcome : null, transactionHash: null };
}

const short = (text: string) => (text.length > 200 ? `${text.slice(0, 199)}…` : text);
