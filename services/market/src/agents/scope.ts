import { isIP } from "node:net";
import { type Allowed, isAllowedAddress, isPublicAddress } from "@peaqos/service-kit";
import type { MarketConfig } from "../config.ts";
import { invalid } from "../kit/errors.ts";
import type { RuntimeEndpoint } from "./endpoint-store.ts";

/**
 * Where a runtime endpoint may lie. `public` must not lead to a private address; `loopback`, `lan` and `vpn` only where
 * the deployment allows such addresses (PEAQOS_ALLOW_PRIVATE_URLS). Names are resolved and checked at each connection.
 */

type Scope = RuntimeEndpoint["networkScope"];

const isLoopback = (host: string) =>
  host === "localhost" || (isIP(host) > 0 && !isPublicAddress(host) && isAllowedAddress(host, "loopback"));

/** Without brackets, and without the dot that ends a complete name. */
const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$|\.$/g, "");

/** What an address without a scope is taken for. */
export function scopeOf(url: URL): Scope {
  const host = hostOf(url);
  if (isLoopback(host)) return "loopback";
  return isIP(host) > 0 && !isPublicAddress(host) ? "lan" : "public";
}

/** The addresses that a connection to an endpoint of this scope may go to. */
export function allowedFor(scope: Scope): Allowed {
  if (scope === "public") return "public";
  return scope === "loopback" ? "loopback" : "all";
}

/**
 * The base URL as it is kept: scheme, host and port.
 *
 * @throws HttpError VALIDATION_ERROR naming `field`.
 */
export function baseUrlOf(text: string, field: string): URL {
  const trimmed = text.trim();
  if (trimmed.length > 2_048 || !URL.canParse(trimmed))
    throw invalid(field, "must be an http or https URL with a host");
  const url = new URL(trimmed);
  if ((url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "")
    throw invalid(field, "must be an http or https URL with a host");
  if (url.username !== "" || url.password !== "")
    throw invalid(field, "must not hold credentials; send them as authToken");
  return new URL(url.origin);
}

/** @throws HttpError VALIDATION_ERROR when this deployment does not allow the scope, or the address is of another. */
export function checkScope(
  url: URL,
  scope: Scope,
  config: Pick<MarketConfig, "PEAQOS_ALLOW_PRIVATE_URLS">,
  field: string,
): void {
  const allowed = config.PEAQOS_ALLOW_PRIVATE_URLS;
  if (scope === "loopback" && allowed === "false")
    throw invalid(field, "this deployment does not allow endpoints on its own machine", {
      networkScope: scope,
    });
  if ((scope === "lan" || scope === "vpn") && allowed !== "true")
    throw invalid(field, "this deployment does not allow endpoints in private networks", {
      networkScope: scope,
    });
  const host = hostOf(url);
  const literal = host === "localhost" ? "127.0.0.1" : host;
  if (isIP(literal) > 0 && !isAllowedAddress(literal, allowedFor(scope)))
    throw invalid(field, `${host} does not lie in the network scope ${scope}`, { networkScope: scope });
  if (scope === "loopback" && !isLoopback(host))
    throw invalid(field, `${host} is not this machine itself`, { networkScope: scope });
}
