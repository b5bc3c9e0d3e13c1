import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testUsdcAbi } from "@peaqos/abi";
import { devnetKey } from "@peaqos/devnet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFaultySeller, type FaultySeller } from "../../../../../examples/sellers/faulty/seller.ts";
import { priced } from "../../../../../services/market/test/shop.ts";
import { type MarketWorld, marketWorld, type WorldAgent } from "../../../../../services/market/test/world.ts";

const bin = join(import.meta.dirname, "..", "..", "..", "bin", "peaqos.js");

let world: MarketWorld;
let agent: WorldAgent;
let seller: FaultySeller;
let cwd: string;

beforeAll(async () => {
  world = await marketWorld();
  agent = await world.agent(await world.machine("machine of the killed"), { name: "agent of the killed" });
  seller = await createFaultySeller({ id: "svc_kill" });
  await world.putService({
    ...seller.listing(),
    ...priced(world, "svc_kill", 0.25),
  } as Parameters<MarketWorld["putService"]>[0]);
  cwd = await mkdtemp(join(tmpdir(), "peaqos-killed-"));
  await writeFile(join(cwd, "agent.key"), devnetKey("test agent of the killed"), { mode: 0o600 });
  await writeFile(join(cwd, "agent.token"), agent.token, { mode: 0o600 });
  await writeFile(join(cwd, "input.json"), '{"text":"hello"}');
}, 60_000);
afterAll(async () => {
  await seller.stop();
  await world[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

/** Runs the command as a process of its own; kills it as soon as it says `killAt` on stderr. */
async function peaqos(line: readonly string[], killAt?: string) {
  const child = spawn(process.execPath, [bin, "scale", ...line, "--json"], {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOME: cwd,
      PEAQOS_ORCHESTRATION_URL: world.market.url,
      PEAQOS_RPC_URL: world.chain.url,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (killAt !== undefined && stderr.includes(killAt)) child.kill("SIGKILL");
  });
  const code = await new Promise<number | null>((done) => child.on("close", done));
  return { code, stdout, stderr };
}

const sellerHas = async () =>
  Number(
    await world.chain.publicClient.readContract({
      address: world.chain.deployment.usdc,
      abi: testUsdcAbi,
      functionName: "balanceOf",
      args: [world.seller],
    }),
  ) / 250_000;
const orders = async () =>
  (await world.call("GET", `/market/orders?machineId=${agent.machine.id}`)).body.items as { id: string }[];

const paying = ["--pairing-token-file", "agent.token", "--payment-key-file", "agent.key"];
const line = [
  ...["order", "svc_kill", "--machine-id", "", "--agent-pairing-id", ""],
  ...["--input", "input.json", ...paying],
];

/** Guarantees that a purchase killed at any step ends, when it is taken up again, in one order, one payment, one delivery. */
test.each([
  "Price:",
  "[1/5]",
  "order mord_",
  "[2/5]",
  "Payee:  ",
  "[3/5]",
  "transaction 0x",
  "[4/5]",
  "[5/5]",
])("kill -9 at %s", { timeout: 60_000 }, async (killAt) => {
  const argv = line.map((word, at) =>
    line[at - 1] === "--machine-id"
      ? agent.machine.id
      : line[at - 1] === "--agent-pairing-id"
        ? agent.pairingId
        : word,
  );
  const [before, paid, done] = [await orders(), await sellerHas(), seller.effects()];
  const killed = await peaqos(argv, killAt);
  expect([killed.code, killed.stdout]).toEqual([null, ""]);
  // What a user does: go on with the order that was named, or type the same command again.
  const named = /order (mord_\w+)/.exec(killed.stderr)?.[1];
  const last = await peaqos(named === undefined ? argv : ["order", "resume", named, ...paying]);
  expect(last.code, last.stderr).toBe(0);
  expect(JSON.parse(last.stdout).execution.outcome.result).toMatchObject({ text: "hello" });
  expect((await orders()).length - before.length).toBe(1);
  expect((await sellerHas()) - paid).toBe(1);
  expect(seller.effects() - done).toBe(1);
});
