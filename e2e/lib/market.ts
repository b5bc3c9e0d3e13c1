import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DevnetFile } from "@peaqos/devnet";
import { PeaqosClient } from "@peaqos/peaq-os-sdk";
import {
  type BuyParams,
  buy,
  memoryJournal,
  type Purchase,
  type PurchaseJournal,
  payWithWallet,
} from "@peaqos/peaq-os-sdk/orchestration";
import pg from "pg";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { devnetKey } from "../../apps/devnet/src/accounts.ts";
import { marketEnv } from "../../apps/devnet/src/parts/market.ts";
import { freePort } from "../../apps/devnet/src/process/ports.ts";
import type { Secrets } from "../../apps/devnet/src/secrets.ts";
import { type Program, runScript, until } from "./processes.ts";

/** Markets in processes of their own on a devnet's chain, ratings and sellers, with a database of their own. */

export type MarketProcess = {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  program: Program;
  /** kill -9, and wait until it is gone. */
  kill(): Promise<void>;
  /** In order. */
  stop(): Promise<void>;
  /** The same settings and port again; ready when it resolves. */
  restart(): Promise<void>;
};

export async function freshDatabase(file: DevnetFile, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: file.database_urls.market });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(file.database_urls.market);
  url.pathname = `/${name}`;
  return url.href;
}

/** The devnet's settings for a market on that database; `more` wins. */
export function settingsFor(
  file: DevnetFile,
  databaseUrl: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const secrets = JSON.parse(readFileSync(join(file.data_dir, "secrets.json"), "utf8")) as Secrets;
  return {
    ...marketEnv({
      rpcUrl: file.urls.rpc,
      chainId: file.chain_id,
      databaseUrl,
      ratingUrl: file.urls.rating,
      port: 0,
      logFile: "",
      contracts: file.contracts,
      secrets,
      catalogueFile: join(file.data_dir, "catalogue.json"),
    }),
    PEAQOS_LOG_LEVEL: "warn",
    PEAQOS_MARKET_CHECK_ANSWERS: "true",
    ...more,
  };
}

export async function startMarketProcess(env: Readonly<Record<string, string>>): Promise<MarketProcess> {
  const port = await freePort();
  const settings = { ...env, PEAQOS_MARKET_PORT: String(port) };
  const url = `http://127.0.0.1:${port}`;
  const start = async () => {
    const program = runScript("services/market/src/main.ts", [], settings);
    let code: number | undefined;
    void program.ended.then((exit) => {
      code = exit;
    });
    await until("the market", async () => {
      if (code !== undefined) throw new Error(`the market ended (${code}): ${program.stderr()}`);
      const response = await fetch(`${url}/health`).catch(() => undefined);
      return response?.ok === true;
    });
    return program;
  };
  const process: MarketProcess = {
    url,
    env: settings,
    program: await start(),
    async kill() {
      process.program.child.kill("SIGKILL");
      await process.program.ended;
    },
    async stop() {
      process.program.child.kill("SIGTERM");
      await process.program.ended;
    },
    async restart() {
      process.program = await start();
    },
  };
  return process;
}

/** The catalogue with some of its services' ports replaced. */
export function catalogueVia(file: DevnetFile, ports: ReadonlyMap<number, number>, path: string): string {
  let text = readFileSync(join(file.data_dir, "catalogue.json"), "utf8");
  for (const [from, to] of ports) text = text.replaceAll(`127.0.0.1:${from}`, `127.0.0.1:${to}`);
  writeFileSync(path, text);
  return path;
}

export type Buyer = {
  readonly client: PeaqosClient;
  readonly machineId: string;
  readonly pairingId: string;
  readonly pairingToken: string;
  readonly journal: PurchaseJournal;
  buy(key: string, what: Partial<BuyParams>): Promise<Purchase>;
};

/** The devnet's funded agent, for the devnet's seeded machine, paired anew on this market. */
export async function pairedBuyer(
  file: DevnetFile,
  marketUrl: string,
  options: { readonly policy: Readonly<Record<string, unknown>>; readonly fetch?: typeof fetch },
): Promise<Buyer> {
  const agent = privateKeyToAccount(devnetKey("agent"));
  const machine = file.machines.find(({ name }) => name === "aa-delivery-drone")!;
  const { adminFlags, wpeaq, usdc, usdt, batchExecutor, ...contracts } = file.contracts;
  const client = new PeaqosClient({
    rpcUrl: file.urls.rpc,
    privateKey: devnetKey("agent"),
    contracts,
    apiUrl: file.urls.rating,
    orchestrationUrl: marketUrl,
    apiKey: file.api_key,
    pollingIntervalMs: 20,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  const market = client.orchestration;
  const sign = (key: Hex, message: string) => privateKeyToAccount(key).signMessage({ message });
  const known = (await market.listMachines()).items.find(({ identityRef }) => identityRef === machine.did);
  let machineId = known?.id;
  if (machineId === undefined) {
    const { item } = await market.createMachineIdentityChallenge({ identityRef: machine.did });
    const created = await market.createMachine({
      displayName: machine.name,
      ownerId: "e2e",
      machineType: "robot",
      runtimeProfile: "linux-native",
      identityRef: machine.did,
      identityProof: {
        challengeId: item.challengeId,
        signature: await sign(machine.private_key, item.message),
      },
    });
    machineId = created.item.id;
    await market.updateMachine(machineId, { status: "active" });
  }
  const profile = { agentAddress: agent.address, agentProvider: "e2e", agentRole: "buyer" };
  const { item: challenge } = await market.createAgentPairingChallenge(machineId, profile);
  const { item: pairing } = await market.createAgentPairing(machineId, {
    ...profile,
    agentProof: {
      challengeId: challenge.challengeId,
      signature: await sign(devnetKey("agent"), challenge.message),
    },
    delegationPolicy: {
      allowedSkillKeys: [],
      deniedSkillKeys: [],
      allowedServiceIds: [],
      deniedServiceIds: [],
      currency: "USD",
      ...options.policy,
    },
  });
  const journal = memoryJournal();
  const pay = payWithWallet(client, journal);
  const id = machineId;
  const pairingToken = pairing.pairingToken ?? "";
  return {
    client,
    machineId: id,
    pairingId: pairing.id,
    pairingToken,
    journal,
    buy: (key, what) =>
      buy(client, {
        machineId: id,
        agentPairingId: pairing.id,
        pairingToken,
        maxSpend: { amount: "5", currency: "USD" },
        pay,
        journal,
        idempotencyKey: key,
        confirm: true,
        pollMs: 20,
        ...what,
      }),
  };
}

export const wishes = {
  prices: { search: { serviceType: "oracle.price-feed" }, input: { base: "EUR", quote: "USD" } },
  storage: {
    search: { serviceType: "storage.object", operation: "put-object" },
    input: { contentBase64: "SGVsbG8sIG1hY2hpbmUh" },
  },
  geocoding: { search: { serviceType: "data.location" }, input: { siteId: "461655" } },
  handoff: { search: { serviceType: "network.partner-console", allowExternalHandoff: true }, input: {} },
  charging: {
    search: { serviceType: "device.control" },
    input: { connectorId: 1, kilowattHours: 5 },
  },
} as const;

/** Sessions that the charging station itself remembers for an order. */
export function sessionsOf(file: DevnetFile, orderId: string): number {
  const text = readFileSync(join(file.data_dir, "sellers", "charger", "sessions.jsonl"), "utf8");
  return text
    .split("\n")
    .filter((line) => line.includes('"kind":"session"') && line.includes(`"scope":"${orderId}"`)).length;
}
