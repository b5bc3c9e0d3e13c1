import type { PlatformScope } from "@peaqos/protocol/market";

/** Who calls. Authentication makes it from the headers; what it may do is asked of the domains. */

/** Operator tooling: a platform key, or anybody where the deployment needs none. */
export type PlatformCaller = {
  readonly kind: "platform";
  readonly tenantId: string;
  /** Null: this deployment needs no key. */
  readonly keyId: string | null;
  readonly scopes: ReadonlySet<PlatformScope>;
};

/** What a session token says, its signature and expiry checked. The pairing itself is checked with the database. */
export type SessionClaims = {
  readonly machineId: string;
  readonly pairingId: string;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly agentAddress: string;
  readonly agentDid: string | null;
  readonly delegationPolicyHash: string;
  readonly tenantId: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
};

export type AgentCaller = {
  readonly kind: "agent";
  readonly tenantId: string;
  readonly claims: SessionClaims;
};

/** Calls that carry no credential, or carry it in their body. */
export type PublicCaller = {
  readonly kind: "public";
  readonly tenantId: string;
  /** The machine agent whose token the body held. */
  readonly agentId?: string;
};

export type SystemCaller = { readonly kind: "system"; readonly tenantId: string };

export type Caller = PlatformCaller | AgentCaller | PublicCaller | SystemCaller;

export const defaultTenant = "default";

/** The audit log's name for a caller. */
export function actorOf(caller: Caller): string {
  if (caller.kind === "agent") return `agent:${caller.claims.pairingId}`;
  if (caller.kind === "platform") return caller.keyId === null ? "platform" : `platform:${caller.keyId}`;
  return caller.kind;
}
