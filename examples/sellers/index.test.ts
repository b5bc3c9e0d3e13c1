import { createServer, type Server } from "node:net";
import { devnetKey } from "@peaqos/devnet";
import { catalogueBody } from "@peaqos/protocol/market";
import { type TestChain, testChain } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCatalogue } from "../../services/market/src/catalogue/check.ts";
import { register } from "../../services/rating/test/fixture.ts";
import { execute, temporaryFolder } from "../seller-template/call.fixture.ts";
import { baseUnits } from "../seller-template/payments.ts";
import type { CatalogueService } from "../seller-template/types.ts";
import { type SellersConfig, sellerNames, startSellers } from "./index.ts";
import { paid } from "./paid.fixture.ts";

let chain: TestChain;
let config: Omit<SellersConfig, "dataDir">;
beforeAll(async () => {
  chain = await testChain();
  const machine = await register(chain, "station");
  const { usdc, usdt } = chain.deployment;
  config = {
    portBase: 0,
    chain: { rpcUrl: chain.url, chainId: chain.chainId, usdc, usdt },
    charger: {
      privateKey: devnetKey("test station"),
      machineId: machine.id,
      did: machine.did,
      contracts: chain.deployment,
    },
    payees: {
      priceFeed: (await chain.account("price feed")).address,
      storage: (await chain.account("storage")).address,
    },
  };
});
afterAll(() => chain.stop());

/** Headers of an order that was paid as the listing asks for. */
async function payFor(service: CatalogueService, order: string): Promise<Record<string, string>> {
  const { defaultRail, token, payeeAddress } = service.payment;
  if (defaultRail === "not-required") return { "x-peaqos-order-id": order };
  const units = baseUnits(String(service.pricing.amount), 6);
  return paid(chain, token as "USDC" | "USDT", payeeAddress as `0x${string}`, units, order);
}

test("the catalogue is what the market's catalogue file takes, with the prices and rails agreed", async () => {
  using folder = temporaryFolder();
  const { catalogue, sellers, stop } = await startSellers({ ...config, dataDir: folder.path });
  expect([...sellers.keys()]).toEqual([...sellerNames]);
  expect(catalogueBody.safeParse(catalogue).error).toBeUndefined();
  expect(readCatalogue(catalogue)).toMatchObject({ version: "1", documents: { length: 5 } });
  expect(new Set(catalogue.services.map(({ id }) => id)).size).toBe(5);
  const rows = catalogue.services.map(({ id, serviceType, pricing, payment, executionMode, operations }) => {
    expect(id).toMatch(/^svc_[0-9a-f]{12}$/);
    return [serviceType, pricing.amount, pricing.currency, payment.defaultRail, executionMode, operations];
  });
  expect(rows).toEqual([
    ["oracle.price-feed", 0.05, "USDC", "wallet", "native", ["get-latest-price"]],
    ["storage.object", 0.1, "USDT", "wdk-usdt-transfer", "native", ["put-object", "get-object"]],
    ["data.location", 0, "USD", "not-required", "native", ["geocode-site"]],
    ["network.partner-console", 0, "USD", "not-required", "external-handoff", ["open-console"]],
    ["device.control", 2.5, "USDC", "wallet", "native", ["charge-session"]],
  ]);
  const [feed, storage, , , charger] = catalogue.services;
  expect(feed?.payment).toMatchObject({
    required: true,
    supportedRails: ["wallet"],
    chain: `eip155:${chain.chainId}`,
    token: "USDC",
    tokenAddress: chain.deployment.usdc,
    payeeAddress: config.payees.priceFeed,
  });
  expect(storage?.payment).toMatchObject({ token: "USDT", tokenAddress: chain.deployment.usdt });
  expect(charger?.payment.payeeAddress).toBe((await chain.account("station")).address);
  for (const { metadata } of catalogue.services) expect((await fetch(metadata.healthUrl)).status).toBe(200);
  await stop();
  await stop();
});

test("every example can be executed again and again and side by side, paid as the listing says", async () => {
  using folder = temporaryFolder();
  const { catalogue, stop } = await startSellers({ ...config, dataDir: folder.path });
  const runs: [CatalogueService, string, Record<string, string>][] = [];
  for (const service of catalogue.services)
    for (const { operation } of service.endpoints)
      for (const n of [1, 2, 3]) {
        const order = `mord_${service.skillKey}_${operation}_${n}`;
        runs.push([service, operation, await payFor(service, order)]);
      }
  const answers = await Promise.all(
    runs.map(([service, operation, headers]) => execute(service, operation, undefined, headers)),
  );
  expect(answers.map(({ status, body }) => body.error ?? status)).toEqual(answers.map(() => 200));
  expect(runs).toHaveLength(15);
  await stop();
});

test("what has a price is refused without a payment, with the price and the payee in the answer", async () => {
  using folder = temporaryFolder();
  const { catalogue, stop } = await startSellers({ ...config, dataDir: folder.path });
  for (const service of catalogue.services.filter(({ payment }) => payment.required)) {
    const { status, body } = await execute(service, service.operations[0]!);
    expect([status, body.error.code]).toEqual([402, "payment_required"]);
    expect(body.error.message).toContain(service.payment.payeeAddress);
  }
  await stop();
});

test("a taken port stops the sellers that started", async () => {
  using folder = temporaryFolder();
  const taken: Server = createServer();
  // A block of five ports of which the last is taken: found by trying, because free ports cannot be asked for in a row.
  for (let base = 21_000; ; base += 20) {
    const listens = await new Promise<boolean>((resolve) =>
      taken.once("error", () => resolve(false)).listen(base + 14, "127.0.0.1", () => resolve(true)),
    );
    if (!listens) continue;
    await expect(startSellers({ ...config, portBase: base, dataDir: folder.path })).rejects.toThrow(
      "EADDRINUSE",
    );
    await new Promise((resolve) => taken.close(resolve));
    const { stop, catalogue } = await startSellers({ ...config, portBase: base, dataDir: folder.path });
    expect(catalogue.services[4]?.endpoints[0]?.url).toBe(`http://127.0.0.1:${base + 14}`);
    await stop();
    return;
  }
});
