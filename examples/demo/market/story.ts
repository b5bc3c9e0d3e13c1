import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PeaqosClient, queryMcr, queryMcrExplain } from "@peaqos/peaq-os-sdk";
import { OrchestrationApiError } from "@peaqos/peaq-os-sdk/orchestration";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Running } from "../devnet.ts";
import { demoKey } from "../keys.ts";
import type { RatedStation } from "../ratings.ts";
import type { Screen } from "../screen.ts";
import { type Buyer, DAILY_USD, fundAgent, pairedBuyer } from "./agent.ts";
import { type Disputed, disputeAndResolve } from "./dispute.ts";
import { type Bought, buyAll, wishes } from "./purchases.ts";
import { marketFetch, shellLines, type Told } from "./wire.ts";

/** The second half of the demo: an agent buys for a station, is stopped by its limit, disputes, and the audit log holds. */

const CHARGER = "bb-charger-for-sale";
/** An order's time is that of its transaction's begin. */
const CLOCK_MARGIN_MS = 1_000;

export type MarketResult = {
  machine_id: string;
  pairing_id: string;
  orders: { wish: string; id: string; status: string; amount: number | null; transaction: string | null }[];
  refused: { code: string; message: string; details: unknown } | null;
  dispute: Disputed;
  audit: { valid: boolean; chains: number; events: number };
  charger: { before: string; after: string; points_before: number; points_after: number };
  requests: number;
  transactions: Hex[];
};

/** Names of files as they can be typed where npm runs its scripts. */
type Place = { dataDir: string; shown: (path: string) => string; environment: string; chain: string };

export async function marketStory(
  running: Running,
  buyerStation: RatedStation,
  place: Place,
  screen: Screen,
): Promise<MarketResult | null> {
  const { file } = running;
  const charger = file.machines.find(({ name }) => name === CHARGER);
  if (file.sellers.length === 0 || charger === undefined) {
    screen.heading("The market");
    screen.line("This devnet runs without its example sellers: nothing to buy here.");
    return null;
  }
  const told: Told = { requests: 0, transactions: [] };
  const agent = privateKeyToAccount(demoKey("agent"));
  const client = clientOf(running, screen, told);
  const started = Date.now() - CLOCK_MARGIN_MS;
  const before = await queryMcr(client, charger.did);

  screen.heading(`An agent for station ${buyerStation.id}, with ${DAILY_USD} USD a day`);
  const tokenFile = join(place.dataDir, "demo-agent.token");
  for (const line of shellLines(place.environment, place.shown(tokenFile))) screen.copy(line);
  await fundAgent(running, agent.address, screen, told);
  const buyer = await pairedBuyer(client, agent, buyerStation);
  writeFileSync(tokenFile, `${buyer.pairingToken}\n`, { mode: 0o600 });
  chmodSync(tokenFile, 0o600);
  screen.line(`agent ${agent.address} buys for machine ${buyer.machineId}`);

  screen.heading("It buys");
  const day = new Date().toISOString().slice(0, 10);
  const scope = `demo-${place.chain.slice(2, 10)}-${day}`;
  const bought = await buyAll(client, buyer, { dataDir: place.dataDir, scope }, screen);

  screen.heading("Its next wish: another charging session");
  const refused = await refusedWish(client, buyer, scope, bought, screen);

  screen.heading("It disputes what it stored");
  const disputed = bought.find(({ wish }) => wish === "object storage");
  const dispute = await disputeAndResolve(
    client,
    buyer,
    disputed?.order.id ?? "",
    { running, scope, told },
    screen,
  );

  screen.heading("The audit log");
  const audit = await client.orchestration.verifyAudit();
  screen.line(
    `${audit.events} rows in ${audit.chains} chains: ${audit.valid ? "all hashes fit" : `${audit.problems.length} PROBLEMS`}`,
  );

  screen.heading("The charger's rating");
  const session = bought.at(-1)?.order;
  const isNew = session !== undefined && Date.parse(session.createdAt) >= started;
  const moved = await ratingAfter(client, charger.did, isNew ? before.eventCount : -1);
  screen.copy(`curl -s $PEAQOS_MCR_API_URL/mcr/${charger.did}/explain`);
  screen.line(`${charger.name} was ${before.mcr} ${before.mcrScore}, is ${moved.mcr} ${moved.mcrScore}:`);
  for (const { id, points, max, reason } of moved.factors)
    screen.line(`  ${id.padEnd(20)} ${points} / ${max}  ${reason}`);

  return {
    machine_id: buyer.machineId,
    pairing_id: buyer.pairingId,
    orders: bought.map(({ wish, order, amount, transactionHash }) => ({
      wish,
      id: order.id,
      status: order.status,
      amount,
      transaction: transactionHash,
    })),
    refused,
    dispute,
    audit: { valid: audit.valid, chains: audit.chains, events: audit.events },
    charger: {
      before: before.mcr,
      after: moved.mcr,
      points_before: before.mcrScore ?? 0,
      points_after: moved.mcrScore,
    },
    requests: told.requests,
    transactions: told.transactions,
  };
}

function clientOf(running: Running, screen: Screen, told: Told): PeaqosClient {
  const { file } = running;
  const { adminFlags, wpeaq, usdc, usdt, batchExecutor, ...contracts } = file.contracts;
  return new PeaqosClient({
    rpcUrl: file.urls.rpc,
    privateKey: demoKey("agent"),
    contracts,
    apiUrl: file.urls.rating,
    orchestrationUrl: file.urls.market,
    apiKey: file.api_key,
    pollingIntervalMs: 20,
    fetch: marketFetch(file.urls.market, screen, told),
  });
}

/** One order too many: the answer has the numbers that say why. */
async function refusedWish(
  client: PeaqosClient,
  buyer: Buyer,
  scope: string,
  bought: readonly Bought[],
  screen: Screen,
): Promise<MarketResult["refused"]> {
  const market = client.orchestration;
  const { item } = await market.getPairingAllowance(buyer.machineId, buyer.pairingId, buyer.pairingToken);
  screen.line(`spent today ${item.spentToday} ${item.currency}, left ${item.remainingToday}`);
  const last = bought.at(-1);
  if ((item.remainingToday ?? 0) >= (last?.amount ?? 0)) {
    screen.line("A new day has begun meanwhile, and the limit is whole again: nothing to refuse.");
    return null;
  }
  try {
    const { item: order } = await market.createMarketOrder(
      {
        machineId: buyer.machineId,
        agentPairingId: buyer.pairingId,
        serviceId: last?.order.serviceId ?? "",
        operation: "charge-session",
        input: wishes.at(-1)?.input ?? {},
      },
      buyer.pairingToken,
      { idempotencyKey: `${scope}-too-much` },
    );
    throw new Error(`${order.id} passed, although only ${item.remainingToday} was left`);
  } catch (error) {
    if (!(error instanceof OrchestrationApiError)) throw error;
    const { code, details } = error;
    screen.line(`refused: ${error.message}`);
    screen.line(JSON.stringify(details));
    return { code, message: error.message, details };
  }
}

/** The explanation once the rating service has read the session's revenue event. */
async function ratingAfter(client: PeaqosClient, did: string, eventsBefore: number) {
  for (const deadline = performance.now() + 15_000; performance.now() < deadline; ) {
    const { eventCount } = await queryMcr(client, did);
    if (eventCount > eventsBefore) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return queryMcrExplain(client, did);
}
