import { createHash, createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { SessionClaims } from "../kit/caller.ts";
import { fail } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";

/**
 * Session tokens of agents: HS256 JWTs (RFC 7519) in the one spelling that this service writes.
 *
 * The header must be, byte for byte, the one that `issue` writes: there is no algorithm to choose, no key to name and no
 * extension to announce, so nothing in a token can talk the check into anything. That is also why no JWT library stands
 * here: what is left of the format after this is one HMAC.
 */

export type Sessions = {
  /** False without a session secret: this deployment can make no pairing. */
  readonly available: boolean;
  /** Seconds are rounded down. @throws HttpError AGENT_PAIRING_UNAVAILABLE without a session secret. */
  issue(claims: SessionClaims, issuedAt: Date): string;
  /** Signature, algorithm, issuer, audience and expiry. @throws HttpError AGENT_AUTH_INVALID, AGENT_AUTH_EXPIRED. */
  verify(token: string): SessionClaims;
};

const audience = "machine-markets";
/** Tokens remembered at most. */
const maxVerified = 10_000;
const header = Buffer.from(JSON.stringify({ alg: "HS256", typ: "JWT" })).toString("base64url");
/** Far above our own tokens (about 700), far below what would cost anything to look at. */
const maxLength = 4_096;
const threeParts = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** Tolerated difference between the clocks of two replicas. */
const skewSeconds = 30;

const payloadSchema = z.strictObject({
  iss: z.string(),
  aud: z.literal(audience),
  sub: z.string().min(1),
  iat: z.int(),
  exp: z.int(),
  jti: z.string().min(1),
  machineId: z.string().min(1),
  pairingId: z.string().min(1),
  sessionId: z.string().min(1),
  agentAddress: z.string().min(1),
  agentDid: z.string().nullable(),
  delegationPolicyHash: z.string().min(1),
  tenantId: z.string().min(1),
});

/** What is kept of a token. */
export const tokenHashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

const refused = (reason: string, message: string) => fail("AGENT_AUTH_INVALID", message, { reason });

function parsed(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

export function createSessions({ config, clock }: Pick<Market, "config" | "clock">): Sessions {
  const issuer = config.PEAQOS_MARKET_ISSUER;
  const secret = config.PEAQOS_SESSION_SECRET;
  const key = secret === undefined ? null : createSecretKey(Buffer.from(secret, "utf8"));

  function signatureOf(text: string): Buffer {
    if (key === null) throw fail("AGENT_PAIRING_UNAVAILABLE", "PEAQOS_SESSION_SECRET is not set");
    return Buffer.from(createHmac("sha256", key).update(text).digest("base64url"), "latin1");
  }

  type Verified = { readonly claims: SessionClaims; readonly issuedAt: number };
  /** Signature and form are checked once for a token, its times and everything else at every call. */
  const verified = new Map<string, Verified>();

  function checkTimes({ claims, issuedAt }: Verified): void {
    const now = clock.now().getTime() / 1_000;
    if (now >= claims.expiresAt)
      throw fail(
        "AGENT_AUTH_EXPIRED",
        `the session token expired at ${new Date(claims.expiresAt * 1_000).toISOString()}`,
        { expiredAt: new Date(claims.expiresAt * 1_000).toISOString() },
      );
    if (issuedAt > now + skewSeconds)
      throw refused("not_yet", "the session token was issued in the future; check the clocks");
  }

  function readToken(token: string): Verified {
    if (token.length > maxLength || !token.startsWith(`${header}.`) || !threeParts.test(token))
      throw refused("not_a_token", "this is no session token of this service");
    const dot = token.lastIndexOf(".");
    const given = Buffer.from(token.slice(dot + 1), "latin1");
    const expected = signatureOf(token.slice(0, dot));
    // The text of the signature is compared, not its bytes: base64 has several texts for the same bytes.
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw refused("bad_signature", "the session token was not signed by this service, or changed");
    // From here on the payload is our own; the checks are for tokens of other deployments and other times.
    const read = payloadSchema.safeParse(parsed(token.slice(header.length + 1, dot)));
    if (!read.success || read.data.iss !== issuer || read.data.sub !== read.data.pairingId)
      throw refused("other_issuer", "the session token was made for another service");
    const payload = read.data;
    const claims: SessionClaims = {
      machineId: payload.machineId,
      pairingId: payload.pairingId,
      sessionId: payload.sessionId,
      tokenId: payload.jti,
      agentAddress: payload.agentAddress,
      agentDid: payload.agentDid,
      delegationPolicyHash: payload.delegationPolicyHash,
      tenantId: payload.tenantId,
      expiresAt: payload.exp,
    };
    return { claims, issuedAt: payload.iat };
  }

  return {
    available: key !== null,

    issue(claims, issuedAt) {
      const payload: z.input<typeof payloadSchema> = {
        iss: issuer,
        aud: audience,
        sub: claims.pairingId,
        iat: Math.floor(issuedAt.getTime() / 1_000),
        exp: claims.expiresAt,
        jti: claims.tokenId,
        machineId: claims.machineId,
        pairingId: claims.pairingId,
        sessionId: claims.sessionId,
        agentAddress: claims.agentAddress,
        agentDid: claims.agentDid,
        delegationPolicyHash: claims.delegationPolicyHash,
        tenantId: claims.tenantId,
      };
      const text = `${header}.${Buffer.from(JSON.stringify(payload)).toString("base64url")}`;
      return `${text}.${signatureOf(text).toString("latin1")}`;
    },

    verify(token) {
      const known = verified.get(token);
      if (known !== undefined) {
        checkTimes(known);
        return known.claims;
      }
      const read = readToken(token);
      checkTimes(read);
      verified.set(token, read);
      if (verified.size > maxVerified) verified.delete(verified.keys().next().value as string);
      return read.claims;
    },
  };
}
