import { adminFlagsAbi, batchAbi, didAbi, eventRegistryAbi, identityRegistryAbi } from "@peaqos/abi";
import { parseJson } from "@peaqos/protocol";
import { type TestChain, testChain, testDatabase } from "@peaqos/testkit";
import { Client } from "pg";
import { pino } from "pino";
import { encodeFunctionData, type Hex, parseEther, stringToHex, zeroHash } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { createRatingService, type RatingService } from "../src/index.ts";

/** A chain, a database and a rating service over them, and short ways to use the contracts. */

export const logger = pino({ level: process.env.TEST_LOG ?? "silent" });

export function settingsFor(
  chain: TestChain,
  databaseUrl: string,
  extra: Record<string, string> = {},
): Record<string, string> {
  const { deployment } = chain;
  return {
    PEAQOS_RPC_URL: chain.url,
    DATABASE_URL: databaseUrl,
    ...chain.contractEnv,
    PEAQOS_MCR_PORT: "0",
    PEAQOS_MCR_RATE_LIMIT: "0",
    PEAQOS_MCR_POLL_MS: "10",
    PEAQOS_MCR_CHECK_ANSWERS: "true",
    PEAQOS_PAYMENT_TOKENS: JSON.stringify([
      { chainId: chain.chainId, address: deployment.usdc, decimals: 6, symbol: "USDC" },
    ]),
    ...extra,
  };
}

export type Fixture = AsyncDisposable & {
  readonly chain: TestChain;
  readonly databaseUrl: string;
  readonly service: RatingService;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
};

export type Answer = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read fields of many shapes
  readonly body: any;
  readonly headers: Headers;
  readonly text: string;
};

export async function ask(
  service: RatingService,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${service.url}${path}`, { headers });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return {
    status: response.status,
    body: isJson && text !== "" ? parseJson(text) : undefined,
    headers: response.headers,
    text,
  };
}

export async function ratingFixture(extra: Record<string, string> = {}): Promise<Fixture> {
  const chain = await testChain();
  const database = await testDatabase();
  const service = await createRatingService(settingsFor(chain, database.url, extra), { logger });
  await service.start();
  return {
    chain,
    databaseUrl: database.url,
    service,
    get: (path, headers) => ask(service, path, headers),
    async [Symbol.asyncDispose]() {
      await service.stop();
      await chain.stop();
      await database.drop();
    },
  };
}

/** Asks again until the answer is as wished; the test's own time-out ends it. */
export async function until<T>(question: () => Promise<T>, wished: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await question();
    if (wished(answer)) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export type Machine = { readonly account: PrivateKeyAccount; readonly id: bigint; readonly did: string };

const did = (address: string) => `did:peaq:${address}`;

export async function register(chain: TestChain, name: string): Promise<Machine> {
  const account = await chain.account(name);
  await chain.wallet(account).writeContract({
    address: chain.deployment.identityRegistry,
    abi: identityRegistryAbi,
    functionName: "register",
    value: parseEther("1"),
  });
  return { account, id: await machineIdOf(chain, account.address), did: did(account.address) };
}

export async function registerFor(
  chain: TestChain,
  operator: PrivateKeyAccount,
  name: string,
): Promise<Machine> {
  const account = await chain.account(name);
  await chain.wallet(operator).writeContract({
    address: chain.deployment.identityRegistry,
    abi: identityRegistryAbi,
    functionName: "registerFor",
    args: [account.address],
    value: parseEther("1"),
  });
  return { account, id: await machineIdOf(chain, account.address), did: did(account.address) };
}

function machineIdOf(chain: TestChain, address: Hex): Promise<bigint> {
  return chain.publicClient.readContract({
    address: chain.deployment.identityRegistry,
    abi: identityRegistryAbi,
    functionName: "machineIdOfOwner",
    args: [address],
  });
}

export type EventInput = {
  readonly type?: 0 | 1;
  readonly value?: bigint;
  readonly currency?: string;
  readonly timestamp?: number;
  readonly trust?: 0 | 1 | 2;
  readonly sourceChainId?: bigint;
  readonly sourceTxHash?: Hex;
  readonly metadata?: Hex;
};

export function eventArgs(machineId: bigint, event: EventInput, timestamp: number) {
  const type = event.type ?? 1;
  return [
    machineId,
    type,
    event.value ?? 1n,
    event.currency ?? (type === 0 ? "USD" : ""),
    BigInt(event.timestamp ?? timestamp),
    zeroHash,
    event.trust ?? 0,
    event.sourceChainId ?? 0n,
    event.sourceTxHash ?? zeroHash,
    event.metadata ?? "0x",
  ] as const;
}

export async function submit(chain: TestChain, machine: Machine, event: EventInput = {}): Promise<Hex> {
  return chain.wallet(machine.account).writeContract({
    address: chain.deployment.eventRegistry,
    abi: eventRegistryAbi,
    functionName: "submitEvent",
    args: eventArgs(machine.id, event, chain.now() - 5),
  });
}

/** Many events in one transaction, through the batch precompile. */
export async function submitBatch(
  chain: TestChain,
  machine: Machine,
  events: readonly EventInput[],
): Promise<Hex> {
  const calls = events.map((event) =>
    encodeFunctionData({
      abi: eventRegistryAbi,
      functionName: "submitEvent",
      args: eventArgs(machine.id, event, chain.now() - 5),
    }),
  );
  return chain.wallet(machine.account).writeContract({
    address: chain.deployment.batchPrecompile,
    abi: batchAbi,
    functionName: "batchAll",
    args: [calls.map(() => chain.deployment.eventRegistry), [], calls, []],
    gas: 20_000_000n,
  });
}

/** Adds or updates an attribute, of the signer's own DID if no other is given. */
export async function setAttribute(
  chain: TestChain,
  account: PrivateKeyAccount,
  name: string,
  value: string,
  update = false,
  didAccount: Hex = account.address,
): Promise<void> {
  await chain.wallet(account).writeContract({
    address: chain.deployment.didRegistry,
    abi: didAbi,
    functionName: update ? "updateAttribute" : "addAttribute",
    args: [didAccount, stringToHex(name), stringToHex(value), 0],
    gas: 2_000_000n,
  });
}

export async function admin(
  chain: TestChain,
  functionName: "flagMachine" | "clearFlag" | "clearTrustOverride" | "setTrustOverride",
  ...args: bigint[]
): Promise<void> {
  await chain.wallet(chain.adminAccount).writeContract({
    address: chain.deployment.adminFlags,
    abi: adminFlagsAbi,
    functionName,
    args,
  } as never);
}

const tables: Readonly<Record<string, string>> = {
  chain_head: "select chain_id, contracts, number, hash, time, events, complete from chain_head",
  machine_facts: "select * from machine_facts order by 1, 2, 3",
  attribute_facts: "select * from attribute_facts order by 1, 2, 3, 4",
  events: `select machine_id, event_index, block_number, log_index, recorded_at, tx_hash, event_type, value, currency,
    happened_at, data_hash, trust_claimed, source_chain_id, source_tx_hash, metadata, usd, usd_source, degraded,
    scoring, class, paid, reason, evidence_due is null as final from events order by 1, 2`,
  evidence_uses: "select * from evidence_uses order by 1",
  machines: "select * from machines order by 1",
  attributes: "select * from attributes order by 1, 2",
  days: "select * from days order by 1, 2",
};

/** Everything the follower knows, but for the block hashes it keeps to recognise reorganisations. */
export async function dump(databaseUrl: string): Promise<Record<string, unknown[]>> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const result: Record<string, unknown[]> = {};
    // One snapshot: the follower may be writing.
    await client.query("begin isolation level repeatable read");
    for (const [name, sql] of Object.entries(tables)) result[name] = (await client.query(sql)).rows;
    return result;
  } finally {
    await client.end();
  }
}

/** Resolves when the database stands at the chain's newest block. */
export async function caughtUp(chain: TestChain, databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await until(
      async () => {
        const [block, { rows }] = await Promise.all([
          chain.publicClient.getBlock(),
          client.query("select '0x' || encode(hash, 'hex') as hash, complete from chain_head"),
        ]);
        return rows[0]?.complete === true && rows[0].hash === block.hash;
      },
      (there) => there,
    );
  } finally {
    await client.end();
  }
}

/** What a fresh database says after reading the same chain from its first block. */
export async function cleanIndex(
  chain: TestChain,
  extra: Record<string, string> = {},
): Promise<Record<string, unknown[]>> {
  await using database = await testDatabase();
  const service = await createRatingService(settingsFor(chain, database.url, extra), { logger });
  await service.start();
  try {
    await caughtUp(chain, database.url);
    return await dump(database.url);
  } finally {
    await service.stop();
  }
}
