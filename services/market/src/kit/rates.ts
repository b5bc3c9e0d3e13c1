import type { IncomingHttpHeaders } from "node:http";
import type { MarketOperationId } from "@peaqos/protocol/market";
import type { Sessions } from "../pairings/sessions.ts";
import type { Tenants } from "../tenants/tenants.ts";

/** Whose requests are counted together: a pairing's, a platform key's, else those of an IP address. */

/** Challenges cost a question to the rating service and a row each: a tenth of the limit, at least one. */
const challenges: readonly MarketOperationId[] = [
  "createMachineIdentityChallenge",
  "createAgentPairingChallenge",
];

export function fewerOf(perMinute: number): Record<string, number> {
  return Object.fromEntries(challenges.map((id) => [id, Math.max(1, Math.floor(perMinute / 10))]));
}

/** A token or key that is not known to be good names nobody, so that made-up ones share their address's bucket. */
export function createCallerOf(deps: {
  sessions: Pick<Sessions, "verify">;
  tenants: Pick<Tenants, "recentKey">;
}): (headers: IncomingHttpHeaders) => string | null {
  return (headers) => {
    const token = headers["x-agent-pairing-token"];
    if (typeof token === "string") {
      try {
        return `pairing ${deps.sessions.verify(token).pairingId}`;
      } catch {
        return null;
      }
    }
    const key = deps.tenants.recentKey(headers);
    return key === null ? null : `key ${key}`;
  };
}
