/**
 * A machine gets an identity, reports its work and is rated: the whole story in the processes a user has, from an
 * empty directory over a stop and a kill to the independent checker. The tests run in their order, on one devnet.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventRegistryAbi } from "@peaqos/abi";
import { viemChain } from "@peaqos/devnet";
import { createPublicClient, type Hex, http } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seedPlan } from "../apps/devnet/src/seeds/plan.ts";
import { ask, checker, type DevnetProcess, freePortBase, startDevnetProcess } from "./lib/devnet.ts";
import { isBusy, killTrees, type Program, runScript, until } from "./lib/processes.ts";

const ROWS = 3_395;
const PAID_ROWS = 379;
/** The charging session that the demo's agent buys becomes a revenue event of the station. */
const SOLD_SESSIONS = 1;
const MINUTES = 60_000;

type Rating = { mcr: string; mcr_score: number; event_count: number; last_updated: number };
type Explain = {
  raw_score: number;
  factors: { id: string; points: number }[];
  adjustments: { points: number }[];
  evidence: { downgraded: { reason: string; count: number }[] };
};
type DemoResult = {
  shift_seconds: number;
  imports: Record<"activity" | "revenue", { sent: number; already_on_chain: number; failed: number }>;
  made: Record<"registered" | "minted" | "described", number>;
  stations: { station: string; did: string; machine_id: string }[];
  checker: { equal: boolean | null };
  seconds: number;
};

let dataDir: string;
let ports: number;
let devnet: DevnetProcess;
let firstRatings: Record<string, Rating>;
let stations: DemoResult["stations"];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "peaqos-story-"));
  ports = await freePortBase();
});
afterAll(async () => {
  await devnet?.stop();
  rmSync(dataDir, { recursive: true, force: true });
}, MINUTES);

async function ratings(): Promise<Record<string, Rating>> {
  const entries = devnet.file.machines.map(
    async ({ name, did }) => [name, await ask<Rating>(devnet.file, `/mcr/${did}`)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

const chain = () =>
  createPublicClient({
    chain: viemChain({ chainId: devnet.file.chain_id, url: devnet.file.urls.rpc }),
    transport: http(devnet.file.urls.rpc),
    cacheTime: 0,
  });

/** Transactions that stored events after the seeds, as the node tells them now. */
async function eventLogs(fromBlock: bigint) {
  return chain().getContractEvents({
    address: devnet.file.contracts.eventRegistry,
    abi: eventRegistryAbi,
    eventName: "EventSubmitted",
    fromBlock,
  });
}

const demo = (...args: string[]): Program =>
  runScript("examples/demo/main.ts", ["--data-dir", dataDir, "--json", ...args]);

describe("the first story", () => {
  test(
    "first start: every seeded machine has the rating its name says, and it explains itself",
    async () => {
      devnet = await startDevnetProcess(dataDir, ports);
      const plan = seedPlan(Math.floor(Date.now() / 1000));
      firstRatings = await ratings();
      expect(Object.keys(firstRatings).sort()).toEqual(plan.machines.map(({ name }) => name).sort());
      for (const machine of plan.machines) {
        const { did } = devnet.file.machines.find(({ name }) => name === machine.name)!;
        const rated = firstRatings[machine.name]!;
        expect([machine.name, rated.mcr]).toEqual([machine.name, machine.rating]);
        expect(rated.event_count).toBe(machine.events.length);
        const { factors, adjustments, raw_score, evidence } = await ask<Explain>(
          devnet.file,
          `/mcr/${did}/explain`,
        );
        const points = [...factors, ...adjustments].reduce((sum, each) => sum + each.points, 0);
        expect(points).toBe(raw_score);
        const refused = new Map<string, number>();
        for (const event of machine.events)
          if (event.evidence.kind === "refused")
            refused.set(event.evidence.trick, (refused.get(event.evidence.trick) ?? 0) + 1);
        const told = new Map(evidence.downgraded.map(({ reason, count }) => [reason, count]));
        expect([machine.name, told]).toEqual([machine.name, refused]);
      }
    },
    MINUTES,
  );

  test(
    "stop and start again: same machines, same ratings, within two seconds where nothing else runs",
    async () => {
      const { file } = devnet;
      await devnet.stop();
      devnet = await startDevnetProcess(dataDir, ports);
      expect(devnet.file.machines).toEqual(file.machines);
      expect(await ratings()).toEqual(firstRatings);
      if (!isBusy()) expect(devnet.took).toBeLessThan(2_000);
    },
    MINUTES,
  );

  test(
    "Guarantee: a kill -9 of everything in the middle of the demo loses no acknowledged event, and the next run doubles none",
    async () => {
      const before = await chain().getBlockNumber();
      const killed = demo();
      await until("events of the demo", async () => (await eventLogs(before)).length > 1_000);
      const acknowledged = await eventLogs(before);
      killTrees([killed.child.pid!, devnet.program.child.pid!]);
      await Promise.all([killed.ended, devnet.program.ended]);

      devnet = await startDevnetProcess(dataDir, ports);
      const kept = new Map(
        (await eventLogs(before)).map((log) => [`${log.transactionHash} ${log.logIndex}`, log]),
      );
      for (const log of acknowledged) {
        const found = kept.get(`${log.transactionHash} ${log.logIndex}`);
        expect(found?.blockHash).toBe(log.blockHash);
        expect(found?.args).toEqual(log.args);
      }

      const again = demo();
      expect([await again.ended, again.stderr()]).toEqual([0, again.stderr()]);
      const result = JSON.parse(again.stdout()) as DemoResult;
      stations = result.stations;
      const { activity, revenue } = result.imports;
      expect(activity.already_on_chain).toBeGreaterThanOrEqual(1_000 - PAID_ROWS);
      expect(activity.already_on_chain + activity.sent).toBe(ROWS);
      expect(revenue.already_on_chain + revenue.sent).toBe(PAID_ROWS);
      expect([activity.failed, revenue.failed]).toEqual([0, 0]);
      expect((await eventLogs(before)).length).toBe(ROWS + PAID_ROWS + SOLD_SESSIONS);
      expect(await distinctEvents()).toBe(ROWS + PAID_ROWS);
      expect(result.checker.equal).not.toBe(false);
    },
    5 * MINUTES,
  );

  test(
    "a third run of the demo has nothing left to do, keeps the shift, and takes less than a minute where nothing else runs",
    async () => {
      const head = await chain().getBlockNumber();
      const third = demo();
      expect([await third.ended, third.stderr()]).toEqual([0, third.stderr()]);
      const result = JSON.parse(third.stdout()) as DemoResult;
      expect(result.imports.activity.sent + result.imports.revenue.sent).toBe(0);
      expect(result.made).toEqual({ registered: 0, minted: 0, described: 0 });
      expect(await chain().getBlockNumber()).toBe(head);
      expect(result.stations).toHaveLength(105);
      if (!isBusy()) expect(result.seconds).toBeLessThan(60);
    },
    5 * MINUTES,
  );

  test.skipIf(!hasPython())(
    "the independent checker finds every figure of every machine, seeded and imported, now and on past days",
    () => {
      const machines = [
        ...devnet.file.machines.map(({ name, did }) => ({ name, did })),
        ...stations.map(({ station, did }) => ({ name: `station ${station}`, did })),
      ];
      const list = join(dataDir, "all-machines.json");
      writeFileSync(list, JSON.stringify({ ...devnet.file, machines }));
      for (const more of [
        ["--history", "100"],
        ["--as-of", daysAgo(30), "--basis", "dated"],
      ]) {
        const { status, stdout, stderr } = spawnSync("python3", [checker, "--all-machines", list, ...more], {
          encoding: "utf8",
          maxBuffer: 64 * 1024 * 1024,
        });
        expect([
          status,
          stderr,
          stdout.split("\n").filter((line) => /^\d+ machines:|[1-9]\d* differ/.test(line)),
        ]).toEqual([
          0,
          "",
          [
            expect.stringMatching(
              new RegExp(`^${machines.length} machines: ${machines.length} equal, 0 differ`),
            ),
          ],
        ]);
      }
    },
    5 * MINUTES,
  );
});

/** Events of the stations that differ in machine, type and content. */
async function distinctEvents(): Promise<number> {
  const seen = new Set<string>();
  for (const { machine_id } of stations) {
    for (let offset = 0n; ; offset += 100n) {
      const page = (await chain().readContract({
        address: devnet.file.contracts.eventRegistry,
        abi: eventRegistryAbi,
        functionName: "getEvents",
        args: [BigInt(machine_id), offset, 100n],
      })) as readonly { eventType: number; dataHash: Hex }[];
      for (const { eventType, dataHash } of page) seen.add(`${machine_id} ${eventType} ${dataHash}`);
      if (page.length < 100) break;
    }
  }
  return seen.size;
}

function daysAgo(days: number): string {
  return String(Math.floor(Date.now() / 1000) - days * 86_400);
}

function hasPython(): boolean {
  return spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"]).status === 0;
}
