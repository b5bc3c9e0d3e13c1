import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

/** One request being answered. */
export type Exchange = {
  readonly response: ServerResponse;
  /** JSON text of the right result. */
  readonly text: string;
  readonly slowMs: number;
  /** Calls back after `ms`, or when the slow answers are let go. */
  later(ms: number, act: () => void): void;
};

type Mode = {
  /** The work is done, whatever the caller can see of it. */
  readonly effect: boolean;
  /** What the caller sees. */
  readonly shows: string;
  answer(exchange: Exchange): void;
};

const json = { "content-type": "application/json; charset=utf-8" };

const sending =
  (status: number, headers: Record<string, string>, body: (text: string) => string | Buffer = () => "") =>
  ({ response, text }: Exchange) => {
    response.writeHead(status, headers).end(body(text));
  };

const failing = (status: number, code: string) =>
  sending(status, json, () =>
    JSON.stringify({ error: { code, message: `The faulty seller answers ${code}.` } }),
  );

const changed = (text: string, change: object) => JSON.stringify({ ...JSON.parse(text), ...change });

const right = sending(200, json, (text) => text);

/** How the faulty seller answers. */
export const modes = {
  ok: { effect: true, shows: "the result, by the contract", answer: right },
  forgetful: { effect: true, shows: "the result; a repeat with the same key is done again", answer: right },
  slow: {
    effect: true,
    shows: "the result, when it is let go or after slowMs",
    answer: (exchange) => exchange.later(exchange.slowMs, () => right(exchange)),
  },
  trickle: {
    effect: true,
    shows: "the result, a byte at a time, each slowMs / 100 after the one before",
    answer(exchange) {
      exchange.response.writeHead(200, json);
      trickle(exchange, 0);
    },
  },
  "error-400": {
    effect: false,
    shows: "400 with a code and a message",
    answer: failing(400, "refused"),
  },
  "error-409-in-progress": {
    effect: false,
    shows: "409 in_progress",
    answer: failing(409, "in_progress"),
  },
  "error-500": { effect: false, shows: "500 with a code and a message", answer: failing(500, "broken") },
  "error-500-after": { effect: true, shows: "500, though the work was done", answer: failing(500, "broken") },
  "error-without-body": { effect: false, shows: "503 without a body", answer: sending(503, {}) },
  "error-as-page": {
    effect: false,
    shows: "502 with an HTML page",
    answer: sending(502, { "content-type": "text/html" }, () => "<h1>Bad gateway</h1>"),
  },
  "error-with-200": {
    effect: false,
    shows: "200 whose body is an error",
    answer: failing(200, "not_really"),
  },
  lying: {
    effect: true,
    shows: "200 with a result that breaks the contract",
    answer: sending(200, json, () => JSON.stringify({ text: 42, effect: "none" })),
  },
  "not-an-object": {
    effect: true,
    shows: "200 with a JSON list",
    answer: sending(200, json, (text) => `[${text}]`),
  },
  nul: {
    effect: true,
    shows: "200 with a NUL character in the result",
    answer: sending(200, json, (text) => changed(text, { text: `a${String.fromCharCode(0)}b` })),
  },
  deep: {
    effect: true,
    shows: "200 with 20,000 nested lists in the result",
    answer: sending(
      200,
      json,
      (text) => `${text.slice(0, -1)},"deep":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
    ),
  },
  "wrong-content-type": {
    effect: true,
    shows: "200 with the right JSON as text/html",
    answer: sending(200, { "content-type": "text/html" }, (text) => text),
  },
  "no-content-type": {
    effect: true,
    shows: "200 with the right JSON and no content type",
    answer: sending(200, {}, (text) => text),
  },
  "invalid-json": {
    effect: true,
    shows: "200 application/json that lacks its last character",
    answer: sending(200, json, (text) => text.slice(0, -1)),
  },
  empty: { effect: true, shows: "200 application/json without a body", answer: sending(200, json) },
  large: {
    effect: true,
    shows: "200 with a valid result of 2 MiB",
    answer: sending(200, json, (text) => changed(text, { text: "x".repeat(2_097_152) })),
  },
  "gzip-bomb": {
    effect: true,
    shows: "200 with 20 MiB of JSON in 20 KiB of gzip",
    answer: sending(200, { ...json, "content-encoding": "gzip" }, (text) =>
      gzipSync(changed(text, { text: "x".repeat(20_971_520) })),
    ),
  },
  endless: {
    effect: true,
    shows: "200 with a body that never ends",
    answer({ response }) {
      response.writeHead(200, json).write('{"text":"');
      endless(response);
    },
  },
  redirect: {
    effect: false,
    shows: "307 to itself, where the work would be done",
    answer: sending(307, { location: "/echo?redirected" }),
  },
  cut: {
    effect: true,
    shows: "the connection is cut in the middle of the body",
    answer({ response, text }) {
      response.writeHead(200, { ...json, "content-length": String(text.length) });
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    },
  },
  "cut-before": {
    effect: false,
    shows: "the connection is cut before anything is done",
    answer: ({ response }) => void response.destroy(),
  },
  "cut-after": {
    effect: true,
    shows: "the connection is cut after the work, before the answer",
    answer: ({ response }) => void response.destroy(),
  },
  twice: {
    effect: true,
    shows: "two whole answers on one request, the second another one",
    answer({ response, text }) {
      const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
      for (const body of [text, changed(text, { text: "the second answer" })])
        response.socket?.write(`${head} ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
  },
  "hanging-header": {
    effect: true,
    shows: "a header that never ends",
    answer: ({ response }) =>
      void response.socket?.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-endless: "),
  },
  silent: { effect: true, shows: "nothing, ever", answer: () => {} },
} as const satisfies Record<string, Mode>;

export type FaultMode = keyof typeof modes;

export function isFaultMode(value: unknown): value is FaultMode {
  return typeof value === "string" && Object.hasOwn(modes, value);
}

function trickle(exchange: Exchange, at: number): void {
  const { response, text, slowMs } = exchange;
  if (response.destroyed) return;
  response.write(text[at] ?? "");
  if (at >= text.length) response.end();
  else exchange.later(slowMs / 100, () => trickle(exchange, at + 1));
}

/** Writes as fast as the caller reads, until it hangs up. */
function endless(response: ServerResponse): void {
  const chunk = "x".repeat(65_536);
  const write = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", write);
  write();
}
