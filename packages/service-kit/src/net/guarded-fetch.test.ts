import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isPublicAddress } from "./addresses.ts";
import { FetchFailed, fetchObject, guardedFetch, UnsafeUrl } from "./guarded-fetch.ts";

let server: Server;
let base: string;
let requests = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests += 1;
    if (request.url === "/object") response.end(`{"host":"${request.headers.host}"}`);
    else if (request.url === "/large") response.end(`{"a":"${"x".repeat(300_000)}"}`);
    else if (request.url === "/slow") response.write("{");
    else if (request.url === "/echo") {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        const { method, headers } = request;
        const given = { method, key: headers["x-key"], body: Buffer.concat(chunks).toString() };
        response.writeHead(422, { "x-seen": "yes" }).end(JSON.stringify(given));
      });
    } else if (request.url === "/moved") response.writeHead(301, { location: "/object" }).end();
    else response.end("not JSON");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Guarantees that no URL of a stranger makes the service talk to its own network. */
test("addresses that are not the internet's are refused, in every spelling", () => {
  const inside = [
    ...[
      "0.0.0.0",
      "10.1.2.3",
      "100.64.0.1",
      "127.0.0.1",
      "127.255.255.255",
      "169.254.169.254",
      "172.16.0.1",
      "172.31.255.255",
    ],
    ...["192.168.1.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"],
    ...[
      "::",
      "::1",
      "::ffff:127.0.0.1",
      "::ffff:8.8.8.8",
      "64:ff9b::7f00:1",
      "fc00::1",
      "fd00::1",
      "fe80::1",
      "ff02::1",
    ],
    ...["2002:7f00:1::", "2001:db8::1", "2001::1", "not an address", ""],
  ];
  for (const address of inside) expect(isPublicAddress(address), address).toBe(false);
  for (const address of [
    "8.8.8.8",
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "2606:4700::1111",
    "2a00:1450::1",
  ])
    expect(isPublicAddress(address), address).toBe(true);
});

/** Guarantees that a URL cannot get inside through its form, its name, or a name with several addresses. */
test("URLs that lead inside are refused before anything is sent", async () => {
  const before = requests;
  const port = new URL(base).port;
  const urls = [
    ...[
      base,
      `http://localhost:${port}/object`,
      `http://[::1]:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
    ],
    ...[
      `http://2130706433:${port}/`,
      `http://0x7f000001:${port}/`,
      `http://0177.0.0.1:${port}/`,
      `http://127.1:${port}/`,
    ],
    ...[
      "file:///etc/passwd",
      "ftp://example.org/",
      "gopher://x",
      "data:,x",
      "javascript:1",
      "//x",
      "",
      "http://",
    ],
    ...["http://user:secret@example.org/", "http://169.254.169.254/latest/meta-data", "http://0/"],
  ];
  for (const url of urls) await expect(fetchObject(url, { allow: "public" }), url).rejects.toThrow(UnsafeUrl);
  for (const addresses of [["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"]])
    await expect(
      fetchObject("http://name.example/", { allow: "public", resolve: async () => addresses }),
    ).rejects.toThrow("the URL leads to an address that is not public");
  expect(requests).toBe(before);
});

/** Guarantees that a devnet reaches a data API on its own machine and nothing else of the network around it. */
test("loopback alone can be allowed", async () => {
  const options = { allow: "loopback" } as const;
  const { host, port } = new URL(base);
  expect(await fetchObject(`${base}/object`, options)).toEqual({ host });
  const before = requests;
  const urls = [
    ...["http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.0.1/", "http://100.64.0.1/", "http://0/"],
    ...["http://169.254.169.254/latest/meta-data", "http://[fd00::1]/", "http://[fe80::1]/", "http://[::]/"],
    ...[
      `http://[::ffff:127.0.0.1]:${port}/`,
      "http://[::ffff:10.0.0.1]/",
      `http://[64:ff9b::7f00:1]:${port}/`,
    ],
  ];
  for (const url of urls) await expect(fetchObject(url, options), url).rejects.toThrow(UnsafeUrl);
  for (const addresses of [["127.0.0.1", "10.0.0.1"], ["192.168.0.1"], ["name"]])
    await expect(
      fetchObject(`http://name.example:${port}/object`, { ...options, resolve: async () => addresses }),
    ).rejects.toThrow("not public and not this machine's own");
  expect(requests).toBe(before);
});

test("a name is resolved once and the connection goes to the checked address", async () => {
  let asked = 0;
  const resolve = async () => {
    asked += 1;
    return asked === 1 ? ["127.0.0.1"] : ["10.0.0.1"];
  };
  const url = base.replace("127.0.0.1", "name.example");
  expect(await fetchObject(`${url}/object`, { allow: "all", resolve })).toEqual({
    host: new URL(url).host,
  });
  expect(asked).toBe(1);
});

test("redirects, large, slow and wrong answers end with a reason", async () => {
  const options = { allow: "all" as const, timeoutMs: 200 };
  const reasons = {
    "/moved": "the server answered 301",
    "/large": "larger than",
    "/slow": "no answer in time",
    "/other": "not JSON",
  };
  for (const [path, reason] of Object.entries(reasons)) {
    await expect(fetchObject(`${base}${path}`, options), path).rejects.toThrow(reason);
    await expect(fetchObject(`${base}${path}`, options), path).rejects.toThrow(FetchFailed);
  }
  await expect(fetchObject("http://127.0.0.1:1/", options)).rejects.toThrow("the connection failed");
});

test("a request with a method, headers and a body is sent, and any status is an answer", async () => {
  const request = { method: "POST", headers: { "x-key": "k1" }, body: '{"grüße":1}' };
  const answer = await guardedFetch(`${base}/echo`, { allow: "all" }, request);
  expect(answer.status).toBe(422);
  expect(answer.headers["x-seen"]).toBe("yes");
  expect(JSON.parse(answer.body.toString())).toEqual({ method: "POST", key: "k1", body: '{"grüße":1}' });
});

/** Guarantees that a paid call is only repeated when the seller cannot have seen it. */
test("a failure says whether the request may have arrived", async () => {
  const failure = (url: string, signal?: AbortSignal) =>
    guardedFetch(url, { allow: "all", timeoutMs: 200, ...(signal ? { signal } : {}) }).then(
      () => expect.unreachable(),
      (error: FetchFailed) => ({ reason: error.reason, mayHaveArrived: error.mayHaveArrived }),
    );
  expect(await failure("http://127.0.0.1:1/")).toEqual({ reason: "connection", mayHaveArrived: false });
  expect(await failure(`${base}/slow`)).toEqual({ reason: "timeout", mayHaveArrived: true });
  expect(await failure(`${base}/large`)).toEqual({ reason: "too_large", mayHaveArrived: true });
  expect(await failure(`${base}/object`, AbortSignal.abort())).toEqual({
    reason: "aborted",
    mayHaveArrived: false,
  });
});
