import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import type { SessionClaims } from "../kit/caller.ts";
import { createSessions } from "./sessions.ts";

const secret = "a secret for tests that has enough characters";
const now = new Date("2026-01-02T03:04:05Z");
const seconds = now.getTime() / 1_000;

function sessionsAt(offset = 0, options: { secret?: string | undefined; issuer?: string } = { secret }) {
  return createSessions({
    config: {
      PEAQOS_MARKET_ISSUER: options.issuer ?? "market.example",
      PEAQOS_SESSION_SECRET: options.secret,
    } as never,
    clock: { now: () => new Date(now.getTime() + offset * 1_000) },
  });
}

const claims: SessionClaims = {
  machineId: "mach_0123456789ab",
  pairingId: "pair_0123456789ab",
  sessionId: "asess_0123456789ab",
  tokenId: "stok_0123456789ab",
  agentAddress: "0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D",
  agentDid: "did:pkh:eip155:1:0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D",
  delegationPolicyHash: "ab".repeat(32),
  tenantId: "default",
  expiresAt: seconds + 3_600,
};
const token = sessionsAt().issue(claims, now);
const [header = "", payload = "", signature = ""] = token.split(".");

const base64 = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const hmac = (text: string, key: string | Buffer = secret, hash = "sha256") =>
  createHmac(hash, key).update(text).digest("base64url");
const signed = (head: unknown, body: unknown, key: string | Buffer = secret, hash = "sha256") => {
  const text = `${base64(head)}.${typeof body === "string" ? body : base64(body)}`;
  return `${text}.${hmac(text, key, hash)}`;
};
const HS256 = { alg: "HS256", typ: "JWT" };
const body = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
const without = (name: string) => Object.fromEntries(Object.entries(body).filter(([key]) => key !== name));

test("a token says what it was issued with, until it expires", () => {
  expect(sessionsAt().verify(token)).toEqual(claims);
  expect(sessionsAt(3_599).verify(token)).toEqual(claims);
  expect(body).toMatchObject({
    iss: "market.example",
    aud: "machine-markets",
    sub: claims.pairingId,
    iat: seconds,
    exp: seconds + 3_600,
    jti: claims.tokenId,
  });
  expect(header).toBe(base64(HS256));
});

/** Everything here must be refused. Those signed with the right key show that the signature is not all that counts. */
const attacks: Record<string, string> = {
  empty: "",
  "one dot": ".",
  "two dots": "..",
  "header alone": `${header}.`,
  "no signature": `${header}.${payload}`,
  "empty signature": `${header}.${payload}.`,
  "alg none, no signature": `${base64({ alg: "none", typ: "JWT" })}.${payload}.`,
  "alg none, old signature": `${base64({ alg: "none", typ: "JWT" })}.${payload}.${signature}`,
  "alg None": `${base64({ alg: "None" })}.${payload}.`,
  "alg nOnE, signed": signed({ alg: "nOnE", typ: "JWT" }, payload),
  "alg empty, signed": signed({ alg: "", typ: "JWT" }, payload),
  "alg null, signed": signed({ alg: null, typ: "JWT" }, payload),
  "alg missing, signed": signed({ typ: "JWT" }, payload),
  "alg as a list, signed": signed({ alg: ["HS256"], typ: "JWT" }, payload),
  "alg hs256 in lower case, signed": signed({ alg: "hs256", typ: "JWT" }, payload),
  "HS512 signed as such": signed({ alg: "HS512", typ: "JWT" }, payload, secret, "sha512"),
  "HS384 signed as such": signed({ alg: "HS384", typ: "JWT" }, payload, secret, "sha384"),
  "HS512 signature under our header": `${header}.${payload}.${hmac(`${header}.${payload}`, secret, "sha512")}`,
  "RS256 header, HMAC signature": signed({ alg: "RS256", typ: "JWT" }, payload),
  "ES256 header, HMAC signature": signed({ alg: "ES256", typ: "JWT" }, payload),
  "ES256 with an all-zero signature": `${base64({ alg: "ES256", typ: "JWT" })}.${payload}.${base64("\0".repeat(64))}`,
  "kid points to a file": signed({ ...HS256, kid: "/dev/null" }, payload, ""),
  "kid with SQL": signed({ ...HS256, kid: "x' union select 'k" }, payload, "k"),
  "kid, right key": signed({ ...HS256, kid: "1" }, payload),
  "jku header": signed({ ...HS256, jku: "http://127.0.0.1/keys" }, payload),
  "x5u header": signed({ ...HS256, x5u: "http://127.0.0.1/cert" }, payload),
  "jwk header with its own key": signed(
    { ...HS256, jwk: { kty: "oct", k: base64("mine") } },
    payload,
    "mine",
  ),
  "crit header, signed": signed({ ...HS256, crit: ["exp"] }, payload),
  "b64 false header, signed": signed({ ...HS256, b64: false, crit: ["b64"] }, payload),
  "zip header, signed": signed({ ...HS256, zip: "DEF" }, payload),
  "header fields in another order, signed": signed({ typ: "JWT", alg: "HS256" }, payload),
  "header with white space, signed": signed('{ "alg":"HS256","typ":"JWT"}', payload),
  "alg twice in the header, signed": signed('{"alg":"none","alg":"HS256","typ":"JWT"}', payload),
  "header padded with =, signed": (() => {
    const text = `${header}=.${payload}`;
    return `${text}.${hmac(text)}`;
  })(),
  "header in plain base64 with padding": `${Buffer.from(JSON.stringify(HS256)).toString("base64")}=.${payload}.${signature}`,
  "wrong key": signed(HS256, payload, "another secret for tests that is long enough"),
  "empty key": signed(HS256, payload, ""),
  "key with a byte more": signed(HS256, payload, `${secret}\0x`),
  "machine swapped": `${header}.${base64({ ...body, machineId: "mach_ffffffffffff" })}.${signature}`,
  "pairing swapped": `${header}.${base64({ ...body, pairingId: "pair_ffffffffffff" })}.${signature}`,
  "tenant swapped": `${header}.${base64({ ...body, tenantId: "other" })}.${signature}`,
  "expiry moved": `${header}.${base64({ ...body, exp: seconds + 1e9 })}.${signature}`,
  "payload with white space": `${header}.${base64(JSON.stringify(body, null, 1))}.${signature}`,
  "payload cut": `${header}.${payload.slice(0, -4)}.${signature}`,
  "payload padded": `${header}.${payload}=.${signature}`,
  "signature cut": `${header}.${payload}.${signature.slice(0, -1)}`,
  "signature longer": `${header}.${payload}.${signature}A`,
  "signature padded": `${header}.${payload}.${signature}=`,
  "signature in plain base64": `${header}.${payload}.${Buffer.from(signature, "base64url").toString("base64")}`,
  "signature in hexadecimal": `${header}.${payload}.${Buffer.from(signature, "base64url").toString("hex")}`,
  "signature in other letters for the same bytes": (() => {
    // The last letter of 43 carries two bits that mean nothing: four spellings decode to the same bytes.
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = letters.indexOf(signature.slice(-1));
    const other = `${signature.slice(0, -1)}${letters[last ^ 1]}`;
    expect(Buffer.from(other, "base64url").equals(Buffer.from(signature, "base64url"))).toBe(true);
    return `${header}.${payload}.${other}`;
  })(),
  "signature of upper-case letters": `${header}.${payload}.${signature.toUpperCase()}`,
  "a fourth part": `${token}.${signature}`,
  "a fourth part, signed": `${token}.${hmac(token)}`,
  "dots doubled": `${header}..${payload}.${signature}`,
  "leading space": ` ${token}`,
  "trailing newline": `${token}\n`,
  "Bearer in front": `Bearer ${token}`,
  "NUL at the end": `${token}\0`,
  "wide letters that end in the same bytes": `${header}.${payload}.${[...signature].map((letter) => String.fromCharCode(letter.charCodeAt(0) + 0x100)).join("")}`,
  "half a megabyte": `${header}.${"A".repeat(500_000)}.${signature}`,
  "JWE with five parts": `${header}.${payload}.${payload}.${payload}.${signature}`,
  "another issuer, signed": signed(HS256, { ...body, iss: "other.example" }),
  "issuer as a list, signed": signed(HS256, { ...body, iss: ["market.example"] }),
  "no issuer, signed": signed(HS256, without("iss")),
  "another audience, signed": signed(HS256, { ...body, aud: "console" }),
  "audience as a list, signed": signed(HS256, { ...body, aud: ["machine-markets", "console"] }),
  "no audience, signed": signed(HS256, without("aud")),
  "no expiry, signed": signed(HS256, without("exp")),
  "expiry as text, signed": signed(HS256, { ...body, exp: "9999999999" }),
  "expiry 1e999, signed": signed(HS256, `{"exp":1e999}`),
  "expiry null, signed": signed(HS256, { ...body, exp: null }),
  "no issue time, signed": signed(HS256, without("iat")),
  "issued in an hour, signed": signed(HS256, { ...body, iat: seconds + 3_600, exp: seconds + 7_200 }),
  "no session, signed": signed(HS256, without("sessionId")),
  "no policy hash, signed": signed(HS256, without("delegationPolicyHash")),
  "another subject, signed": signed(HS256, { ...body, sub: "pair_ffffffffffff" }),
  "more claims, signed": signed(HS256, { ...body, admin: true }),
  "a list as payload, signed": signed(HS256, [body]),
  "null as payload, signed": signed(HS256, "null"),
  "no JSON as payload, signed": signed(HS256, base64("{")),
  "empty payload, signed": signed(HS256, ""),
};

test("guarantee: no token but the ones this service has issued passes, whatever its header, encoding or claims", () => {
  expect(Object.keys(attacks).length).toBeGreaterThanOrEqual(40);
  const passed = Object.entries(attacks).filter(([, text]) => {
    try {
      sessionsAt().verify(text);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ status: 401, code: "AGENT_AUTH_INVALID" });
      return false;
    }
  });
  expect(passed.map(([name]) => name)).toEqual([]);
});

test("guarantee: every single changed character of a token makes it invalid", () => {
  const sessions = sessionsAt();
  for (let position = 0; position < token.length; position++)
    for (const letter of ["A", "b", "-", ".", "="]) {
      if (token[position] === letter) continue;
      const changed = `${token.slice(0, position)}${letter}${token.slice(position + 1)}`;
      expect(() => sessions.verify(changed), `${position} ${letter}`).toThrow(
        expect.objectContaining({ code: "AGENT_AUTH_INVALID" }),
      );
    }
});

test("a token past its expiry is AGENT_AUTH_EXPIRED, at that second and not before", () => {
  expect(() => sessionsAt(3_600).verify(token)).toThrow(
    expect.objectContaining({ code: "AGENT_AUTH_EXPIRED" }),
  );
  expect(() => sessionsAt(1e6).verify(token)).toThrow(expect.objectContaining({ status: 401 }));
  // Clocks of two replicas may differ a little.
  expect(sessionsAt(-20).verify(token)).toEqual(claims);
  expect(() => sessionsAt(-60).verify(token)).toThrow(
    expect.objectContaining({ code: "AGENT_AUTH_INVALID" }),
  );
});

test("without a secret nothing is issued and nothing passes", () => {
  const none = sessionsAt(0, { secret: undefined });
  expect(none.available).toBe(false);
  expect(() => none.issue(claims, now)).toThrow(
    expect.objectContaining({ code: "AGENT_PAIRING_UNAVAILABLE" }),
  );
  expect(() => none.verify(token)).toThrow(expect.objectContaining({ status: 503 }));
});
