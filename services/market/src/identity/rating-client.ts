import { parseJson, ratingErrors } from "@peaqos/protocol";
import { internalKeyHeader } from "@peaqos/service-kit";
import { z } from "zod";

/**
 * The rating service's own words about a machine, over HTTP. Only what the market needs is read, as tolerantly as the
 * published client reads it, so that a published rating service can stand behind the market too.
 */

/** Not an answer about the machine: the service is away, slow, failing, or something else answers there. */
export class RatingUnavailable extends Error {
  override readonly name = "RatingUnavailable";
}

const registryNumber = z
  .union([z.number().int().min(1), z.bigint().min(1n)])
  .transform((value) => String(value));
const bondStatus = z.enum(["bonded", "unbonded"]);
const operator = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

const profileSchema = z.object({
  peaqos: z.object({
    machine_id: registryNumber,
    did: z.string().min(1),
    operator,
    mcr: z.string().min(1).nullish(),
    mcr_score: z.number().nullish(),
    bond_status: bondStatus,
  }),
});
const cardSchema = z.object({ did: z.string().min(1) });

export type RatingProfile = z.output<typeof profileSchema>["peaqos"];

export type RatingClient = {
  /** @returns null when the service says that it knows no such machine. @throws RatingUnavailable */
  profile(did: string, signal: AbortSignal): Promise<RatingProfile | null>;
  /** The DID behind a number of the identity registry. @throws RatingUnavailable */
  didOf(registryId: string, signal: AbortSignal): Promise<string | null>;
};

/** What the service says when it was asked properly and there is no such machine. Another 404 is a wrong address. */
const absent: ReadonlySet<string> = new Set([
  ratingErrors.machineNotRegistered.detail,
  ratingErrors.machineNotFound.detail,
  ratingErrors.machineWalletNotFound.detail,
]);

const maxBytes = 2 ** 20;

export function createRatingClient(options: {
  readonly baseUrl: string;
  readonly internalKey: string | undefined;
}): RatingClient {
  const base = options.baseUrl.replace(/\/+$/, "");
  const headers: Record<string, string> = {
    accept: "application/json",
    ...(options.internalKey === undefined ? {} : { [internalKeyHeader]: options.internalKey }),
  };

  async function get(path: string, signal: AbortSignal): Promise<{ status: number; body: unknown }> {
    try {
      const response = await fetch(`${base}${path}`, { headers, signal, redirect: "error" });
      const text = await response.text();
      if (text.length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} characters`);
      return { status: response.status, body: parseJson(text) };
    } catch (error) {
      throw new RatingUnavailable(`GET ${path} got no answer`, { cause: error });
    }
  }

  async function ask<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | null> {
    const { status, body } = await get(path, signal);
    if (status === 200) {
      const read = schema.safeParse(body);
      if (read.success) return read.data;
      throw new RatingUnavailable(`GET ${path} was answered with something else: ${read.error.message}`);
    }
    const detail = (body as { detail?: unknown } | null)?.detail;
    if (status === 404 && typeof detail === "string" && absent.has(detail)) return null;
    // The service's rules for numbers are narrower than the market's for references: such a machine cannot exist.
    if (status === 400 || status === 422) return null;
    throw new RatingUnavailable(`GET ${path} was answered ${status}`);
  }

  return {
    async profile(did, signal) {
      return (await ask(`/machine/${encodeURIComponent(did)}`, profileSchema, signal))?.peaqos ?? null;
    },
    async didOf(registryId, signal) {
      return (await ask(`/machines/${registryId}`, cardSchema, signal))?.did ?? null;
    },
  };
}
