import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DevnetFile } from "../files.ts";
import { alive } from "../process/lock.ts";
import { freePort } from "../process/ports.ts";

let directory: string;
let dataDir: string;
let ports: string[];
const started = new Set<ChildProcess>();

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "peaqos-lifecycle-"));
  dataDir = join(directory, "data");
  ports = ["--port-sellers", "0"];
  for (const part of ["rpc", "rating", "market", "postgres"])
    ports.push(`--port-${part}`, String(await freePort()));
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  const pid = existsSync(join(dataDir, "devnet.json")) ? devnet().pid : 0;
  if (pid > 0 && alive(pid)) process.kill(pid, "SIGKILL");
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

type Result = { code: number | null; stdout: string; stderr: string };

function cli(
  task: "start" | "stop" | "status",
  args: string[],
): { child: ChildProcess; result: Promise<Result> } {
  const script = fileURLToPath(new URL(`./${task}.ts`, import.meta.url));
  const node = ["--conditions=@peaqos/source", "--disable-warning=ExperimentalWarning"];
  const env = { ...process.env, INIT_CWD: directory };
  const child = spawn(process.execPath, [...node, script, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env,
  });
  started.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const result = new Promise<Result>((resolve) => {
    child.once("close", (code) => {
      started.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
  return { child, result };
}

const start = (...more: string[]) => cli("start", ["--data-dir", dataDir, ...ports, ...more]);
const devnet = () => JSON.parse(readFileSync(join(dataDir, "devnet.json"), "utf8")) as DevnetFile;

async function rpc<T>(method: string, params: unknown[] = []): Promise<T> {
  const response = await fetch(devnet().urls.rpc, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return ((await response.json()) as { result: T }).result;
}

/** Processes whose command line names the data directory (Linux). */
async function processes(): Promise<string> {
  const ps = spawn("ps", ["-eo", "args"], { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  for await (const chunk of ps.stdout.setEncoding("utf8")) text += chunk;
  return text
    .split("\n")
    .filter((line) => line.includes(dataDir) && line.includes("postgres"))
    .join("\n");
}

/** Resolves when the devnet in the foreground says it is ready. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (text: string) => text.includes("ready in") && resolve());
    child.once("close", (code) => reject(new Error(`ended with ${code} before it was ready`)));
  });
}

test("a first start, refusals while it runs, a stop, a second start with the same blocks", async () => {
  const first = await start("--detach", "--no-seed").result;
  expect(first.stderr).not.toMatch(/error/i);
  expect(first.code).toBe(0);
  for (const text of [
    "home chain",
    "identityRegistry",
    "developer",
    "Try next",
    "whoami",
    "data/devnet.env",
  ]) {
    expect(first.stdout).toContain(text);
  }
  for (const name of ["devnet.json", "devnet.env", "secrets.json"])
    expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
  const env = readFileSync(join(dataDir, "devnet.env"), "utf8");
  for (const name of [
    "PEAQOS_RPC_URL",
    "PEAQOS_PRIVATE_KEY",
    "PEAQOS_MCR_API_URL",
    "PEAQOS_ORCHESTRATION_URL",
    "PEAQOS_API_KEY",
    "PEAQOS_ORCH_API_KEY",
    "EVENT_REGISTRY_ADDRESS",
  ]) {
    expect(env).toMatch(new RegExp(`^${name}=\\S+$`, "m"));
  }
  const { pid, contracts } = devnet();

  const again = await start("--detach").result;
  expect(again.code).toBe(1);
  expect(again.stderr).toContain(`${dataDir} is in use by process ${pid} ("npm start -- --data-dir`);
  expect(again.stderr).toContain("npm stop");

  const elsewhere = await cli("start", ["--data-dir", join(directory, "other"), ...ports]).result;
  expect(elsewhere.code).toBe(1);
  expect(elsewhere.stderr).toMatch(/Port \d+ is taken by another program\. Use --port-(rpc|rating|market) /);

  const status = await cli("status", ["--data-dir", dataDir]).result;
  expect(status).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/is running[\s\S]*block \d+[\s\S]*ready/),
  });

  const head = await rpc<{ hash: string; number: string }>("eth_getBlockByNumber", ["latest", false]);
  expect(await cli("stop", ["--data-dir", dataDir]).result).toMatchObject({ code: 0 });
  expect(await processes()).toBe("");
  expect((await cli("status", ["--data-dir", dataDir, "--json"]).result).stdout).toContain('"running":false');

  const second = await start("--detach").result;
  expect(second.code).toBe(0);
  expect(devnet().contracts).toEqual(contracts);
  expect(await rpc("eth_getBlockByNumber", [head.number, false])).toMatchObject({ hash: head.hash });
});

test("kill -9 of the running devnet: nothing is left behind, the next start goes on", async () => {
  const block = await rpc<string>("eth_blockNumber");
  process.kill(devnet().pid, "SIGKILL");
  const { child, result } = start();
  await ready(child);
  expect(await rpc("eth_blockNumber")).toBe(block);
  // npm and the bootstrap both pass a signal on.
  child.kill("SIGINT");
  child.kill("SIGINT");
  expect((await result).code).toBe(0);
  expect(await processes()).toBe("");
});

test("a part that ends takes the others with it and says so", async () => {
  const { child, result } = start();
  await ready(child);
  const holder = JSON.parse(readFileSync(join(dataDir, "postgres", "holder.json"), "utf8")) as {
    children: number[];
  };
  process.kill(holder.children[0] as number, "SIGKILL");
  const { code, stderr } = await result;
  expect(code).toBe(1);
  expect(stderr).toMatch(/PostgreSQL ended by itself\. Last lines of .*postgres\.log/);
  expect(stderr).toContain("ending the other parts");
});

test("a first start that was killed is begun again, one that was complete is not thrown away", async () => {
  const fresh = join(directory, "fresh");
  const { child, result } = cli("start", ["--data-dir", fresh, ...ports]);
  await new Promise<void>((resolve) => {
    child.stderr?.on("data", (text: string) => text.includes("seeding") && resolve());
  });
  child.kill("SIGKILL");
  await result;
  expect(existsSync(join(fresh, "first-start.json"))).toBe(false);
  const second = cli("start", ["--data-dir", fresh, ...ports, "--no-seed"]);
  await ready(second.child);
  second.child.kill("SIGTERM");
  const { stderr } = await second.result;
  expect(stderr).toContain("the first start was interrupted: beginning again");

  rmSync(join(dataDir, "first-start.json"));
  const refused = await start().result;
  expect(refused.stderr).toMatch(/first-start\.json is missing.*--reset/);
});

test("mistakes on the command line end with exit code 3 and the help is on standard output", async () => {
  expect(await cli("start", ["--prot-base", "1"]).result).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("Did you mean --port-base?"),
  });
  expect((await cli("start", ["--help"]).result).stdout).toContain("--data-dir DIR");
  expect((await cli("stop", ["--data-dir", join(directory, "none")]).result).stdout).toContain(
    "is not running",
  );
});
