import type { IncomingHttpHeaders } from "node:http";
import type { MarketAuth } from "@peaqos/protocol/market";
import type { MarketConfig } from "../config.ts";
import type { Sessions } from "../pairings/sessions.ts";
import type { Tenants } from "../tenants/tenants.ts";
import { type AgentCaller, defaultTenant, type PlatformCaller, type PublicCaller } from "./caller.ts";
import { fail } from "./errors.ts";

/**
 * From headers to caller. A pairing token alone opens agent calls, no platform key beside it; a token that is sent is
 * always checked. Where tokens are not enforced, a missing one needs the platform's key (if keys are enforced).
 */

const tokenHeader = "x-agent-pairing-token";

export type Authenticate = (
  auth: MarketAuth,
  headers: IncomingHttpHeaders,
) => Promise<PlatformCaller | AgentCaller | PublicCaller> | AgentCaller | PublicCaller;

export function createAuthenticate(deps: {
  config: MarketConfig;
  tenants: Tenants;
  sessions: Sessions;
}): Authenticate {
  const { config, tenants, sessions } = deps;

  function agent(token: string): AgentCaller {
    const claims = sessions.verify(token);
    return { kind: "agent", tenantId: claims.tenantId, claims };
  }

  return (auth, headers) => {
    if (auth === "none") return { kind: "public", tenantId: defaultTenant };
    const token = headers[tokenHeader];
    const hasToken = typeof token === "string" && token !== "";
    if (auth === "platform") return tenants.authenticate(headers);
    if (hasToken) return agent(token);
    if (auth === "pairing" && config.PEAQOS_REQUIRE_AGENT_PAIRING_AUTH) throw fail("AGENT_AUTH_REQUIRED");
    return tenants.authenticate(headers);
  };
}
