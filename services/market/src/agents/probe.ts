import { FetchFailed, guardedFetch, UnsafeUrl } from "@peaqos/service-kit";
import { invalid } from "../kit/errors.ts";
import type { EndpointRow } from "./endpoint-store.ts";
import { allowedFor } from "./scope.ts";

/** Asks a runtime endpoint whether it is there: GET its probe path, 3 s. */

export type ProbeResult = Pick<
  EndpointRow,
  "status" | "last_checked_at" | "last_healthy_at" | "last_probe_error"
>;

export type ProbeTarget = Pick<
  EndpointRow,
  "endpoint_base_url" | "probe_path" | "auth_type" | "network_scope" | "last_healthy_at"
> & {
  /** Opened. */
  readonly token: string | null;
};

const timeoutMs = 3_000;
const maxBytes = 256 * 1024;

/** How an endpoint's credential is sent, to probe it and to use it. */
export function authHeaders(
  authType: EndpointRow["auth_type"],
  token: string | null,
): Record<string, string> {
  if (token === null || authType === "none") return {};
  return authType === "bearer" ? { authorization: `Bearer ${token}` } : { "x-api-key": token };
}

/**
 * 2xx is active, any other answer degraded, none unreachable.
 *
 * @throws HttpError VALIDATION_ERROR when the name leads where the scope does not allow.
 */
export async function probe(target: ProbeTarget, now: Date, field: string): Promise<ProbeResult> {
  const checked = { last_checked_at: now, last_healthy_at: target.last_healthy_at };
  try {
    const { status } = await guardedFetch(
      `${target.endpoint_base_url}${target.probe_path}`,
      { allow: allowedFor(target.network_scope), timeoutMs, maxBytes, userAgent: "peaqos-market" },
      { headers: authHeaders(target.auth_type, target.token) },
    );
    if (status >= 200 && status < 300)
      return { ...checked, status: "active", last_healthy_at: now, last_probe_error: null };
    return {
      ...checked,
      status: "degraded",
      last_probe_error: `GET ${target.probe_path} answered ${status}`,
    };
  } catch (error) {
    if (error instanceof UnsafeUrl)
      throw invalid(field, error.message, { networkScope: target.network_scope });
    if (!(error instanceof FetchFailed)) throw error;
    return { ...checked, status: "unreachable", last_probe_error: error.message };
  }
}
