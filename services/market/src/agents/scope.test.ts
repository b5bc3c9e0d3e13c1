import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HttpError } from "@peaqos/service-kit";
import { expect, test } from "vitest";
import { probe } from "./probe.ts";
import { baseUrlOf, checkScope, scopeOf } from "./scope.ts";

const deployments = ["false", "loopback", "true"] as const;
type Deployment = (typeof deployments)[number];
const scopes = ["public", "loopback", "lan", "vpn"] as const;

/** Is an endpoint of this address taken, in a deployment that allows so much? */
function isTaken(text: string, scope: (typeof scopes)[number] | undefined, allowed: Deployment): boolean {
  try {
    const url = baseUrlOf(text, "endpointBaseUrl");
    checkScope(url, scope ?? scopeOf(url), { PEAQOS_ALLOW_PRIVATE_URLS: allowed }, "endpointBaseUrl");
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
    return false;
  }
}

/** Addresses that are nobody's business on the internet. */
const inside = [
  "127.0.0.1",
  "127.0.0.2",
  "127.255.255.254",
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "100.127.255.255",
  "169.254.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.1",
  "192.0.2.1",
  "192.168.0.1",
  "192.168.255.255",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
];

/** Every way that URLs know to write an IPv4 address. */
function spellings(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number, digits = 0) => value.toString(16).padStart(digits, "0");
  const octal = (value: number) => `0${value.toString(8)}`;
  const mapped = `${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
  return [
    address,
    `${address}.`,
    String(whole),
    `0x${hex(whole)}`,
    `0X${hex(whole, 8).toUpperCase()}`,
    octal(whole),
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    [a, b, c, d].map((part) => `0x${hex(part)}`).join("."),
    [a, b, c, d].map(octal).join("."),
    `${a}.0x${hex(b)}.${octal(c)}.${d}`,
    address.replaceAll(".", "。"),
    address.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
    address.replace(".", "%2e"),
    `[::ffff:${address}]`,
    `[::ffff:${mapped}]`,
    `[::${mapped}]`,
    `[64:ff9b::${mapped}]`,
    `[2002:${mapped}::]`,
    `[0:0:0:0:0:ffff:${address}]`,
  ];
}

const more = [
  "[::]",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[fe80::1]",
  "[fc00::1]",
  "[fd00:ec2::254]",
  "[ff02::1]",
  "[2001:db8::1]",
  "[2001::1]",
  "[100::1]",
  "localhost",
  "LOCALHOST",
  "localhost.",
];

const corpus = [...inside.flatMap(spellings), ...more].flatMap((host) => [
  `http://${host}`,
  `https://${host}:8443/v1?x=#y`,
]);

test("guarantee: no spelling of a private address passes as public, in any deployment, and none at all where private addresses are not allowed", () => {
  expect(corpus.length).toBeGreaterThanOrEqual(500);
  for (const url of corpus) {
    for (const allowed of deployments)
      expect(isTaken(url, "public", allowed), `${url} ${allowed}`).toBe(false);
    for (const scope of [undefined, ...scopes])
      expect(isTaken(url, scope, "false"), `${url} ${scope}`).toBe(false);
  }
});

test("guarantee: where only this machine is allowed nothing else private is, whatever scope is named", () => {
  const passed = new Set(
    corpus
      .filter((url) => [undefined, ...scopes].some((scope) => isTaken(url, scope, "loopback")))
      .map((url) => baseUrlOf(url, "x").hostname),
  );
  expect([...passed].sort()).toEqual([
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "[::1]",
    "localhost",
    "localhost.",
  ]);
});

test("guarantee: an endpoint whose name leads inside is refused at each probe, before anything is sent", async () => {
  let hits = 0;
  const server = createServer((_request, response) => {
    hits++;
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const target = {
    probe_path: "/health",
    auth_type: "none",
    token: null,
    last_healthy_at: null,
    network_scope: "public",
  } as const;
  // As if the text had passed: the connection's own check holds too.
  for (const host of ["localhost", "127.0.0.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
    await expect(
      probe({ ...target, endpoint_base_url: `http://${host}:${port}` }, new Date(0), "endpointBaseUrl"),
      host,
    ).rejects.toMatchObject({ code: "VALIDATION_ERROR" });
  expect(hits).toBe(0);
  const own = {
    ...target,
    network_scope: "loopback",
    endpoint_base_url: `http://127.0.0.1:${port}`,
  } as const;
  expect(await probe(own, new Date(0), "endpointBaseUrl")).toMatchObject({ status: "active" });
  expect(hits).toBe(1);
  await new Promise((resolve) => server.close(resolve));
});

test("public addresses and names are public; scopes are guessed from the address", () => {
  for (const url of ["http://8.8.8.8", "https://runtime.example:8443/x", "http://[2606:4700::1111]"])
    expect(isTaken(url, undefined, "false"), url).toBe(true);
  const guessed = (url: string) => scopeOf(new URL(url));
  expect(guessed("http://127.0.0.1:1")).toBe("loopback");
  expect(guessed("http://localhost")).toBe("loopback");
  expect(guessed("http://192.168.1.7")).toBe("lan");
  expect(guessed("http://runtime.example")).toBe("public");
  expect(isTaken("http://192.168.1.7", "lan", "true")).toBe(true);
  expect(isTaken("http://runtime.lan", "vpn", "true")).toBe(true);
  expect(isTaken("http://192.168.1.7", "loopback", "true")).toBe(false);
  expect(baseUrlOf("  https://runtime.example:8443/path?query#hash ", "x").origin).toBe(
    "https://runtime.example:8443",
  );
});

test("what is no URL with a host is refused", () => {
  for (const text of [
    "",
    " ",
    "runtime.example",
    "http://",
    "file:///etc/passwd",
    "ftp://x",
    "javascript:1",
    "http://u:p@x",
    "http://u@x",
    "http://x:99999",
    "http://x y",
    "//x",
    "data:,x",
    "http://[::1",
  ])
    expect(isTaken(text, undefined, "true"), text).toBe(false);
});
