import type { MarketErrorCode } from "@peaqos/protocol/market";
import type { HttpError } from "@peaqos/service-kit";
import type { Address } from "viem";
import { fail } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import { type ChallengeFields, type ChallengePurpose, challengeMessage } from "./message.ts";
import { recoverSigner, sameAddress } from "./signatures.ts";
import { type ChallengeRow, countWrong, findChallenge, findPending, insertChallenge, use } from "./store.ts";

/**
 * Challenges for EIP-191 signatures: bound to tenant, purpose and subject, short-lived, used up by the one write that
 * succeeds with them, void after five wrong signatures.
 */

export type IssuedChallenge = {
  readonly id: string;
  readonly message: string;
  readonly expiresAt: Date;
  /** False: an identical request was answered with the same challenge before. */
  readonly isNew: boolean;
};

export type Subject = {
  readonly tenantId: string;
  readonly purpose: ChallengePurpose;
  /** Everything the challenge is bound to. */
  readonly fields: ChallengeFields;
};

/** A signature that fits; `use` it up in the transaction of the write it is for. */
export type ProvenSignature = {
  readonly challengeId: string;
  readonly signer: Address;
  readonly challengeExpiresAt: Date;
  /** @throws HttpError when another write was faster, or time ran out. */
  use(tx: WriteTx): Promise<void>;
};

export type Challenges = {
  /** Gives an identical request the same challenge while it is pending with a minute or more to live. */
  issue(tx: WriteTx, subject: Subject): Promise<IssuedChallenge>;
  /**
   * Call it outside a transaction: a wrong signature is counted even though the request fails.
   *
   * @param signers addresses that may have signed.
   * @throws HttpError …_PROOF_INVALID, …_PROOF_EXPIRED of the purpose.
   */
  prove(
    subject: Subject,
    proof: { readonly challengeId: string; readonly signature: string },
    signers: readonly string[],
  ): Promise<ProvenSignature>;
};

const maxWrong = 5;
/** A pending challenge with less time left is not given out again. */
const minLeftMs = 60_000;

const codes: Readonly<Record<ChallengePurpose, { invalid: MarketErrorCode; expired: MarketErrorCode }>> = {
  "machine-identity": {
    invalid: "MACHINE_IDENTITY_PROOF_INVALID",
    expired: "MACHINE_IDENTITY_PROOF_EXPIRED",
  },
  "agent-pairing": { invalid: "AGENT_PAIRING_PROOF_INVALID", expired: "AGENT_PAIRING_PROOF_EXPIRED" },
};

const problems = {
  malformed: "the signature is not 0x and 65 bytes r, s, v with v 0, 1, 27 or 28",
  high_s: "the signature's s lies in the upper half of the curve's order (EIP-2)",
  no_key: "no key belongs to the signature",
} as const;

/** One text for everything a challenge is bound to; identical requests have the same. */
export const subjectText = (subject: Subject): string => JSON.stringify([subject.purpose, subject.fields]);

const textOf = (row: ChallengeRow): string =>
  challengeMessage({
    id: row.id,
    purpose: row.purpose,
    issuer: row.issuer,
    fields: row.fields,
    nonce: row.nonce,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
  });

export function createChallenges(market: Market): Challenges {
  const { config, database, ids, clock } = market;

  function invalid(purpose: ChallengePurpose, reason: string, message: string, more = {}): HttpError {
    return fail(codes[purpose].invalid, message, { reason, ...more });
  }

  function unusable(
    row: ChallengeRow | undefined,
    subject: Subject,
    id: string,
    now: Date,
  ): HttpError | null {
    const { purpose } = subject;
    if (row === undefined || row.purpose !== purpose)
      return invalid(purpose, "unknown_challenge", `there is no challenge ${id} for this`);
    if (row.subject !== subjectText(subject))
      return invalid(purpose, "other_subject", `challenge ${id} was made for another request`, {
        challenge: Object.fromEntries(row.fields),
      });
    if (row.used_at !== null) return invalid(purpose, "challenge_used", `challenge ${id} was used already`);
    if (row.wrong_signatures >= maxWrong)
      return invalid(purpose, "challenge_void", `challenge ${id} is void after ${maxWrong} wrong signatures`);
    if (row.expires_at.getTime() <= now.getTime())
      return fail(codes[purpose].expired, `challenge ${id} expired at ${row.expires_at.toISOString()}`, {
        challengeId: id,
        expiresAt: row.expires_at.toISOString(),
      });
    return null;
  }

  return {
    async issue({ client, now }, subject) {
      const pending = await findPending(
        client,
        subject.tenantId,
        subjectText(subject),
        new Date(now.getTime() + minLeftMs),
        maxWrong,
      );
      const row: ChallengeRow = pending ?? {
        id: ids.next(subject.purpose === "machine-identity" ? "mich" : "apch"),
        tenant_id: subject.tenantId,
        purpose: subject.purpose,
        subject: subjectText(subject),
        fields: subject.fields,
        issuer: config.PEAQOS_MARKET_ISSUER,
        nonce: ids.bytes(16).toString("hex"),
        issued_at: now,
        expires_at: new Date(now.getTime() + config.PEAQOS_CHALLENGE_TTL_SECONDS * 1_000),
        used_at: null,
        wrong_signatures: 0,
      };
      if (pending === undefined) await insertChallenge(client, row);
      return {
        id: row.id,
        message: textOf(row),
        expiresAt: row.expires_at,
        isNew: pending === undefined,
      };
    },

    async prove(subject, { challengeId, signature }, signers) {
      const { purpose, tenantId } = subject;
      const row = await findChallenge(database.pool, tenantId, challengeId);
      const problem = unusable(row, subject, challengeId, clock.now());
      if (problem !== null || row === undefined) throw problem;
      const recovered = recoverSigner(textOf(row), signature);
      const signer = recovered.ok
        ? signers.find((address) => sameAddress(address, recovered.address))
        : undefined;
      if (signer === undefined || !recovered.ok) {
        await countWrong(database.pool, challengeId);
        const left = Math.max(maxWrong - row.wrong_signatures - 1, 0);
        throw recovered.ok
          ? invalid(
              purpose,
              "wrong_signer",
              `signed by ${recovered.address}, not by ${signers.join(" or ")}`,
              {
                signerAddress: recovered.address,
                expected: signers,
                attemptsLeft: left,
              },
            )
          : invalid(purpose, "bad_signature", problems[recovered.problem], { attemptsLeft: left });
      }
      return {
        challengeId,
        signer: recovered.address,
        challengeExpiresAt: row.expires_at,
        async use({ client, now }) {
          if (await use(client, tenantId, challengeId, now, maxWrong)) return;
          const fresh = await findChallenge(client, tenantId, challengeId);
          throw unusable(fresh, subject, challengeId, now) ?? new Error("the challenge could not be used up");
        },
      };
    },
  };
}
