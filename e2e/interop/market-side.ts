import { readFileSync } from "node:fs";
import { join } from "node:path";
import { testUsdcAbi } from "@peaqos/abi";
import { type DevnetFile, type MachineEntry, viemChain } from "@peaqos/devnet";
import { createMarketService } from "@peaqos/market";
import type { CatalogueServiceInput } from "@peaqos/protocol/market";
import { createLogger } from "@peaqos/service-kit";
import {
  type Address,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
} from "viem";
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { marketEnv } from "../../apps/devnet/src/parts/market.ts";
import { readOrMakeSecrets } from "../../apps/devnet/src/secrets.ts";
import { type ExtraServices, extraServices } from "./extra-services.ts";

/** Somebody with a key of their own, PEAQ for gas and both test tokens. */
export type Person = { address: Address; privateKey: Hex; account: PrivateKeyAccount };

/** What a transfer has to be: the wire's payment has it under these names, the CLI prints it. */
export type Transfer = { token: Address; to: Address; units: bigint };

/** The devnet's market as the cases need it. */
export type MarketSide = {
  url: string;
  apiKey: string;
  /** CAIP-2. */
  chain: string;
  usdc: Address;
  usdt: Address;
  /** Ids of the example sellers' services and of the few that only the cases need. */
  services: Record<"priceFeed" | "storage" | "geocoding" | "console" | "charger", string> &
    ExtraServices["ids"];
  /** A seeded machine, which has keys and an identity and is not on the market yet. */
  machine(name: string): MachineEntry;
  keyOf(machine: MachineEntry): { account: PrivateKeyAccount };
  /** A request of our own, with the platform key unless there is a token. */
  call(
    method: string,
    path: string,
    options?: { body?: unknown; token?: string; url?: string; headers?: Record<string, string> },
    // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  ): Promise<{ status: number; body: any }>;
  person(): Promise<Person>;
  /** Moves tokens for real; the transaction is mined. */
  pay(payer: Person, transfer: Transfer): Promise<Hex>;
  /** The same, signed and not sent yet: its hash is known before. */
  signed(payer: Person, transfer: Transfer): Promise<{ hash: Hex; send(): Promise<void> }>;
  /** A transfer that the token refuses: mined, and failed. */
  payInVain(payer: Person, transfer: Transfer): Promise<Hex>;
  /** Brings a seeded machine to the market, active. @returns its id there. */
  onboard(machine: MachineEntry): Promise<string>;
  /** A new agent, paired with the machine under this delegation policy. */
  pair(
    machineId: string,
    delegationPolicy?: object,
  ): Promise<{ agent: Person; pairingId: string; token: string }>;
  /** Another replica of the market, with other settings or another time. @returns its URL. */
  replica(settings?: Record<string, string>, aheadMs?: number): Promise<string>;
  stop(): Promise<void>;
};

export async function startMarketSide(
  file: DevnetFile,
  fund: (address: string) => Promise<void>,
): Promise<MarketSide> {
  const { contracts, chain_id: chainId, api_key: apiKey, urls } = file;
  const chain = viemChain({ chainId, url: urls.rpc });
  const transport = http(urls.rpc);
  const publicClient = createPublicClient({ chain, transport, pollingInterval: 10, cacheTime: 0 });
  const admin = privateKeyToAccount(file.accounts.find(({ role }) => role === "admin")!.private_key);
  const replicas: { stop(): Promise<void> }[] = [];
  let minting: Promise<unknown> = Promise.resolve();

  const send = async (
    account: PrivateKeyAccount,
    address: Address,
    name: "mint" | "transfer",
    args: [Address, bigint],
  ) => {
    const wallet = createWalletClient({ account, chain, transport });
    // USDT's transfer returns nothing; the call data are the same.
    const hash = await wallet.writeContract({ address, abi: testUsdcAbi, functionName: name, args });
    const { status } = await publicClient.waitForTransactionReceipt({ hash });
    if (status !== "success") throw new Error(`${name} of ${args[1]} to ${args[0]} failed: ${hash}`);
    return hash;
  };

  const call: MarketSide["call"] = async (method, path, { body, token, url = urls.market, headers } = {}) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        "content-type": "application/json",
        ...(token === undefined ? { "x-api-key": apiKey } : { "x-agent-pairing-token": token }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };

  // What the devnet put on the market at its start, so that the cases' services stand beside the sellers'.
  const listed = JSON.parse(readFileSync(join(file.data_dir, "catalogue.json"), "utf8"))
    .services as CatalogueServiceInput[];
  const idOf = (providerKey: string) => listed.find((each) => each.providerKey === providerKey)!.id;
  const extra = await extraServices(
    chainId,
    contracts,
    file.accounts.find(({ role }) => role === "seller")!.address,
  );
  const body = { version: "interop", services: [...listed, ...extra.services] };
  const put = await call("PUT", "/market/catalogue", { body });
  if (put.status !== 200) throw new Error(`the catalogue was refused: ${JSON.stringify(put.body)}`);

  const succeeded = async (method: string, path: string, body: unknown) => {
    const answer = await call(method, path, { body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body.item;
  };

  const side: MarketSide = {
    url: urls.market,
    apiKey,
    chain: `eip155:${chainId}`,
    usdc: contracts.usdc,
    usdt: contracts.usdt,
    services: {
      priceFeed: idOf("example-price-feed"),
      storage: idOf("example-storage"),
      geocoding: idOf("example-geocoding"),
      console: idOf("example-network"),
      charger: idOf("example-charger"),
      ...extra.ids,
    },
    keyOf: ({ private_key }) => ({ account: privateKeyToAccount(private_key) }),
    machine: (name) => file.machines.find((each) => each.name === name)!,
    call,
    person() {
      const privateKey = generatePrivateKey();
      const account = privateKeyToAccount(privateKey);
      const made = minting.then(async () => {
        await fund(account.address);
        for (const token of [contracts.usdc, contracts.usdt])
          await send(admin, token, "mint", [account.address, 1_000_000_000n]);
        return { address: account.address, privateKey, account };
      });
      minting = made.catch(() => undefined);
      return made;
    },
    pay: (payer, { token, to, units }) => send(payer.account, token, "transfer", [to, units]),
    async signed(payer, { token, to, units }) {
      const wallet = createWalletClient({ account: payer.account, chain, transport });
      const data = encodeFunctionData({ abi: testUsdcAbi, functionName: "transfer", args: [to, units] });
      const request = await wallet.prepareTransactionRequest({ to: token, data, gas: 200_000n });
      const serializedTransaction = await wallet.signTransaction(request);
      return {
        hash: keccak256(serializedTransaction),
        async send() {
          await wallet.sendRawTransaction({ serializedTransaction });
        },
      };
    },
    async payInVain(payer, { token, to }) {
      const wallet = createWalletClient({ account: payer.account, chain, transport });
      const args = [to, 10n ** 30n] as const;
      const hash = await wallet.writeContract({
        address: token,
        abi: testUsdcAbi,
        functionName: "transfer",
        args,
        gas: 200_000n,
      });
      await publicClient.waitForTransactionReceipt({ hash });
      return hash;
    },
    async onboard({ name, did, private_key }) {
      const { challengeId, message } = await succeeded("POST", "/machine-identity/challenges", {
        identityRef: did,
      });
      const signature = await privateKeyToAccount(private_key).signMessage({ message });
      const { id } = await succeeded("POST", "/machines", {
        displayName: name,
        ownerId: "op_interop",
        machineType: "robot",
        runtimeProfile: "linux",
        identityRef: did,
        identityProof: { challengeId, signature },
      });
      await succeeded("PATCH", `/machines/${id}`, { status: "active" });
      return id;
    },
    async pair(machineId, delegationPolicy = {}) {
      const agent = await side.person();
      const path = `/machines/${machineId}/agent-pairings`;
      const profile = { agentAddress: agent.address, agentProvider: "interop", agentRole: "buyer" };
      const { challengeId, message } = await succeeded("POST", `${path}/challenges`, profile);
      const signature = await agent.account.signMessage({ message });
      const pairing = await succeeded("POST", path, {
        ...profile,
        agentProof: { challengeId, signature },
        delegationPolicy,
      });
      return { agent, pairingId: pairing.id, token: pairing.pairingToken };
    },
    async replica(settings = {}, aheadMs = 0) {
      const env = marketEnv({
        rpcUrl: urls.rpc,
        chainId,
        contracts,
        databaseUrl: file.database_urls.market,
        ratingUrl: urls.rating,
        port: 0,
        logFile: "",
        secrets: readOrMakeSecrets(file.data_dir),
        catalogueFile: undefined,
      });
      const service = await createMarketService(
        { ...env, PEAQOS_MARKET_WORKERS: "false", ...settings },
        {
          logger: createLogger({ service: "market", level: "silent" }),
          clock: { now: () => new Date(Date.now() + aheadMs) },
        },
      );
      await service.start();
      replicas.push(service);
      return service.url;
    },
    async stop() {
      await Promise.all(replicas.map((each) => each.stop()));
      await extra.stop();
    },
  };
  return side;
}
