import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@peaqos/devnet/postgres";
import { faultyRpc, testChain } from "@peaqos/testkit";
import { expect, test } from "vitest";
import { createRatingService } from "../src/index.ts";
import {
  ask,
  caughtUp,
  cleanIndex,
  dump,
  logger,
  ratingFixture,
  register,
  settingsFor,
  submit,
  until,
} from "./fixture.ts";

test("PostgreSQL killed: 503 with a reason while it is away, right answers by themselves once it is back", async () => {
  await using chain = await testChain();
  const dataDir = mkdtempSync(join(tmpdir(), "peaqos-rating-"));
  let postgres = await startPostgres({ dataDir });
  const port = Number(new URL(postgres.url).port);
  const databaseUrl = await postgres.createDatabase("rating");
  const service = await createRatingService(settingsFor(chain, databaseUrl), { logger });
  await service.start();
  const machine = await register(chain, "outlives its database");
  await submit(chain, machine);
  await until(
    () => ask(service, `/mcr/${machine.did}`),
    (answer) => answer.body?.event_count === 1,
  );
  process.kill(postgres.pid, "SIGKILL");
  await postgres.exited;
  const away = await until(
    () => ask(service, `/mcr/${machine.did}`),
    (answer) => answer.status === 503,
  );
  expect(away.body).toEqual({ detail: "Database unavailable" });
  for (const path of [`/machine/${machine.did}`, `/mcr/${machine.did}/inputs`, "/machines/1"])
    expect((await ask(service, path)).status, path).toBe(503);
  expect((await ask(service, "/health")).status).toBe(200);
  expect((await ask(service, "/ready")).status).toBe(503);
  await submit(chain, machine);
  // The server is gone already; this gives its directory free.
  await postgres.stop();
  postgres = await startPostgres({ dataDir, port });
  await until(
    () => ask(service, `/mcr/${machine.did}`),
    (answer) => answer.body?.event_count === 2,
  );
  await until(
    () => ask(service, "/ready"),
    (answer) => answer.status === 200,
  );
  await caughtUp(chain, databaseUrl);
  expect(await dump(databaseUrl)).toEqual(await cleanIndex(chain));
  await service.stop();
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test("the chain's node away: the last data is served, not ready says so, and a restart does not need it", async () => {
  await using fixture = await ratingFixture();
  await using rpc = await faultyRpc(fixture.chain.url);
  const machine = await register(fixture.chain, "alone");
  await caughtUp(fixture.chain, fixture.databaseUrl);
  rpc.httpStatus(502);
  const settings = settingsFor(fixture.chain, fixture.databaseUrl, { PEAQOS_RPC_URL: rpc.url });
  const service = await createRatingService(settings, { logger });
  await service.start();
  expect((await ask(service, `/mcr/${machine.did}`)).status).toBe(200);
  const ready = await ask(service, "/ready");
  expect([ready.status, ready.body.rpc_connected]).toEqual([503, false]);
  rpc.httpStatus(undefined);
  await until(
    () => ask(service, "/ready"),
    (answer) => answer.status === 200,
  );
  await service.stop();
});

test("before the whole chain was read nobody is called unregistered", async () => {
  await using chain = await testChain();
  await using rpc = await faultyRpc(chain.url);
  rpc.httpStatus(502);
  const postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase("rating");
  const service = await createRatingService(settingsFor(chain, databaseUrl, { PEAQOS_RPC_URL: rpc.url }), {
    logger,
  });
  await service.start();
  const answer = await ask(service, "/mcr/0x00000000000000000000000000000000000000ff");
  expect([answer.status, answer.body]).toEqual([503, { detail: "Chain unavailable" }]);
  rpc.httpStatus(undefined);
  await until(
    () => ask(service, "/mcr/0x00000000000000000000000000000000000000ff"),
    ({ status }) => status === 404,
  );
  await service.stop();
  await postgres.stop();
});
