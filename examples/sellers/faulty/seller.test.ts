import { connect } from "node:net";
import { catalogueBody } from "@peaqos/protocol/market";
import { afterEach, beforeEach, expect, test } from "vitest";
import { execute, post } from "../../seller-template/call.fixture.ts";
import { type FaultMode, modes } from "./modes.ts";
import { createFaultySeller, type FaultySeller } from "./seller.ts";

let faulty: FaultySeller;
beforeEach(async () => {
  faulty = await createFaultySeller();
});
afterEach(() => faulty.stop());

/** What a caller sees that reads at most 3 MiB and waits so long. */
async function seen(mode: FaultMode, patience: number): Promise<string> {
  const headers = { "content-type": "application/json", "idempotency-key": mode };
  try {
    const response = await fetch(`${faulty.url}/echo`, {
      method: "POST",
      headers,
      body: JSON.stringify({ text: "hi", mode }),
      redirect: "manual",
      signal: AbortSignal.timeout(patience),
    });
    let text = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (text.length > 3 * 1_048_576) return `${response.status} too much`;
    }
    const type = response.headers.get("content-type")?.split(";")[0] ?? "no type";
    const short = text.length > 100 ? `${text.length} characters` : text;
    return `${response.status} ${type} ${short}`.trim();
  } catch (error) {
    return (error as Error).name === "TimeoutError" ? "nothing in time" : "connection broken";
  }
}

test.each<[FaultMode, string]>([
  ["ok", '200 application/json {"text":"hi","effect":1}'],
  ["forgetful", '200 application/json {"text":"hi","effect":1}'],
  ["slow", "nothing in time"],
  ["trickle", "nothing in time"],
  [
    "error-400",
    '400 application/json {"error":{"code":"refused","message":"The faulty seller answers refused."}}',
  ],
  ["error-409-in-progress", expect.stringContaining('409 application/json {"error":{"code":"in_progress"')],
  [
    "error-500",
    '500 application/json {"error":{"code":"broken","message":"The faulty seller answers broken."}}',
  ],
  [
    "error-500-after",
    '500 application/json {"error":{"code":"broken","message":"The faulty seller answers broken."}}',
  ],
  ["error-without-body", "503 no type"],
  ["error-as-page", "502 text/html <h1>Bad gateway</h1>"],
  ["lying", '200 application/json {"text":42,"effect":"none"}'],
  ["not-an-object", '200 application/json [{"text":"hi","effect":1}]'],
  ["error-with-200", expect.stringContaining('200 application/json {"error":{"code":"not_really"')],
  ["nul", '200 application/json {"text":"a\\u0000b","effect":1}'],
  ["deep", "200 application/json 40032 characters"],
  ["wrong-content-type", '200 text/html {"text":"hi","effect":1}'],
  ["no-content-type", '200 no type {"text":"hi","effect":1}'],
  ["invalid-json", '200 application/json {"text":"hi","effect":1'],
  ["empty", "200 application/json"],
  ["large", "200 application/json 2097174 characters"],
  ["gzip-bomb", "200 too much"],
  ["endless", "200 too much"],
  ["redirect", "307 no type"],
  ["cut", "connection broken"],
  ["cut-before", "connection broken"],
  ["cut-after", "connection broken"],
  ["twice", '200 application/json {"text":"hi","effect":1}'],
  ["hanging-header", "nothing in time"],
  ["silent", "nothing in time"],
])("%s: the caller sees %s", async (mode, expected) => {
  expect(await seen(mode, expected === "nothing in time" ? 200 : 20_000)).toEqual(expected);
  expect(faulty.effects(mode)).toBe(modes[mode].effect ? 1 : 0);
  expect(faulty.calls.map((call) => [call.mode, call.key])).toEqual([[mode, mode]]);
});

test("every mode is in the table above", () => {
  expect(Object.keys(modes)).toHaveLength(29);
});

test("answering twice puts two whole answers on the connection", async () => {
  const socket = connect(Number(new URL(faulty.url).port), "127.0.0.1");
  const body = '{"text":"hi","mode":"twice"}';
  socket.write(`POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) {
    text += chunk;
    if (text.split("HTTP/1.1 200 OK").length === 3 && text.endsWith("}")) break;
  }
  expect(text).toContain("the second answer");
});

test("counts effects by key and by order; repeats have none, except where it forgets", async () => {
  const ask = (key: string, order: string) =>
    execute(faulty.listing(), "echo", undefined, { "idempotency-key": key, "x-peaqos-order-id": order });
  const [first, again] = [await ask("a", "mord_1"), await ask("a", "mord_1")];
  expect(again.body).toEqual(first.body);
  await ask("b", "mord_1");
  expect([
    faulty.effects("a"),
    faulty.effects("b"),
    faulty.effects(),
    faulty.effectsOfOrder("mord_1"),
  ]).toEqual([1, 1, 2, 2]);
  faulty.set("forgetful");
  await ask("a", "mord_1");
  expect(faulty.effects("a")).toBe(2);
  expect(await (await fetch(`${faulty.url}/effects`)).json()).toEqual({ a: 2, b: 1 });
});

test("a mode set for some requests ends after them, from code and over HTTP; slow answers can be let go", async () => {
  faulty.set("error-500", 2);
  const statuses = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await execute(faulty.listing(), "echo")).status);
  expect(statuses).toEqual([500, 500, 200]);
  await post(`${faulty.url}/control`, { mode: "slow", times: 1 });
  const held = execute(faulty.listing(), "echo");
  while (faulty.calls.length < 4) await new Promise((resolve) => setImmediate(resolve));
  faulty.release();
  expect((await held).status).toBe(200);
  expect((await post(`${faulty.url}/control`, { mode: "nonsense" })).status).toBe(400);
  expect(catalogueBody.safeParse({ version: "1", services: [faulty.listing()] }).error).toBeUndefined();
});
