import { identityRegistryAbi } from "@peaqos/abi";
import { parseJson } from "@peaqos/protocol";
import type { CatalogueServiceInput } from "@peaqos/protocol/market";
import { type TestChain, testChain } from "@peaqos/testkit";
import { type Address, type Hex, parseEther } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import type { MarketService } from "../src/service.ts";
import { startTestMarket, type TestMarket } from "./test-market.ts";
import { createFunds, type Payable, startRatingOf } from "./world-parts.ts";

/** A small world for tests: a chain, the rating service that follows it, and a market that asks it. Nothing is faked. */

export type WorldAnswer = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read fields of many shapes
  readonly body: any;
  readonly headers: Headers;
};

export type CallOptions = {
  /** Pairing token. */
  readonly token?: string | undefined;
  /** Idempotency-Key. */
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another replica; default: the world's market. */
  readonly on?: MarketService;
};

export type WorldMachine = {
  readonly name: string;
  readonly account: PrivateKeyAccount;
  readonly did: string;
  /** Number in the identity registry. */
  readonly registryId: bigint;
  /** The market's id. */
  readonly id: string;
};

export type WorldAgent = {
  readonly machine: WorldMachine;
  readonly address: Address;
  readonly account: PrivateKeyAccount;
  readonly pairingId: string;
  readonly token: string;
};

export type MarketWorld = AsyncDisposable & {
  readonly chain: TestChain;
  readonly market: TestMarket;
  readonly ratingUrl: string;
  /** CAIP-2 name of the chain. */
  readonly chainName: string;
  /** One request under `/api/v1`. Without options a GET is a platform call without a key. */
  call(method: string, path: string, options?: CallOptions): Promise<WorldAnswer>;
  /** A machine registered and bonded on the chain, not yet known to the market. */
  registered(name: string): Promise<Omit<WorldMachine, "id">>;
  /** The same, brought to the market with its own signature; active unless told otherwise. */
  machine(
    name: string,
    options?: { readonly activate?: boolean; readonly body?: object },
  ): Promise<WorldMachine>;
  /** An agent with a key of its own, paired with the machine. The same name gives the same key. */
  agent(
    machine: WorldMachine,
    options?: {
      readonly name?: string;
      readonly policy?: object;
      readonly fund?: boolean;
      readonly on?: MarketService;
    },
  ): Promise<WorldAgent>;
  /** A new session for the pairing; the token before is dead. */
  rotate(agent: WorldAgent): Promise<WorldAgent>;
  /** Gives an account test USDC and test USDT, in whole tokens. */
  fund(address: Address, tokens?: number): Promise<void>;
  /** The transfer that a payment asks for, for real; the transaction is mined. */
  pay(agent: WorldAgent, payment: Payable): Promise<Hex>;
  /** Adds a service to the catalogue (replacing one of the same id) through the API. Default: free, native, one operation. */
  putService(
    service: Partial<CatalogueServiceInput> & { readonly id: string },
  ): Promise<CatalogueServiceInput>;
  /** Whoever is paid for the services of `putService`. */
  readonly seller: Address;
  stopRating(): Promise<void>;
  /** After `stopRating`: the rating service again, on the same chain, database and port. */
  startRating(): Promise<void>;
};

export async function worldCall(
  base: string,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<WorldAnswer> {
  const { token, key, body } = options;
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { "x-agent-pairing-token": token }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? undefined : parseJson(text),
    headers: response.headers,
  };
}

/** @throws Error with the whole answer unless it is a success. */
export function succeeded(answer: WorldAnswer): WorldAnswer {
  if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
}

/**
 * @example
 * await using world = await marketWorld();
 * const machine = await world.machine("charger");
 * const agent = await world.agent(machine, { policy: { dailySpendLimit: 5, currency: "USD" } });
 * await world.call("POST", "/market/search", { token: agent.token, body: { machineId: machine.id } });
 */
export async function marketWorld(
  options: { readonly settings?: Readonly<Record<string, string>>; readonly chain?: TestChain } = {},
): Promise<MarketWorld> {
  const chain = options.chain ?? (await testChain());
  const { deployment } = chain;
  const chainName = `eip155:${chain.chainId}`;
  const rating = await startRatingOf(chain);
  const ratingUrl = rating.url;
  const market = await startTestMarket({
    PEAQOS_MCR_API_URL: ratingUrl,
    PEAQOS_PAYMENT_RPC_URLS: JSON.stringify({ [chainName]: chain.url }),
    PEAQOS_PAYMENT_CONFIRMATIONS: JSON.stringify({ [chainName]: 1 }),
    ...options.settings,
  });
  const seller = (await chain.account("seller")).address;
  const services = new Map<string, CatalogueServiceInput>();
  let catalogueVersion = 0;

  const call: MarketWorld["call"] = (method, path, { on, ...rest } = {}) =>
    worldCall(on === undefined ? market.api : `${on.url}/api/v1`, method, path, rest);

  const registered: MarketWorld["registered"] = async (name) => {
    const account = await chain.account(name);
    const read = (functionName: "machineIdOfOwner") =>
      chain.publicClient.readContract({
        address: deployment.identityRegistry,
        abi: identityRegistryAbi,
        functionName,
        args: [account.address],
      });
    if ((await read("machineIdOfOwner")) === 0n) {
      const hash = await chain.wallet(account).writeContract({
        address: deployment.identityRegistry,
        abi: identityRegistryAbi,
        functionName: "register",
        value: parseEther("1"),
      });
      await chain.publicClient.waitForTransactionReceipt({ hash });
    }
    const did = `did:peaq:${account.address}`;
    while ((await fetch(`${ratingUrl}/machine/${did}`)).status !== 200)
      await new Promise((resolve) => setImmediate(resolve));
    return { name, account, did, registryId: await read("machineIdOfOwner") };
  };

  const sessionFor = async (
    machine: WorldMachine,
    account: PrivateKeyAccount,
    path: string,
    body: object,
    on?: MarketService,
  ): Promise<{ id: string; pairingToken: string }> => {
    const agentFields = { agentAddress: account.address, agentProvider: "anthropic", agentRole: "buyer" };
    const pairings = `/machines/${machine.id}/agent-pairings`;
    const challenge = succeeded(await call("POST", `${pairings}/challenges`, { body: agentFields })).body
      .item;
    const agentProof = {
      challengeId: challenge.challengeId,
      signature: await account.signMessage({ message: challenge.message }),
    };
    const fields = path === "" ? agentFields : {};
    return succeeded(
      await call("POST", `${pairings}${path}`, {
        ...(on === undefined ? {} : { on }),
        body: { ...fields, agentProof, ...body },
      }),
    ).body.item;
  };

  const { fund, pay } = createFunds(chain);

  return {
    chain,
    market,
    ratingUrl,
    chainName,
    seller,
    call,
    registered,

    async machine(name, { activate = true, body = {} } = {}) {
      const machine = await registered(name);
      const challenge = succeeded(
        await call("POST", "/machine-identity/challenges", { body: { identityRef: machine.did } }),
      ).body.item;
      const created = succeeded(
        await call("POST", "/machines", {
          body: {
            displayName: name,
            ownerId: "op_world",
            machineType: "robot",
            runtimeProfile: "linux-docker",
            identityRef: machine.did,
            identityProof: {
              challengeId: challenge.challengeId,
              signature: await machine.account.signMessage({ message: challenge.message }),
            },
            ...body,
          },
        }),
      ).body.item;
      if (activate) succeeded(await call("PATCH", `/machines/${created.id}`, { body: { status: "active" } }));
      return { ...machine, id: created.id };
    },

    async agent(machine, { name = `agent of ${machine.name}`, policy = {}, fund: funded = true, on } = {}) {
      const account = await chain.account(name);
      if (funded) await fund(account.address);
      const fields = { delegationPolicy: policy };
      const { id, pairingToken } = await sessionFor(machine, account, "", fields, on);
      return { machine, account, address: account.address, pairingId: id, token: pairingToken };
    },

    async rotate(agent) {
      const path = `/${agent.pairingId}/sessions`;
      const { pairingToken } = await sessionFor(agent.machine, agent.account, path, {});
      return { ...agent, token: pairingToken };
    },

    fund,

    pay: (agent, payment) => pay(agent.account, payment),

    async putService(given) {
      const service: CatalogueServiceInput = {
        skillKey: `${given.id}-skill`,
        providerKey: `${given.id}-provider`,
        providerLabel: given.id,
        serviceType: "oracle.price-feed",
        name: given.id,
        operationContracts: [{ operation: "get-latest-price", exampleInput: { baseSymbol: "EUR" } }],
        ...given,
      };
      services.set(service.id, service);
      catalogueVersion++;
      const body = { version: `world-${catalogueVersion}`, services: [...services.values()] };
      succeeded(await call("PUT", "/market/catalogue", { body }));
      return service;
    },

    stopRating: () => rating.stop(),
    startRating: () => rating.start(),

    async [Symbol.asyncDispose]() {
      await market[Symbol.asyncDispose]();
      await rating[Symbol.asyncDispose]();
      if (options.chain === undefined) await chain.stop();
    },
  };
}
