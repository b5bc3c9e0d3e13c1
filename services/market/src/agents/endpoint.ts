import type { upsertEndpointBody } from "@peaqos/protocol/market";
import type { z } from "zod";
import { invalid } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import type { EndpointRow } from "./endpoint-store.ts";
import { probe } from "./probe.ts";
import { baseUrlOf, checkScope, scopeOf } from "./scope.ts";

/** From what an operator or an agent says about an endpoint to the row that is kept, its probe included. */

export type EndpointInput = Omit<z.output<typeof upsertEndpointBody>, "status" | "leaseExpiresAt">;

export type EndpointOrigin = Pick<
  EndpointRow,
  "tenant_id" | "machine_id" | "agent_id" | "provider_key" | "source" | "lease_expires_at"
>;

/** A healthy endpoint that was probed this lately is not probed by the next heartbeat again. */
const probeEveryMs = 30_000;

const keyForm = /^[a-z0-9][a-z0-9._~:@-]{0,199}$/;

/** @throws HttpError VALIDATION_ERROR: keys stand in paths and are not encoded there. */
export function providerKeyOf(text: string, field: string): string {
  const key = text.trim().toLowerCase();
  if (!keyForm.test(key))
    throw invalid(field, "must be 1 to 200 letters, digits or . _ ~ : @ -", {
      providerKey: text.slice(0, 200),
    });
  return key;
}

function probePathOf(text: string | undefined, providerKey: string, field: string): string {
  const given = text?.trim() ?? "";
  if (given === "") return providerKey === "qvac" ? "/v1/models" : "/health";
  const path = given.startsWith("/") ? given : `/${given}`;
  if (/[\s#\\]/.test(path) || path.startsWith("//"))
    throw invalid(field, "must be a path such as /health", { probePath: given });
  return path;
}

/** What a sealed token belongs to: it cannot be moved to another row. */
export const tokenSubject = (machineId: string, providerKey: string) =>
  `endpoint:${machineId}:${providerKey}`;

export function createEndpointRows({ config, ids, sealing }: Market) {
  /**
   * A token that is not sent keeps the one before, as long as the endpoint stays where it is: nobody gets another's
   * credential by naming a new address. `authType: none` drops it.
   */
  function sealedToken(
    input: EndpointInput,
    origin: EndpointOrigin,
    before: EndpointRow | undefined,
    url: string,
  ): string | null {
    if (input.authType === "none") return null;
    if (input.authToken !== undefined && input.authToken !== "") {
      if (config.PEAQOS_ENCRYPTION_KEY === undefined && config.PEAQOS_SESSION_SECRET === undefined)
        throw invalid(
          "authToken",
          "this deployment can keep no credentials: PEAQOS_ENCRYPTION_KEY is not set",
        );
      return sealing.seal(tokenSubject(origin.machine_id, origin.provider_key), input.authToken);
    }
    return before?.endpoint_base_url === url ? before.auth_token : null;
  }

  /** @throws HttpError VALIDATION_ERROR naming the field below `at`. */
  function draft(
    input: EndpointInput,
    origin: EndpointOrigin,
    before: EndpointRow | undefined,
    now: Date,
    at: string,
  ): EndpointRow {
    const key = origin.provider_key;
    const url = baseUrlOf(input.endpointBaseUrl, `${at}endpointBaseUrl`);
    const scope = input.networkScope ?? scopeOf(url);
    checkScope(url, scope, config, `${at}endpointBaseUrl`);
    const moved = before !== undefined && before.endpoint_base_url !== url.origin;
    const token = sealedToken(input, origin, before, url.origin);
    const label = input.label?.trim() ?? "";
    return {
      ...origin,
      id: ids.next("rtep"),
      label: label === "" ? `${key.toUpperCase()} runtime` : label,
      endpoint_base_url: url.origin,
      auth_type: input.authType ?? before?.auth_type ?? (token === null ? "none" : "bearer"),
      auth_token: token,
      model_alias: input.modelAlias ?? null,
      network_scope: scope,
      probe_path: probePathOf(input.probePath, key, `${at}probePath`),
      status: moved ? "unreachable" : (before?.status ?? "unreachable"),
      last_checked_at: moved ? null : (before?.last_checked_at ?? null),
      last_healthy_at: moved ? null : (before?.last_healthy_at ?? null),
      last_probe_error: moved ? null : (before?.last_probe_error ?? null),
      created_at: now,
      updated_at: now,
    };
  }

  function needsProbe(row: EndpointRow, before: EndpointRow | undefined, now: Date): boolean {
    if (before === undefined || row.last_checked_at === null || row.status !== "active") return true;
    const age = now.getTime() - row.last_checked_at.getTime();
    const same = before.probe_path === row.probe_path && before.network_scope === row.network_scope;
    return !same || age < 0 || age >= probeEveryMs;
  }

  async function probed(row: EndpointRow, now: Date, at: string): Promise<EndpointRow> {
    const token =
      row.auth_token === null
        ? null
        : sealing.open(tokenSubject(row.machine_id, row.provider_key), row.auth_token);
    return { ...row, ...(await probe({ ...row, token }, now, `${at}endpointBaseUrl`)) };
  }

  return { draft, needsProbe, probed };
}
