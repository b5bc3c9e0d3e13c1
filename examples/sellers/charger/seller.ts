import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { baseUnits } from "../../seller-template/payments.ts";
import { createSeller } from "../../seller-template/seller.ts";
import type { Call, JsonObject, Seller } from "../../seller-template/types.ts";
import type { PaidConfig } from "../config.ts";
import contract from "./charge-session.contract.json" with { type: "json" };
import { Revenue, type RevenueConfig } from "./revenue.ts";
import { Station } from "./station.ts";

/** The machine that sells: its key signs its revenue events. */
export type ChargerMachine = {
  readonly privateKey: `0x${string}`;
  readonly machineId: bigint;
  readonly did: string;
  readonly contracts: RevenueConfig["contracts"];
};

export type ChargerConfig = Omit<PaidConfig, "payee"> & {
  readonly machine: ChargerMachine;
  /** Default: the machine's own address. The rating believes payments to the machine or its operator only. */
  readonly payee?: `0x${string}`;
  /** How long a session waits for its event to be recorded before it is answered without. Default 5,000. */
  readonly reportWaitMs?: number;
  /** Pause before a failed report is tried again; doubles up to a minute. Default 1,000. */
  readonly reportRetryMs?: number;
};

/** A station that sells charging sessions for 2.50 and reports each paid one as a revenue event with its payment. */
export async function createChargerSeller(config: ChargerConfig): Promise<Seller> {
  const { machine, token, amount = "2.50", rpcUrl } = config;
  const now = config.now ?? Date.now;
  const payee = config.payee ?? privateKeyToAccount(machine.privateKey).address;
  const station = await Station.open(join(config.dataDir, "sessions.jsonl"));
  const revenue = new Revenue(station, {
    rpcUrl,
    chainId: token.chainId,
    contracts: machine.contracts,
    privateKey: machine.privateKey,
    machineId: machine.machineId,
    cents: baseUnits(amount, 2),
  });
  const later = createRetries(station, revenue, config.reportRetryMs ?? 1_000, config.log);

  async function charge(input: JsonObject, call: Call): Promise<JsonObject> {
    const scope = call.orderId ?? call.key;
    const energyWh = Math.round(Number(input.kilowattHours) * 1_000);
    const connectorId = Number(input.connectorId);
    const own = call.payment !== null && (await revenue.related()).includes(call.payment.payer.toLowerCase());
    const before = call.payment === null ? 0n : await revenue.count();
    const delivered = await station.deliver(
      scope,
      { connectorId, energyWh, idTag: scope, startedAt: now() },
      own ? null : call.payment,
      before,
    );
    const { session } = delivered;
    const revenueEvent = await reported(
      scope,
      own ? "the payer is the station itself or its operator" : "nothing was paid on a chain",
    );
    return { station: machine.did, ...session, revenueEvent };
  }

  async function reported(scope: string, whyNone: string): Promise<JsonObject> {
    const none = { transactionHash: null, value: null, currency: null };
    if (station.report(scope) === null) return { status: "none", ...none, reason: whyNone };
    const value = { value: Number(baseUnits(amount, 2)), currency: "USD" };
    try {
      const transactionHash = await within(revenue.report(scope), config.reportWaitMs ?? 5_000);
      return { status: "recorded", transactionHash, ...value, reason: null };
    } catch (error) {
      config.log?.({ order: scope, pending: error instanceof Error ? error.message : String(error) });
      later.wake();
      return {
        status: "pending",
        transactionHash: null,
        ...value,
        reason: "the chain has not recorded it yet; the station goes on trying",
      };
    }
  }

  const service = {
    id: "svc_c4a26e500001",
    skillKey: "charging-session",
    providerKey: "example-charger",
    providerLabel: "Charging Station (example)",
    serviceType: "device.control",
    name: "Charging session",
    description: "A session of up to 10 kWh at one of two 22 kW connectors of a rated charging station.",
    capabilities: ["ev-charging", "ocpp"],
    region: "global",
    freshnessSeconds: 0,
  };
  const price = { amount, rail: "wallet", token, payee, notes: ["One session of up to 10 kWh"] } as const;
  const seller = await createSeller(
    { service, price, operations: [{ contract, run: charge }] },
    config,
  ).catch(async (error) => {
    await station.close();
    throw error;
  });
  if (station.unreported().length > 0) later.wake();
  let stopping: Promise<void> | undefined;
  async function end(): Promise<void> {
    await seller.stop();
    await later.stop();
    await revenue.idle();
    await station.close();
  }
  return {
    ...seller,
    stop() {
      stopping ??= end();
      return stopping;
    },
  };
}

/** Tries the missing reports again until none is missing. */
function createRetries(
  station: Station,
  revenue: Revenue,
  firstMs: number,
  log: ChargerConfig["log"],
): { wake(): void; stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  async function round(pause: number): Promise<void> {
    for (const scope of station.unreported()) {
      if (stopped) return;
      await revenue.report(scope).catch((error) => log?.({ order: scope, pending: String(error) }));
    }
    if (station.unreported().length > 0 && !stopped) plan(Math.min(60_000, pause * 2));
  }

  function plan(pause: number): void {
    timer = setTimeout(() => {
      timer = undefined;
      running = round(pause);
    }, pause).unref();
  }

  return {
    wake() {
      if (timer === undefined && !stopped) plan(firstMs);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not done within ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
