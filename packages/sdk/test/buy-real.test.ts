import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testUsdcAbi } from "@peaqos/abi";
import type { CatalogueServiceInput } from "@peaqos/protocol/market";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFaultySeller, type FaultySeller } from "../../../examples/sellers/faulty/seller.ts";
import { priced } from "../../../services/market/test/shop.ts";
import { type MarketWorld, marketWorld, type WorldAgent } from "../../../services/market/test/world.ts";
import { PeaqosClient, type PurchaseError } from "../src/index.ts";
import { fileJournal } from "../src/node.ts";
import { type BuyParams, memoryJournal, payWithWallet } from "../src/orchestration/index.ts";
import { contractsOf } from "./fixture.ts";

/** `buy` against the real market, chain, rating service, database and seller. */

let world: MarketWorld;
let agent: WorldAgent;
let seller: FaultySeller;
let folder: string;
/** In front of the market: loses the answer to the nth request of a purchase, which the market has carried out. */
let lossy: { url: string; requests: string[]; loseAt: number; stop: () => Promise<void> };

beforeAll(async () => {
  world = await marketWorld();
  const machine = await world.machine("buyer of the SDK");
  agent = await world.agent(machine, {
    name: "agent of the SDK",
    policy: { perTransactionLimit: 0.5, dailySpendLimit: 100, currency: "USD" },
  });
  seller = await createFaultySeller({ id: "svc_sdk" });
  await world.putService(listed("svc_sdk", 0.4));
  folder = await mkdtemp(join(tmpdir(), "peaqos-buy-"));
  lossy = await losing(world.market.url);
}, 60_000);
afterAll(async () => {
  await lossy.stop();
  await seller.stop();
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The seller's service at a price. */
const listed = (id: string, price: number) =>
  ({ ...seller.listing(), ...priced(world, id, price) }) as CatalogueServiceInput;

async function losing(target: string): Promise<typeof lossy> {
  const state = { url: "", requests: [] as string[], loseAt: -1, stop: async () => {} };
  const server = createServer((incoming, outgoing) => {
    const lost = state.requests.push(incoming.url ?? "") - 1 === state.loseAt;
    const call = forward(
      `${target}${incoming.url}`,
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        if (lost) {
          answer.resume().on("end", () => incoming.socket.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(call);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  state.stop = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return state;
}

/** The agent's wallet and the market, as a fresh process would make them. */
const newClient = (orchestrationUrl = world.market.url) =>
  new PeaqosClient({
    rpcUrl: world.chain.url,
    account: agent.account,
    contracts: contractsOf(world.chain),
    orchestrationUrl,
  });
const purchase = (more: Partial<BuyParams> = {}): BuyParams => ({
  machineId: agent.machine.id,
  agentPairingId: agent.pairingId,
  pairingToken: agent.token,
  search: { serviceType: seller.listing().serviceType },
  input: { text: "hello" },
  maxSpend: { amount: "0.4", currency: "USD" },
  ...more,
});
const sellerHas = async () =>
  Number(
    await world.chain.publicClient.readContract({
      address: world.chain.deployment.usdc,
      abi: testUsdcAbi,
      functionName: "balanceOf",
      args: [world.seller],
    }),
  ) / 400_000;

test("from search to confirmation", async () => {
  const client = newClient();
  const before = await sellerHas();
  const steps: string[] = [];
  const wish = purchase({
    pay: payWithWallet(client, memoryJournal()),
    confirm: true,
    idempotencyKey: "to-the-end",
    onStep: ({ step, state }) => steps.push(`${step} ${state}`),
  });
  const bought = await client.orchestration.buy(wish);
  expect(bought).toMatchObject({
    order: { status: "confirmed", serviceId: "svc_sdk" },
    outcome: { status: "completed", result: { text: "hello" } },
    payment: { amount: 0.4, outcome: "settled" },
  });
  expect(await sellerHas()).toBe(before + 1);
  expect(steps.at(-1)).toBe("confirm done");
  // The same purchase once more is the finished one, also after its confirmation.
  expect(await client.orchestration.buy(wish)).toMatchObject({
    order: { id: bought.order.id, status: "confirmed" },
    outcome: { result: { text: "hello" } },
  });
  expect(await sellerHas()).toBe(before + 1);
  expect(await client.orchestration.waitForOrder(bought.order.id, { until: ["confirmed"] })).toMatchObject({
    id: bought.order.id,
  });
});

/** Guarantees that nothing leaves the wallet beyond the limit of the caller or of the machine's owner. */
test("beyond maxSpend, and beyond the policy of the pairing", async () => {
  const client = newClient();
  const before = await sellerHas();
  const pay = payWithWallet(client, memoryJournal());
  const refusal = (params: BuyParams) =>
    client.orchestration.buy(params).catch((error: PurchaseError) => error as PurchaseError);
  expect(await refusal(purchase({ pay, maxSpend: { amount: "0.399999", currency: "USD" } }))).toMatchObject({
    code: "MAX_SPEND_EXCEEDED",
    orderId: undefined,
  });
  const { search: _, ...direct } = purchase({
    pay,
    serviceId: "svc_dear",
    maxSpend: { amount: 5, currency: "USD" },
  });
  await world.putService(listed("svc_dear", 0.6));
  expect(await refusal(direct)).toMatchObject({ code: "AGENT_SPEND_LIMIT_EXCEEDED", step: "order" });
  expect(await sellerHas()).toBe(before);
});

/** Guarantees that nobody pays for an order whose input its provider would refuse. */
test.each<[string, BuyParams["input"], string]>([
  ["a key too many", { text: "hello", extra: 1 }, "input.extra"],
  ["a key that is missing", undefined, "input.text"],
])("%s in the input: nothing is ordered or paid", async (_, input, field) => {
  const client = newClient();
  const before = await sellerHas();
  const pay = payWithWallet(client, memoryJournal());
  const ordersOf = async () =>
    (await client.orchestration.listMarketOrders({ machineId: agent.machine.id, limit: 500 })).items.length;
  const orders = await ordersOf();
  const { input: _input, ...searched } = purchase({ pay });
  const { search: _search, ...direct } = { ...searched, serviceId: "svc_sdk" };
  for (const params of [searched, direct]) {
    const asked = { ...params, ...(input !== undefined && { input }) };
    const stop = await client.orchestration
      .buy(asked)
      .catch((error: PurchaseError) => error as PurchaseError);
    expect(stop).toMatchObject({ code: "VALIDATION_ERROR", step: "order", orderId: undefined });
    expect((stop as PurchaseError).message).toContain(field);
    expect((stop as PurchaseError).hint).toContain('such as {"text":"hello"}');
  }
  expect(await ordersOf()).toBe(orders);
  expect(await sellerHas()).toBe(before);
});

/** Guarantees one order, one payment and one execution although any one answer is lost and the process starts anew. */
describe("an answer is lost, the process ends, the next one goes on", () => {
  test.each([0, 1, 2, 3, 4])("request %d of the purchase", async (nth) => {
    const before = await sellerHas();
    const effects = seller.effects();
    const key = `lost-${nth}`;
    const journal = () => fileJournal(join(folder, key));
    lossy.requests.length = 0;
    lossy.loseAt = nth;
    const first = newClient(lossy.url);
    const stop = await first.orchestration
      .buy(purchase({ pay: payWithWallet(first, journal()), idempotencyKey: key, timeoutMs: 0 }))
      .catch((error: PurchaseError) => error);
    lossy.loseAt = -1;
    expect(stop).toMatchObject({ name: "PurchaseError", idempotencyKey: key });
    const second = newClient(lossy.url);
    const bought = await second.orchestration.buy(
      purchase({ pay: payWithWallet(second, journal()), idempotencyKey: key }),
    );
    expect(bought.outcome?.result).toMatchObject({ text: "hello" });
    expect(await sellerHas()).toBe(before + 1);
    expect(seller.effects() - effects).toBe(1);
    const again = await newClient().orchestration.buy(
      purchase({ pay: payWithWallet(second, journal()), idempotencyKey: key }),
    );
    expect(again.order.id).toBe(bought.order.id);
    expect(await sellerHas()).toBe(before + 1);
  });
});
