import { inspect } from "node:util";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, describe, expect, test, vi } from "vitest";
import { offlineOptions } from "../test/fixture.ts";
import { envNames } from "./env.ts";
import { OrchestrationConfigError, PeaqosClient, PeaqosError, ValidationError } from "./index.ts";

afterEach(() => vi.unstubAllEnvs());

const key = `0x${"11".repeat(32)}` as const;

test("construction does no I/O and keeps the defaults of the seeds", () => {
  const fetch = vi.fn();
  const client = new PeaqosClient({ ...offlineOptions, fetch });
  expect(client.address).toBe(privateKeyToAccount(key).address);
  expect(client.apiUrl).toBe("http://127.0.0.1:8000");
  expect(fetch).not.toHaveBeenCalled();
});

describe("a bad option is named", () => {
  const cases: [field: string, change: object][] = [
    ["rpcUrl", { rpcUrl: "" }],
    ["rpcUrl", { rpcUrl: "localhost:8545" }],
    ["rpcUrl", { rpcUrl: "ws://127.0.0.1:8545" }],
    ["privateKey", { privateKey: "" }],
    ["privateKey", { privateKey: "11".repeat(32) }],
    ["privateKey", { privateKey: `0x${"00".repeat(32)}` }],
    ["privateKey", { privateKey: `0x${"ff".repeat(32)}` }],
    ["contracts", { contracts: undefined }],
    ["eventRegistry", { contracts: { ...offlineOptions.contracts, eventRegistry: "" } }],
    ["machineNft", { contracts: { ...offlineOptions.contracts, machineNft: "0x12" } }],
    ["apiUrl", { apiUrl: "ftp://x" }],
    ["gasMultiplier", { gasMultiplier: 0.5 }],
    ["rpcTimeoutMs", { rpcTimeoutMs: 0 }],
    ["receiptTimeoutMs", { receiptTimeoutMs: 1.5 }],
    ["expectedChainId", { expectedChainId: "3338" }],
    ["account", { account: { address: "0x" } }],
  ];
  test.each(cases)("%s: %o", (field, change) => {
    const make = () => new PeaqosClient({ ...offlineOptions, ...change } as never);
    expect(make).toThrow(ValidationError);
    expect(make).toThrow(expect.objectContaining({ field }));
  });

  test("the market's address", () => {
    for (const orchestrationUrl of ["", "ftp://h", "nonsense"])
      expect(() => new PeaqosClient({ ...offlineOptions, orchestrationUrl })).toThrow(
        OrchestrationConfigError,
      );
    expect(
      new PeaqosClient({ ...offlineOptions, orchestrationUrl: "https://m.example" }).orchestrationUrl,
    ).toBe("https://m.example");
  });
});

/** Guarantees that neither the private key nor the API key nor a key inside a URL shows in any form of the client. */
test("no form of the client shows a secret", () => {
  const client = new PeaqosClient({
    ...offlineOptions,
    rpcUrl: "https://user:pass@rpc.example/v1/url-secret?token=t-secret",
    apiKey: "api-secret",
  });
  const forms = [
    `${client}`,
    String(client),
    JSON.stringify(client),
    inspect(client, { depth: 9, showHidden: true }),
  ];
  for (const form of forms)
    for (const secret of ["11".repeat(32), "api-secret", "url-secret", "t-secret", "pass"])
      expect(form).not.toContain(secret);
  expect(client.toJSON()).toMatchObject({
    address: client.address,
    rpcUrl: "https://rpc.example/[hidden]",
    apiKey: "[hidden]",
    privateKey: "[hidden]",
  });
  expect(Object.values(client)).not.toContain(key);
});

test("an account signs instead of a key, not beside it", () => {
  const account = privateKeyToAccount(key);
  const { privateKey: _, ...rest } = offlineOptions;
  expect(new PeaqosClient({ ...rest, account }).address).toBe(account.address);
  expect(() => new PeaqosClient({ ...offlineOptions, account })).toThrow(ValidationError);
  expect(() => new PeaqosClient(rest)).toThrow(expect.objectContaining({ field: "privateKey" }));
});

test("generateKeypair makes a frozen pair that belongs together", () => {
  const pair = PeaqosClient.generateKeypair();
  expect(Object.isFrozen(pair)).toBe(true);
  expect(privateKeyToAccount(pair.privateKey).address).toBe(pair.address);
  expect(PeaqosClient.generateKeypair().privateKey).not.toBe(pair.privateKey);
});

describe("fromEnv", () => {
  const { contracts } = offlineOptions;
  const env: Record<string, string> = {
    PEAQOS_RPC_URL: offlineOptions.rpcUrl,
    PEAQOS_PRIVATE_KEY: key,
    IDENTITY_REGISTRY_ADDRESS: contracts.identityRegistry,
    IDENTITY_STAKING_ADDRESS: contracts.identityStaking,
    EVENT_REGISTRY_ADDRESS: contracts.eventRegistry,
    MACHINE_NFT_ADDRESS: contracts.machineNft,
    DID_REGISTRY_ADDRESS: contracts.didRegistry,
    BATCH_PRECOMPILE_ADDRESS: contracts.batchPrecompile,
  };
  const set = (change: Record<string, string | undefined> = {}) => {
    for (const name of Object.values(envNames)) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries({ ...env, ...change })) vi.stubEnv(name, value);
  };

  test("the eight required variables are enough; the optional ones are read", () => {
    set();
    expect(PeaqosClient.fromEnv()).toMatchObject({ apiUrl: "http://127.0.0.1:8000", orchestrationUrl: null });
    set({
      PEAQOS_MCR_API_URL: "https://mcr.example",
      PEAQOS_ORCHESTRATION_URL: "https://market.example",
      MACHINE_NFT_ADAPTER_ADDRESS: contracts.machineNft,
      MACHINE_ACCOUNT_FACTORY_ADDRESS: "",
    });
    const client = PeaqosClient.fromEnv();
    expect(client).toMatchObject({
      apiUrl: "https://mcr.example",
      orchestrationUrl: "https://market.example",
    });
    expect(client.contracts.machineNftAdapter).toBe(contracts.machineNft);
    expect(client.contracts.machineAccountFactory).toBeUndefined();
  });

  test.each(Object.keys(env))("%s missing or empty is named", (name) => {
    for (const value of [undefined, ""]) {
      set({ [name]: value });
      expect(() => PeaqosClient.fromEnv()).toThrow(expect.objectContaining({ field: name }));
    }
    expect(() => PeaqosClient.fromEnv()).toThrow(`Set the environment variable ${name}.`);
  });
});

test("a context without a key reads, and says so when asked to send", async () => {
  const { createContext, registerMachine } = await import("./actions.ts");
  const { privateKey: _, ...rest } = offlineOptions;
  const context = createContext({
    ...rest,
    fetch: (async () => Response.json({ jsonrpc: "2.0", id: 1, result: "0x60" })) as typeof fetch,
  });
  const error = await registerMachine(context).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(PeaqosError);
  expect(error.code).toBe("NO_SIGNER");
});
