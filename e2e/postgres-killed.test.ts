import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityRegistryAbi } from "@peaqos/abi";
import { type Postgres, startPostgres } from "@peaqos/devnet/postgres";
import { createRatingService } from "@peaqos/rating";
import { type TestChain, testChain } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ratingEnv } from "../apps/devnet/src/parts/rating.ts";
import { until } from "./lib/processes.ts";

let folder: string;
let chain: TestChain;
let postgres: Postgres;
let service: Awaited<ReturnType<typeof createRatingService>>;
let did: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "peaqos-postgres-killed-"));
  [chain, postgres] = await Promise.all([testChain(), startPostgres({ dataDir: join(folder, "postgres") })]);
  const machine = await chain.account("machine");
  did = `did:peaq:${machine.address}`;
  const hash = await chain.wallet(machine).writeContract({
    address: chain.deployment.identityRegistry,
    abi: identityRegistryAbi,
    functionName: "register",
    value: 10n ** 18n,
  });
  await chain.publicClient.waitForTransactionReceipt({ hash });
  service = await createRatingService(
    ratingEnv({
      rpcUrl: chain.url,
      chainId: chain.chainId,
      databaseUrl: await postgres.createDatabase("rating"),
      port: 0,
      contracts: chain.deployment,
      attestors: [],
      logFile: join(folder, "rating.log"),
    }),
  );
  await service.start();
});

afterAll(async () => {
  await service?.stop();
  await Promise.all([chain?.stop(), postgres?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const status = async (path: string) => (await fetch(`${service.url}${path}`)).status;

test("PostgreSQL killed while the service runs: 503 with a reason, and ratings again when it is back", async () => {
  await until("the first rating", async () => (await status(`/mcr/${did}`)) === 200);

  process.kill(postgres.pid, "SIGKILL");
  await postgres.exited;
  const refused = await until("the refusal", async () => {
    const response = await fetch(`${service.url}/machine/${did}`);
    return response.status === 503 && response;
  });
  expect(await refused.json()).toEqual({ detail: expect.any(String) });
  expect(await status("/health")).toBe(200);
  expect(await status("/ready")).toBe(503);

  const { port } = postgres;
  await postgres.stop();
  postgres = await startPostgres({ dataDir: join(folder, "postgres"), port });
  await until("ratings again", async () => (await status(`/machine/${did}`)) === 200);
  await until("readiness again", async () => (await status("/ready")) === 200);
}, 60_000);
