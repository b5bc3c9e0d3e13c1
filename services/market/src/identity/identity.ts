import { type Address, getAddress } from "viem";
import { fail } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import {
  createRatingClient,
  type RatingClient,
  type RatingProfile,
  RatingUnavailable,
} from "./rating-client.ts";

/** A machine's identity and rating, asked of the rating service over HTTP. */

export type ResolvedIdentity = {
  /** did:peaq:0x… */
  readonly did: string;
  /** Number in the identity registry, as decimal text. */
  readonly registryId: string;
  /** Checksummed, complete: who may sign for the machine. */
  readonly controllerAddresses: readonly string[];
  readonly bonded: boolean;
  readonly mcr: string | null;
  readonly mcrScore: number | null;
};

export type Identity = {
  /**
   * Answers kept at most 5 s, negative ones never.
   *
   * @returns null when the rating service does not know the reference.
   * @throws HttpError PEAQOS_IDENTITY_UNAVAILABLE when it cannot be asked in time: never a pass.
   */
  resolve(identityRef: string): Promise<ResolvedIdentity | null>;
};

const keepMs = 5_000;
const maxKept = 10_000;

const machineRef = /^peaqos:machine:(\d+)$/;
const didAddress = /^did:peaq:(0x[0-9a-fA-F]{40})$/;

function addressIn(did: string | null): Address | null {
  const address = didAddress.exec(did ?? "")?.[1];
  return address === undefined ? null : getAddress(address.toLowerCase());
}

/** The machine's own address and its operator's. Null when the DID holds none: nobody could sign for it. */
export function identityOf(profile: RatingProfile): ResolvedIdentity | null {
  const own = addressIn(profile.did);
  if (own === null) return null;
  const operator = addressIn(profile.operator);
  return {
    did: `did:peaq:${own}`,
    registryId: profile.machine_id,
    controllerAddresses: operator === null || operator === own ? [own] : [own, operator],
    bonded: profile.bond_status === "bonded",
    mcr: profile.mcr ?? null,
    mcrScore: profile.mcr_score ?? null,
  };
}

export function createIdentity(market: Market, client: RatingClient = clientOf(market)): Identity {
  const { clock, config, logger } = market;
  const kept = new Map<string, { readonly at: number; readonly identity: ResolvedIdentity }>();
  const asking = new Map<string, Promise<ResolvedIdentity | null>>();
  const answers = market.metrics.counter(
    "market_identity_answers_total",
    "Questions about a machine's identity: answered from memory (kept), by the rating service (yes, no), or not at all",
    ["answer"],
  );

  async function byDid(did: string, signal: AbortSignal): Promise<ResolvedIdentity | null> {
    const profile = await client.profile(did, signal);
    return profile === null ? null : identityOf(profile);
  }

  async function ask(ref: string): Promise<ResolvedIdentity | null> {
    // One limit for everything that has to be asked.
    const signal = AbortSignal.timeout(config.PEAQOS_MCR_TIMEOUT_MS);
    const number = machineRef.exec(ref)?.[1];
    if (number === undefined) return byDid(ref, signal);
    const did = await client.didOf(number, signal);
    const identity = did === null ? null : await byDid(did, signal);
    return identity?.registryId === number ? identity : null;
  }

  async function fetched(ref: string): Promise<ResolvedIdentity | null> {
    const at = clock.now().getTime();
    try {
      const identity = await ask(ref);
      answers.inc({ answer: identity === null ? "no" : "yes" });
      if (identity !== null) {
        kept.delete(ref);
        kept.set(ref, { at, identity });
        if (kept.size > maxKept) kept.delete(kept.keys().next().value as string);
      }
      return identity;
    } catch (error) {
      if (!(error instanceof RatingUnavailable)) throw error;
      answers.inc({ answer: "unavailable" });
      logger.warn({ err: error, identityRef: ref }, "the rating service cannot be asked");
      throw fail(
        "PEAQOS_IDENTITY_UNAVAILABLE",
        `the rating service does not answer about ${ref}`,
        { identityRef: ref },
        { headers: { "retry-after": "1" }, cause: error },
      );
    } finally {
      asking.delete(ref);
    }
  }

  return {
    async resolve(identityRef) {
      const ref = identityRef.toLowerCase();
      const known = kept.get(ref);
      if (known !== undefined) {
        const age = clock.now().getTime() - known.at;
        // A clock that went back makes an answer's age unknown.
        if (age >= 0 && age < keepMs) {
          answers.inc({ answer: "kept" });
          return known.identity;
        }
        kept.delete(ref);
      }
      const running = asking.get(ref);
      if (running !== undefined) return running;
      const mine = fetched(ref);
      asking.set(ref, mine);
      return mine;
    },
  };
}

function clientOf({ config }: Market): RatingClient {
  return createRatingClient({
    baseUrl: config.PEAQOS_MCR_API_URL,
    internalKey: config.PEAQOS_INTERNAL_KEY,
  });
}
