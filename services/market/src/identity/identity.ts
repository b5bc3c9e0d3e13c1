import type { Market } from "../kit/market.ts";

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

export function createIdentity(_market: Market): Identity {
  return {
    resolve: async () => null,
  };
}
