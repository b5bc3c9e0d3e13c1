import { eventRegistryAbi } from "@peaqos/abi";
import { devnetKey } from "@peaqos/devnet";
import { faults, faultyRpc, type TestChain } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  caughtUp,
  type Fixture,
  type Machine,
  ratingFixture,
  register,
  registerFor,
} from "../../../services/rating/test/fixture.ts";
import { execute, temporaryFolder } from "../../seller-template/call.fixture.ts";
import { paid, paidHeaders, transfer } from "../paid.fixture.ts";
import { rawData } from "./revenue.ts";
import { type ChargerConfig, createChargerSeller } from "./seller.ts";

let fixture: Fixture;
let chain: TestChain;
let count = 0;
beforeAll(async () => {
  fixture = await ratingFixture();
  chain = fixture.chain;
});
afterAll(() => fixture[Symbol.asyncDispose]());

const PRICE = 2_500_000n;

type Charging = { machine: Machine; privateKey: `0x${string}` };

/** A registered machine of its own for each test. */
async function newMachine(operator?: string): Promise<Charging> {
  count += 1;
  const name = `charger ${count}`;
  const machine =
    operator === undefined
      ? await register(chain, name)
      : await registerFor(chain, await chain.account(operator), name);
  return { machine, privateKey: devnetKey(`test ${name}`) };
}

async function start({ machine, privateKey }: Charging, dataDir: string, more: Partial<ChargerConfig> = {}) {
  const { deployment, chainId } = chain;
  const seller = await createChargerSeller({
    port: 0,
    dataDir,
    rpcUrl: chain.url,
    token: { chainId, symbol: "USDC", address: deployment.usdc, decimals: 6 },
    machine: { privateKey, machineId: machine.id, did: machine.did, contracts: deployment },
    ...more,
  });
  return Object.assign(seller, { [Symbol.asyncDispose]: () => seller.stop() });
}

const pay = ({ machine }: Charging, order: string) =>
  paid(chain, "USDC", machine.account.address, PRICE, order);

const events = ({ machine }: Charging) =>
  chain.publicClient.readContract({
    address: chain.deployment.eventRegistry,
    abi: eventRegistryAbi,
    functionName: "getEvents",
    args: [machine.id, 0n, 100n],
  });

const charge = "charge-session";
const key = (value: string) => ({ "idempotency-key": value });

/** Guarantees that a paid session is believed: its event points at the payment, and the rating service finds it there. */
test("a paid session becomes a revenue event that the rating verifies", async () => {
  using folder = temporaryFolder();
  const charging = await newMachine();
  const { machine } = charging;
  await using seller = await start(charging, folder.path);
  const payment = await pay(charging, "mord_1");
  const { status, body } = await execute(seller.listing(), charge, undefined, payment);
  expect([status, body.energyWh, body.station]).toEqual([200, 5_000, machine.did]);
  expect(body.revenueEvent).toEqual({
    status: "recorded",
    transactionHash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    value: 250,
    currency: "USD",
    reason: null,
  });
  const [event, ...more] = await events(charging);
  expect(more).toEqual([]);
  expect(event).toMatchObject({
    eventType: 0,
    value: 250n,
    currency: "USD",
    trustLevel: 1,
    sourceChainId: BigInt(chain.chainId),
    sourceTxHash: payment.hash,
  });
  await caughtUp(chain, fixture.databaseUrl);
  const inputs = (await fixture.get(`/mcr/${machine.did}/inputs`)).body;
  expect(inputs.items).toMatchObject([{ trust_effective: 1, trust_reason: null, paid: true }]);
});

/** Guarantees at most one session and one event for an order, however often and under whatever key it is asked for. */
test("one order gets one session and one event: repeated, side by side, under a new key, after a restart", async () => {
  using folder = temporaryFolder();
  const charging = await newMachine();
  const payment = await pay(charging, "mord_2");
  const ask = async (seller: Awaited<ReturnType<typeof start>>, run: string) =>
    (await execute(seller.listing(), charge, undefined, { ...payment, ...key(run) })).body;
  const bodies = [];
  {
    await using seller = await start(charging, folder.path);
    bodies.push(...(await Promise.all(["run_1", "run_1", "run_1"].map((run) => ask(seller, run)))));
    bodies.push(await ask(seller, "run_2"));
  }
  await using again = await start(charging, folder.path);
  bodies.push(await ask(again, "run_1"), await ask(again, "run_3"));
  expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  expect(bodies[0].stopTransaction.transactionId).toBe(1);
  expect(await events(charging)).toHaveLength(1);
});

test("sessions side by side: each its own transaction and event, the meter without gap or overlap", async () => {
  using folder = temporaryFolder();
  const charging = await newMachine();
  await using seller = await start(charging, folder.path);
  const payments = [];
  for (let n = 0; n < 8; n += 1) payments.push(await pay(charging, `mord_side_${n}`));
  const bodies = (
    await Promise.all(payments.map((headers) => execute(seller.listing(), charge, undefined, headers)))
  ).map(({ body }) => body);
  const starts = bodies.map((body) => body.startTransaction.meterStart).sort((a, b) => a - b);
  expect(starts).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((n) => n * 5_000));
  expect(new Set(bodies.map((body) => body.stopTransaction.transactionId)).size).toBe(8);
  const recorded = (await events(charging)).map(({ sourceTxHash }) => sourceTxHash);
  expect(recorded.sort()).toEqual(payments.map(({ hash }) => hash).sort());
  expect(new Set(bodies.map((body) => body.revenueEvent.status))).toEqual(new Set(["recorded"]));
});

/** Guarantees that nothing is given for a payment that the chain does not show, or that served another order. */
test("what does not pay for the order gets no session and makes no event", async () => {
  using folder = temporaryFolder();
  const charging = await newMachine();
  const { address } = charging.machine.account;
  await using seller = await start(charging, folder.path);
  const { usdc, usdt } = chain.deployment;
  const buyer = (await chain.account("buyer")).address;
  const ask = async (headers: Record<string, string>) => {
    const { status, body } = await execute(seller.listing(), charge, undefined, headers);
    return [status, body.error?.code ?? body.revenueEvent.status];
  };
  const claim = (hash: `0x${string}`, payer = buyer, chainId = chain.chainId) =>
    paidHeaders(chainId, { hash, payer, payee: address, units: PRICE, symbol: "USDC", order: "mord_x" });
  const right = await transfer(chain, { token: usdc, to: address, units: PRICE });

  expect(await ask({})).toEqual([402, "payment_required"]);
  expect(await ask(claim(`0x${"ab".repeat(32)}`))).toEqual([503, "payment_not_confirmed"]);
  expect(await ask(claim(right, buyer, 1))).toEqual([402, "payment_mismatch"]);
  expect(await ask(claim(right, address))).toEqual([402, "payment_mismatch"]);
  const dust = await transfer(chain, { token: usdc, to: address, units: PRICE - 1n });
  expect(await ask(claim(dust))).toEqual([402, "payment_mismatch"]);
  const wrongToken = await transfer(chain, { token: usdt, to: address, units: PRICE });
  expect(await ask(claim(wrongToken))).toEqual([402, "payment_mismatch"]);
  const elsewhere = await transfer(chain, { token: usdc, to: chain.adminAccount.address, units: PRICE });
  expect(await ask(claim(elsewhere))).toEqual([402, "payment_mismatch"]);
  const reverted = await chain.wallet(chain.adminAccount).sendTransaction({
    to: usdc,
    data: "0xdeadbeef",
    gas: 100_000n,
  });
  expect(await ask(claim(reverted))).toEqual([402, "payment_failed"]);
  expect(await events(charging)).toEqual([]);

  const two = await Promise.all(
    ["mord_first", "mord_second"].map((order) => ask({ ...claim(right), "x-peaqos-order-id": order })),
  );
  expect(two.sort()).toEqual([
    [200, "recorded"],
    [402, "payment_used"],
  ]);
  expect(await events(charging)).toHaveLength(1);
});

test("a payment by the machine's own operator is served, but is no revenue", async () => {
  using folder = temporaryFolder();
  const charging = await newMachine("fleet operator");
  await using seller = await start(charging, folder.path);
  const operator = await chain.account("fleet operator");
  const headers = await paid(chain, "USDC", charging.machine.account.address, PRICE, "mord_own", operator);
  const { status, body } = await execute(seller.listing(), charge, undefined, headers);
  expect([status, body.revenueEvent]).toEqual([
    200,
    {
      status: "none",
      transactionHash: null,
      value: null,
      currency: null,
      reason: "the payer is the station itself or its operator",
    },
  ]);
  expect(await events(charging)).toEqual([]);
});

/** Guarantees that lost messages and crashes around the event's submission neither lose it nor make a second one. */
test.each([
  ["the node never saw the transaction", () => faults.drop()],
  ["the node took the transaction, its answer was lost", () => faults.loseAnswer()],
  ["the node refuses all transactions", () => faults.error(-32000, "internal error")],
])("a crash in the middle of a report: %s", async (_name, fault) => {
  using folder = temporaryFolder();
  const charging = await newMachine();
  await using rpc = await faultyRpc(chain.url);
  const payment = await pay(charging, "mord_crash");
  let first: { revenueEvent: { status: string } };
  {
    await using seller = await start(charging, folder.path, { rpcUrl: rpc.url, reportRetryMs: 60_000 });
    rpc.set("eth_sendRawTransaction", fault());
    first = (await execute(seller.listing(), charge, undefined, { ...payment, ...key("run_1") })).body;
    rpc.clear();
  }
  await using seller = await start(charging, folder.path);
  const later = (await execute(seller.listing(), charge, undefined, { ...payment, ...key("run_2") })).body;
  expect(later.revenueEvent.status).toBe("recorded");
  expect({ ...later, revenueEvent: null }).toEqual({ ...first, revenueEvent: null });
  const [event, ...more] = await events(charging);
  expect(more).toEqual([]);
  expect(event?.sourceTxHash).toBe(payment.hash);
});

test("a chain that is away at the report does not hold the session up; the station goes on by itself", async () => {
  using folder = temporaryFolder();
  const charging = await newMachine();
  await using rpc = await faultyRpc(chain.url);
  const payment = await pay(charging, "mord_away");
  await using seller = await start(charging, folder.path, { rpcUrl: rpc.url, reportRetryMs: 1 });
  rpc.set("eth_sendRawTransaction", faults.error(-32000, "internal error"));
  const { status, body } = await execute(seller.listing(), charge, undefined, payment);
  expect([status, body.revenueEvent.status]).toEqual([200, "pending"]);
  expect(rawData(body).length).toBeGreaterThan(0);
  rpc.clear();
  while ((await events(charging)).length === 0) await new Promise((resolve) => setImmediate(resolve));
});

test("unpaid sessions, where they are served, make no event", async () => {
  using folder = temporaryFolder();
  const charging = await newMachine();
  await using seller = await start(charging, folder.path, { unpaid: "serve" });
  const { body } = await execute(seller.listing(), charge);
  expect(body.revenueEvent).toMatchObject({ status: "none", reason: "nothing was paid on a chain" });
  const wrong = await execute(seller.listing(), charge, { connectorId: 3, kilowattHours: 5 });
  expect([wrong.status, wrong.body.error.code]).toEqual([422, "invalid_input"]);
  const much = await execute(seller.listing(), charge, { connectorId: 1, kilowattHours: 10.5 });
  expect(much.body.error.message).toContain("kilowattHours must be <= 10");
});
