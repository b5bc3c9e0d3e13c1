import type { MarketErrorCode } from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import type { Sender } from "./chain/facts.ts";

/** Every transaction that was shown for a payment (or for the repayment of a refund), and what became of it. */

export type ProofPurpose = "payment" | "repayment";

export type ProofRow = {
  readonly payment_id: string;
  readonly purpose: ProofPurpose;
  readonly transaction_hash: string;
  readonly chain: string;
  readonly machine_id: string;
  readonly state: "unknown" | "settled" | "failed";
  readonly code: MarketErrorCode | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly sender: string | null;
  readonly nonce: number | null;
  readonly job_id: string | null;
  readonly checks: number;
  readonly created_at: Date;
};

export type ProofName = {
  readonly paymentId: string;
  readonly purpose: ProofPurpose;
  /** In lower case. */
  readonly hash: string;
};

type Queryable = Pick<PoolClient, "query">;

const columns = `payment_id, purpose, transaction_hash, chain, machine_id, state, code, reason, message, sender, nonce,
  job_id, checks, created_at`;

export async function readProof(client: Queryable, name: ProofName): Promise<ProofRow | null> {
  const { rows } = await guarded(() =>
    client.query<ProofRow>({
      name: "proof",
      text: `select ${columns} from payment_proofs where payment_id = $1 and purpose = $2 and transaction_hash = $3`,
      values: [name.paymentId, name.purpose, name.hash],
    }),
  );
  return rows[0] ?? null;
}

/** Notes a proof to be checked by this job; a known one is checked anew. */
export async function openProof(
  client: Queryable,
  name: ProofName,
  at: { readonly chain: string; readonly machineId: string; readonly jobId: string; readonly now: Date },
): Promise<void> {
  await client.query({
    name: "open_proof",
    text: `insert into payment_proofs (payment_id, purpose, transaction_hash, chain, machine_id, state, code, reason,
       message, job_id, created_at, updated_at)
     values ($1, $2, $3, $4, $5, 'unknown', 'PAYMENT_NOT_MINED', 'not_checked', 'the transaction is not checked yet',
       $6, $7, $7)
     on conflict (payment_id, purpose, transaction_hash)
     do update set state = 'unknown', job_id = excluded.job_id, updated_at = excluded.updated_at`,
    values: [name.paymentId, name.purpose, name.hash, at.chain, at.machineId, at.jobId, at.now],
  });
}

/** How many transactions a payment was shown, and how many of them are still open. */
export async function countProofs(
  client: Queryable,
  paymentId: string,
): Promise<{ readonly all: number; readonly open: number }> {
  const { rows } = await client.query<{ all: number; open: number }>({
    name: "count_proofs",
    text: `select count(*) as all, count(*) filter (where state = 'unknown') as open from payment_proofs
      where payment_id = $1`,
    values: [paymentId],
  });
  return rows[0] ?? { all: 0, open: 0 };
}

export async function closeProof(
  client: Queryable,
  name: ProofName,
  result: {
    readonly state: ProofRow["state"];
    readonly code: MarketErrorCode | null;
    readonly reason: string | null;
    readonly message: string | null;
  },
  now: Date,
  by: Sender | null = null,
): Promise<void> {
  await client.query({
    name: "close_proof",
    text: `update payment_proofs set state = $4, code = $5, reason = $6, message = $7, checks = checks + 1, updated_at = $8,
       sender = coalesce($9, sender), nonce = coalesce($10, nonce)
     where payment_id = $1 and purpose = $2 and transaction_hash = $3`,
    values: [
      name.paymentId,
      name.purpose,
      name.hash,
      result.state,
      result.code,
      result.reason,
      result.message,
      now,
      by?.sender ?? null,
      by?.nonce ?? null,
    ],
  });
}
