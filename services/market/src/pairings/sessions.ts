import type { SessionClaims } from "../kit/caller.ts";
import type { Market } from "../kit/market.ts";

/** Session tokens of agents: HS256 JWTs. */

export type Sessions = {
  /** Seconds are rounded down. */
  issue(claims: SessionClaims): string;
  /** Signature, algorithm, issuer, audience and expiry. @throws HttpError AGENT_AUTH_INVALID, AGENT_AUTH_EXPIRED. */
  verify(token: string): SessionClaims;
};

export function createSessions(_market: Market): Sessions {
  return {
    issue: () => {
      throw new Error("not built yet");
    },
    verify: () => {
      throw new Error("not built yet");
    },
  };
}
