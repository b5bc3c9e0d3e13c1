import { letAnybodyAddAttributes } from "@peaqos/contracts";
import { faults, faultyRpc, testChain, testDatabase } from "@peaqos/testkit";
import { expect, test } from "vitest";
import { createRatingService } from "../src/index.ts";
import {
  admin,
  ask,
  caughtUp,
  cleanIndex,
  dump,
  logger,
  ratingFixture,
  register,
  registerFor,
  setAttribute,
  settingsFor,
  submit,
  submitBatch,
  until,
} from "./fixture.ts";

test("several events in one transaction are all read, in their order", async () => {
  await using fixture = await ratingFixture();
  const { chain, get } = fixture;
  const machine = await register(chain, "batcher");
  const events = Array.from({ length: 12 }, (_, i) => ({ type: 0 as const, value: BigInt(100 + i) }));
  await submitBatch(chain, machine, events);
  await submit(chain, machine, { type: 0, value: 999n });
  await until(
    () => get(`/mcr/${machine.did}`),
    (answer) => answer.body?.event_count === 13,
  );
  const { body } = await get(`/mcr/${machine.did}/inputs`);
  expect(body.items.map((item: { value: number }) => item.value)).toEqual([
    ...events.map((e) => Number(e.value)),
    999,
  ]);
  expect(new Set(body.items.slice(0, 12).map((item: { tx_hash: string }) => item.tx_hash)).size).toBe(1);
});

test("more events of one machine than one getEvents call returns", async () => {
  await using fixture = await ratingFixture();
  const { chain, get } = fixture;
  const machine = await register(chain, "busy");
  for (let i = 0; i < 3; i++)
    await submitBatch(
      chain,
      machine,
      Array.from({ length: 60 }, () => ({})),
    );
  await until(
    () => get(`/mcr/${machine.did}`),
    (answer) => answer.body?.event_count === 180,
  );
});

test("flags, overrides, operators, tokens and attributes follow the chain", async () => {
  await using fixture = await ratingFixture();
  const { chain, get } = fixture;
  const operator = await register(chain, "operator");
  const machine = await registerFor(chain, operator.account, "managed");
  await setAttribute(chain, machine.account, "documentation_url", "https://example.org/a");
  await setAttribute(chain, machine.account, "documentation_url", "https://example.org/b", true);
  await admin(chain, "flagMachine", machine.id);
  await admin(chain, "setTrustOverride", machine.id, 20n);
  await caughtUp(chain, fixture.databaseUrl);
  const profile = await get(`/machine/${machine.did}`);
  expect(profile.body.peaqos).toMatchObject({
    operator: operator.did,
    documentation_url: "https://example.org/b",
    negative_flag: true,
  });
  await admin(chain, "clearFlag", machine.id);
  await admin(chain, "clearTrustOverride", machine.id);
  await caughtUp(chain, fixture.databaseUrl);
  const { body } = await get(`/mcr/${machine.did}/inputs`);
  expect(body.machine.flags).toEqual([{ at: expect.any(Number), cleared_at: expect.any(Number) }]);
  expect(body.machine.overrides).toEqual([
    { at: expect.any(Number), value: 20, cleared_at: expect.any(Number) },
  ]);
  expect((await get(`/mcr/${machine.did}`)).body.negative_flag).toBe(false);
});

test("an attribute that a stranger wrote is not in force", async () => {
  await using fixture = await ratingFixture();
  const { chain } = fixture;
  const machine = await register(chain, "target");
  await letAnybodyAddAttributes((method, params) => chain.admin(method, params), true);
  await setAttribute(
    chain,
    await chain.account("stranger"),
    "data_visibility",
    "onchain",
    false,
    machine.account.address,
  );
  await caughtUp(chain, fixture.databaseUrl);
  expect((await fixture.get(`/machine/${machine.did}`)).body.peaqos.data_visibility).toBe("private");
});

test("a reorganisation takes back what is gone and reads what came instead", async () => {
  await using fixture = await ratingFixture();
  const { chain, get } = fixture;
  const machine = await register(chain, "reorg");
  await submit(chain, machine, { type: 0, value: 100n });
  for (const value of [200n, 300n, 400n]) await submit(chain, machine, { type: 0, value });
  await until(
    () => get(`/mcr/${machine.did}`),
    (answer) => answer.body?.total_revenue === 1000,
  );
  await chain.admin("anvil_rollback", [3]);
  await submit(chain, machine, { type: 0, value: 7n });
  const after = await until(
    () => get(`/mcr/${machine.did}`),
    (answer) => answer.body?.total_revenue === 107,
  );
  expect(after.body.event_count).toBe(2);
  await caughtUp(chain, fixture.databaseUrl);
  expect(await dump(fixture.databaseUrl)).toEqual(await cleanIndex(chain));
});

test("a reorganisation deeper than the kept hashes near the head still ends at a common block", async () => {
  await using fixture = await ratingFixture();
  const { chain } = fixture;
  const machine = await register(chain, "deep");
  await submit(chain, machine);
  const before = await chain.admin("evm_snapshot");
  await chain.mine(150);
  await submit(chain, machine);
  await caughtUp(chain, fixture.databaseUrl);
  await chain.admin("evm_revert", [before]);
  await submit(chain, machine, { type: 0, value: 5n });
  await chain.mine(150);
  await caughtUp(chain, fixture.databaseUrl);
  expect(await dump(fixture.databaseUrl)).toEqual(await cleanIndex(chain));
});

test("a service that was stopped in the middle goes on where it was", async () => {
  await using chain = await testChain();
  await using database = await testDatabase();
  const machine = await register(chain, "resumed");
  await submit(chain, machine);
  const first = await createRatingService(settingsFor(chain, database.url), { logger });
  await first.start();
  await caughtUp(chain, database.url);
  await first.stop();
  for (let i = 0; i < 4; i++) await submit(chain, machine, { type: 0, value: 10n });
  const second = await createRatingService(settingsFor(chain, database.url), { logger });
  await second.start();
  await caughtUp(chain, database.url);
  expect((await ask(second, `/mcr/${machine.did}`)).body.event_count).toBe(5);
  expect(await dump(database.url)).toEqual(await cleanIndex(chain));
  await second.stop();
});

test("two replicas share a database: one follows, both answer, the other takes over", async () => {
  await using chain = await testChain();
  await using database = await testDatabase();
  const services = await Promise.all(
    [0, 1].map(() => createRatingService(settingsFor(chain, database.url), { logger })),
  );
  for (const service of services) await service.start();
  const [first, second] = services as [(typeof services)[0], (typeof services)[0]];
  const machine = await register(chain, "shared");
  const counts = (wanted: number) =>
    Promise.all(
      [first, second].map((service) =>
        until(
          () => ask(service, `/mcr/${machine.did}`),
          (answer) => answer.body?.event_count === wanted,
        ),
      ),
    );
  await counts(0);
  await submit(chain, machine);
  await counts(1);
  await first.stop();
  await submit(chain, machine);
  await until(
    () => ask(second, `/mcr/${machine.did}`),
    (answer) => answer.body?.event_count === 2,
  );
  await second.stop();
  expect(await dump(database.url)).toEqual(await cleanIndex(chain));
});

test("a database of another chain or of other contracts is refused by name", async () => {
  await using fixture = await ratingFixture();
  await caughtUp(fixture.chain, fixture.databaseUrl);
  await using other = await testChain({ chainId: 4242 });
  const service = await createRatingService(settingsFor(other, fixture.databaseUrl), { logger });
  await expect(service.start()).rejects.toThrow("the database follows chain 33380, the RPC is chain 4242");
  const moved = await createRatingService(
    settingsFor(fixture.chain, fixture.databaseUrl, {
      MACHINE_NFT_ADDRESS: "0x00000000000000000000000000000000000000aa",
    }),
    { logger },
  );
  await expect(moved.start()).rejects.toThrow("the database follows other contracts");
});

test("a node that is away, slow, cut off or lying delays the truth but never bends it", async () => {
  await using chain = await testChain();
  await using rpc = await faultyRpc(chain.url);
  await using database = await testDatabase();
  const settings = settingsFor(chain, database.url, { PEAQOS_RPC_URL: rpc.url });
  const service = await createRatingService(settings, { logger });
  await service.start();
  const machine = await register(chain, "lied about");
  const countIs = (wanted: number) =>
    until(
      () => ask(service, `/mcr/${machine.did}`),
      (answer) => answer.body?.event_count === wanted,
    );
  await countIs(0);

  // Logs left out: found by the registry's own count.
  rpc.set("eth_getLogs", faults.result([]), 3);
  await submit(chain, machine, { type: 0, value: 1n });
  await countIs(1);

  // Answers lost, errors, nonsense.
  rpc.set("eth_getLogs", faults.drop(), 3);
  await submit(chain, machine, { type: 0, value: 2n });
  await countIs(2);
  rpc.set("eth_call", faults.error(-32000, "header not found"), 4);
  await submit(chain, machine, { type: 0, value: 3n });
  await countIs(3);
  rpc.set("eth_call", faults.result("0x"), 4);
  await submit(chain, machine, { type: 0, value: 4n });
  await countIs(4);
  rpc.httpStatus(503, "busy");
  await submit(chain, machine, { type: 0, value: 5n });
  expect((await ask(service, `/mcr/${machine.did}`)).body.event_count).toBe(4);
  rpc.httpStatus(undefined);
  await countIs(5);

  // A record that is not the one its log announced.
  const wrongRecord = faults.change((result) =>
    typeof result === "string" && result.length > 700
      ? result.replace(/0{62}06/, `${"0".repeat(62)}63`)
      : result,
  );
  rpc.set("eth_call", wrongRecord, 3);
  await submit(chain, machine, { type: 0, value: 6n });
  await countIs(6);

  // A node that lags behind: its older head takes nothing back.
  const old = await chain.publicClient.getBlock();
  await submit(chain, machine, { type: 0, value: 7n });
  await countIs(7);
  const oldBlock = {
    ...old,
    number: `0x${old.number.toString(16)}`,
    timestamp: `0x${old.timestamp.toString(16)}`,
  };
  const lagging = JSON.parse(
    JSON.stringify(oldBlock, (_key, value) =>
      typeof value === "bigint" ? `0x${value.toString(16)}` : value,
    ),
  );
  rpc.set("eth_getBlockByNumber", faults.result(lagging), 5);
  await until(
    async () => rpc.requests.length,
    (seen) => seen > 0,
  );
  await countIs(7);
  rpc.clear();
  await caughtUp(chain, database.url);
  await service.stop();
  expect(await dump(database.url)).toEqual(await cleanIndex(chain));
});

test("logs that a node left out for good are found by comparing all blocks", async () => {
  await using chain = await testChain();
  await using rpc = await faultyRpc(chain.url);
  await using database = await testDatabase();
  const machine = await register(chain, "half read");
  await submit(chain, machine);
  const settings = settingsFor(chain, database.url, { PEAQOS_RPC_URL: rpc.url });
  const service = await createRatingService(settings, { logger });
  // Deep blocks are read without the count: the loss is only seen near the head.
  await chain.mine(200);
  rpc.set(
    "eth_getLogs",
    faults.change((result) =>
      (result as { data: string; topics: string[] }[]).filter((log) => log.topics.length < 4),
    ),
    1,
  );
  await service.start();
  await until(
    () => ask(service, `/mcr/${machine.did}`),
    (answer) => answer.body?.event_count === 1,
  );
  await caughtUp(chain, database.url);
  await service.stop();
  expect(await dump(database.url)).toEqual(await cleanIndex(chain));
});

test("a provider that allows only few blocks at once is read in smaller pieces", async () => {
  await using chain = await testChain();
  await using rpc = await faultyRpc(chain.url);
  await using database = await testDatabase();
  const machine = await register(chain, "small pieces");
  await submit(chain, machine);
  await chain.mine(300);
  rpc.set("eth_getLogs", async (request, forward) => {
    const [filter] = request.params as [{ fromBlock: string; toBlock: string }];
    return Number(filter.toBlock) - Number(filter.fromBlock) >= 40
      ? {
          jsonrpc: "2.0",
          id: request.id,
          error: { code: -32005, message: "query returned more than allowed" },
        }
      : forward();
  });
  const service = await createRatingService(settingsFor(chain, database.url, { PEAQOS_RPC_URL: rpc.url }), {
    logger,
  });
  await service.start();
  await until(
    () => ask(service, `/mcr/${machine.did}`),
    (answer) => answer.body?.event_count === 1,
  );
  await service.stop();
});
