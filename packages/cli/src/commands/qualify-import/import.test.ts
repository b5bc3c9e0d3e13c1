import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getEventCount, getEvents, type MachineEvent, PeaqosClient } from "@peaqos/peaq-os-sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keccak256 } from "../../config/keccak.ts";
import { runCli } from "../../test/run-cli.ts";
import { type Stack, startStack } from "../../test/stack.ts";

let stack: Stack;
let env: Record<string, string>;
let client: PeaqosClient;

beforeAll(async () => {
  stack = await startStack();
  env = { ...(await stack.env("importer")), XDG_STATE_HOME: stack.folder };
  client = new PeaqosClient({
    rpcUrl: env.PEAQOS_RPC_URL!,
    privateKey: env.PEAQOS_PRIVATE_KEY!,
    contracts: {
      identityRegistry: env.IDENTITY_REGISTRY_ADDRESS!,
      identityStaking: env.IDENTITY_STAKING_ADDRESS!,
      eventRegistry: env.EVENT_REGISTRY_ADDRESS!,
      machineNft: env.MACHINE_NFT_ADDRESS!,
      didRegistry: env.DID_REGISTRY_ADDRESS!,
      batchPrecompile: env.BATCH_PRECOMPILE_ADDRESS!,
    },
  });
  await client.registerMachine();
});
afterAll(() => stack[Symbol.asyncDispose]());

let machines = 0;
/** A machine of its own for each test, operated by the importing key. */
async function newMachine(): Promise<bigint> {
  machines += 1;
  const account = await stack.chain.account(`import machine ${machines}`);
  return client.registerFor(account.address);
}

async function events(id: bigint): Promise<MachineEvent[]> {
  const all: MachineEvent[] = [];
  for await (const event of getEvents(client, id)) all.push(event);
  return all;
}

const HEADER = "session_id,station_id,started_at,ended_at,kwh,dollars";
const row = (id: number, station: string, kwh: string, dollars: string, hour = id) =>
  `${id},${station},2023-03-01 ${String(hour % 24).padStart(2, "0")}:00:00,2023-03-01 ${String(hour % 24).padStart(2, "0")}:30:00,${kwh},${dollars}`;

async function importFile(name: string, text: string, argv: readonly string[], more: { tty?: boolean } = {}) {
  const cwd = await mkdtemp(join(stack.folder, "import-"));
  await writeFile(join(cwd, name), text);
  const outcome = await runCli(["qualify", "import", name, ...argv], { env, cwd, ...more });
  return { ...outcome, json: () => JSON.parse(outcome.stdout) };
}

const energy = [
  "--type",
  "activity",
  "--map",
  "ts=ended_at",
  "--zone",
  "Z",
  "--map",
  "value=round(kwh * 1000)",
];

test("rows become events with exact values, their own hash, and shifted times; a second run sends nothing", async () => {
  const id = await newMachine();
  const text = [HEADER, row(1, "a", "5.615", "0"), row(2, "a", "7.78", "0.58")].join("\n");
  const argv = [...energy, "--machine-id", String(id), "--shift", "3600", "--json"];
  const first = await importFile("sessions.csv", text, argv);
  expect(first.code).toBe(0);
  expect(first.json()).toMatchObject({
    rows: 2,
    sent: 2,
    failed: 0,
    to_send: 2,
    machines: 1,
    shift_seconds: 3600,
  });
  const stored = await events(id);
  expect(stored.map(({ value }) => value)).toEqual([5615n, 7780n]);
  expect(stored[0]!.timestamp).toBe(BigInt(Date.UTC(2023, 2, 1, 1, 30) / 1000 + 3600));
  const canonical =
    '{"dollars":"0","ended_at":"2023-03-01 01:30:00","kwh":"5.615","session_id":"1","started_at":"2023-03-01 01:00:00","station_id":"a"}';
  expect(stored[0]!.dataHash).toBe(keccak256(new TextEncoder().encode(canonical)));
  const again = await importFile(
    "sessions.csv",
    text,
    [...argv, "--shift=7200"].filter((word) => word !== "--shift" && word !== "3600"),
  );
  expect(again.json()).toMatchObject({ sent: 0, to_send: 0, already_on_chain: 2 });
  expect(await getEventCount(client, id)).toBe(2n);
});

test("the same rows as revenue are other events; other columns, quotes and line ends are the same row", async () => {
  const id = await newMachine();
  const text = [HEADER, row(1, "a", "5", "0.58"), row(2, "a", "7", "0")].join("\n");
  await importFile("s.csv", text, [...energy, "--machine-id", String(id)]);
  const revenue = [
    "--type",
    "revenue",
    "--map",
    "ts=ended_at",
    "--zone",
    "Z",
    "--map",
    "value=round(dollars * 100)",
    "--where",
    "dollars > 0",
    "--machine-id",
    String(id),
    "--json",
  ];
  const paid = await importFile("s.csv", text, revenue);
  expect(paid.json()).toMatchObject({ rows: 2, filtered: 1, sent: 1 });
  expect((await events(id)).at(-1)).toMatchObject({ eventType: 0, value: 58n, currency: "USD" });
  const reordered = `\uFEFF"kwh","dollars","session_id","station_id","started_at","ended_at"\r\n"5","0.58",1,a,2023-03-01 01:00:00,2023-03-01 01:30:00\r\n`;
  expect(
    (await importFile("t.csv", reordered, [...energy, "--machine-id", String(id), "--json"])).json(),
  ).toMatchObject({ already_on_chain: 1, sent: 0 });
});

test("a bad row in the middle: by default nothing is sent, and the row is named", async () => {
  const id = await newMachine();
  const text = [HEADER, row(1, "a", "5", "0"), row(2, "a", "n/a", "0"), row(3, "a", "6", "0")].join("\n");
  const argv = [...energy, "--machine-id", String(id)];
  const stopped = await importFile("s.csv", text, argv);
  expect([stopped.code, stopped.stdout]).toEqual([1, ""]);
  expect(stopped.stderr.replaceAll(/\s+/g, " ")).toContain('row 2 (line 3), kwh "n/a": must be a number');
  expect(await getEventCount(client, id)).toBe(0n);
  const json = await importFile("s.csv", text, [...argv, "--json"]);
  expect(JSON.parse(json.stderr.trim().split("\n").at(-1)!).error.details.bad_rows).toEqual([
    { row: 2, line: 3, column: "kwh", value: "n/a", rule: "must be a number, as 12 or 5.61" },
  ]);
  const kept = await importFile("s.csv", text, [...argv, "--on-error", "skip", "--json"]);
  expect(kept.code).toBe(0);
  expect(kept.json()).toMatchObject({ rows: 3, bad: 1, sent: 2 });
  expect(await getEventCount(client, id)).toBe(2n);
});

test("rows find their machines by name, id, DID or address; unknown and foreign ones are bad rows", async () => {
  const [one, two] = [await newMachine(), await newMachine()];
  const account = await stack.chain.account(`import machine ${machines}`);
  const cwd = await mkdtemp(join(stack.folder, "fleet-"));
  await writeFile(
    join(cwd, "map.json"),
    JSON.stringify({ north: String(one), south: `did:peaq:${account.address}` }),
  );
  await writeFile(join(cwd, "map.csv"), `station,machine_id\nnorth,${one}\nsouth,${two}\n`);
  const text = [HEADER, row(1, "north", "5", "0"), row(2, "south", "6", "0"), row(3, "west", "7", "0")].join(
    "\n",
  );
  await writeFile(join(cwd, "s.csv"), text);
  for (const [index, file] of ["map.json", "map.csv"].entries()) {
    const argv = [
      "qualify",
      "import",
      "s.csv",
      ...energy,
      "--machine-column",
      "station_id",
      "--machines",
      file,
      "--on-error",
      "skip",
      "--json",
    ];
    const { stdout, code } = await runCli(argv, { env, cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      sent: index === 0 ? 2 : 0,
      already_on_chain: index === 0 ? 0 : 2,
      bad: 1,
      machines: 2,
    });
    expect(JSON.parse(stdout).bad_rows[0]).toMatchObject({
      row: 3,
      column: "station_id",
      value: "west",
      rule: "is not in the file of --machines",
    });
  }
  const direct = [
    `machine,at,value`,
    `${one},2023-01-01T00:00:00Z,1`,
    `${account.address},1672531200,2`,
    `999999,1672531200,3`,
  ].join("\n");
  const outcome = await importFile("d.csv", direct, [
    "--type",
    "activity",
    "--map",
    "ts=at",
    "--map",
    "value=value",
    "--machine-column",
    "machine",
    "--on-error",
    "skip",
    "--json",
  ]);
  expect(outcome.json()).toMatchObject({ sent: 2, bad: 1 });
  expect(outcome.json().bad_rows[0].rule).toContain("no machine has the id 999999");
});

test("JSON lines: types per row, big integers exact, metadata stored", async () => {
  const id = await newMachine();
  const text = [
    '{"kind":"revenue","at":"2023-01-01T00:00:00Z","amount":123456789012345678901234567890,"cur":"EUR"}',
    '{"kind":"activity","at":1672531300,"amount":5,"cur":""}',
    "",
    "{broken",
  ].join("\n");
  const argv = [
    "--map",
    "type=kind",
    "--map",
    "ts=at",
    "--map",
    "value=amount",
    "--map",
    "currency=cur",
    "--metadata-columns",
    "kind,amount",
    "--machine-id",
    String(id),
    "--on-error",
    "skip",
    "--json",
  ];
  const outcome = await importFile("e.jsonl", text, argv);
  expect(outcome.json()).toMatchObject({ rows: 3, sent: 2, bad: 1 });
  expect(outcome.json().bad_rows[0]).toMatchObject({ row: 3, line: 4, column: "(whole row)" });
  const [first] = await events(id);
  expect(first).toMatchObject({ value: 123456789012345678901234567890n, currency: "EUR" });
  expect(Buffer.from(first!.metadata.slice(2), "hex").toString()).toBe(
    '{"amount":123456789012345678901234567890,"kind":"revenue"}',
  );
});

test("a repeated row is one event, unless repeats are kept; kept repeats are counted against the chain", async () => {
  const id = await newMachine();
  const text = [HEADER, row(1, "a", "5", "0"), row(1, "a", "5", "0"), row(1, "a", "5", "0")].join("\n");
  const argv = [...energy, "--machine-id", String(id), "--json"];
  expect((await importFile("s.csv", text, argv)).json()).toMatchObject({ sent: 1, repeated: 2 });
  expect((await importFile("s.csv", text, [...argv, "--keep-repeats"])).json()).toMatchObject({
    sent: 2,
    already_on_chain: 1,
  });
  expect((await importFile("s.csv", text, [...argv, "--keep-repeats"])).json()).toMatchObject({
    sent: 0,
    already_on_chain: 3,
  });
});

test("--dry-run sends nothing and shows the first events", async () => {
  const id = await newMachine();
  const outcome = await importFile("s.csv", [HEADER, row(1, "a", "5", "0")].join("\n"), [
    ...energy,
    "--machine-id",
    String(id),
    "--dry-run",
  ]);
  expect(outcome.code).toBe(0);
  expect(outcome.stdout).toContain("Dry run: nothing was sent.");
  expect(outcome.stdout).toMatch(/activity\s+5000\s+2023-03-01T01:30:00Z/);
  expect(await getEventCount(client, id)).toBe(0n);
});

test("Ctrl-C ends after what is under way, and the same command sends the rest", async () => {
  const id = await newMachine();
  const rows = Array.from({ length: 1000 }, (_, index) => row(index + 1, "a", "5", "0"));
  const cwd = await mkdtemp(join(stack.folder, "stop-"));
  await writeFile(join(cwd, "s.csv"), [HEADER, ...rows].join("\n"));
  const argv = ["qualify", "import", "s.csv", ...energy, "--machine-id", String(id), "--json"];
  const first = await runCli(argv, { env, cwd, onInterrupt: (end) => end() });
  expect(first.code).toBe(1);
  const { sent } = JSON.parse(first.stdout);
  expect(sent).toBeLessThan(1000);
  expect(await getEventCount(client, id)).toBe(BigInt(sent));
  const second = await runCli(argv, { env, cwd });
  expect(JSON.parse(second.stdout)).toMatchObject({ already_on_chain: sent, sent: 1000 - sent });
  expect(await getEventCount(client, id)).toBe(1000n);
});

test.each([
  ["no machine", [...energy], "Nothing says which machine"],
  [
    "both machine flags",
    [...energy, "--machine-id", "1", "--machine-column", "station_id"],
    "exclude each other",
  ],
  ["no time", ["--type", "activity", "--machine-id", "1"], "--map ts=COLUMN is needed"],
  ["no type", ["--map", "ts=ended_at", "--machine-id", "1"], "--map type=COLUMN is needed"],
  [
    "revenue without value",
    ["--type", "revenue", "--map", "ts=ended_at", "--machine-id", "1"],
    "how much the revenue",
  ],
  [
    "a column that is not there",
    [...energy, "--machine-id", "1", "--where", "watts > 1"],
    "there is no column watts",
  ],
  ["a field nobody knows", ["--map", "colour=kwh"], "FIELD one of"],
  ["a field twice", [...energy, "--map", "ts=started_at", "--machine-id", "1"], "fills ts twice"],
  ["no zone", ["--type", "activity", "--map", "ts=ended_at", "--machine-id", "1"], "say which with --zone"],
  [
    "a wrong zone",
    [...energy.filter((word) => word !== "Z" && word !== "--zone"), "--zone", "CET"],
    "Z or an offset",
  ],
  ["currency on activity", [...energy, "--currency", "USD", "--machine-id", "1"], "has no currency"],
  [
    "a fraction as value",
    ["--type", "activity", "--map", "ts=ended_at", "--zone", "Z", "--map", "value=kwh", "--machine-id", "1"],
    "whole minor units",
  ],
  ["the future", [...energy, "--machine-id", "1", "--shift", "3000000000"], "must not lie in the future"],
  ["before 2000", [...energy, "--machine-id", "1", "--shift=-3000000000"], "year 2000"],
])("%s: exit 1 with the rule", async (_name, argv, rule) => {
  const outcome = await importFile("s.csv", [HEADER, row(1, "a", "5.5", "0")].join("\n"), argv);
  expect(outcome.stderr.replaceAll(/\s+/g, " ")).toContain(rule);
  expect([outcome.code, outcome.stdout]).toEqual([1, ""]);
});

test("bytes that are no UTF-8 are a bad row, not a row under a false identity", async () => {
  const id = await newMachine();
  const cwd = await mkdtemp(join(stack.folder, "latin-"));
  await writeFile(
    join(cwd, "s.csv"),
    Buffer.from("at,name,v\n1672531200,M\xfcller,1\n1672531201,ok,2\n", "latin1"),
  );
  const argv = [
    "qualify",
    "import",
    "s.csv",
    "--type",
    "activity",
    "--map",
    "ts=at",
    "--map",
    "value=v",
    "--machine-id",
    String(id),
    "--on-error",
    "skip",
    "--json",
  ];
  const { stdout } = await runCli(argv, { env, cwd });
  expect(JSON.parse(stdout)).toMatchObject({
    sent: 1,
    bad: 1,
    bad_rows: [{ row: 1, rule: "must be UTF-8: save the file in that encoding" }],
  });
});

test("columns may be called like anything, also constructor and __proto__", async () => {
  const id = await newMachine();
  const text = "constructor,__proto__,toString\n1672531200,7,x\n";
  const argv = [
    "--type",
    "activity",
    "--map",
    "ts=constructor",
    "--map",
    "value=__proto__",
    "--machine-id",
    String(id),
    "--json",
  ];
  expect((await importFile("s.csv", text, argv)).json()).toMatchObject({ sent: 1 });
  const missing = await importFile("s.jsonl", '{"at":1672531200}\n', [
    "--type",
    "activity",
    "--map",
    "ts=at",
    "--map",
    "value=valueOf",
    "--machine-id",
    String(id),
    "--on-error",
    "skip",
    "--json",
  ]);
  expect(missing.json()).toMatchObject({
    bad: 1,
    bad_rows: [{ column: "valueOf", rule: "the row has no such column" }],
  });
});

test.each([
  ["an empty file", "", "holds no rows"],
  ["a header alone", HEADER, "holds no rows"],
  ["a quote that never closes", `${HEADER}\n1,"a,2023-03-01 00:00:00,b,c,d\n`, "not readable as CSV"],
  ["a column twice", "a,a\n1,2", "stands twice"],
  ["a row with too few cells", `${HEADER}\n1,a`, "has 2 cells, the header has 6"],
])("%s is named", async (_name, text, words) => {
  const outcome = await importFile("s.csv", text, [...energy, "--machine-id", "1"]);
  expect(outcome.stderr.replaceAll(/\s+/g, " ")).toContain(words);
  expect(outcome.code).toBe(1);
});
