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

/** A proof to be checked by this job. */
export type NewProof = ProofName & {
  readonly chain: string;
  readonly machineId: string;
  readonly jobId: string;
};

/** Notes proofs to be checked by their jobs; a known one is checked anew. */
export async function openProofs(client: Queryable, list: readonly NewProof[], now: Date): Promise<void> {
  if (list.length === 0) return;
  const column = (name: keyof NewProof) => list.map((proof) => proof[name]);
  await client.query({
    name: "open_proofs",
    text: `insert into payment_proofs (payment_id, purpose, transaction_hash, chain, machine_id, state, code, reason,
       message, job_id, created_at, updated_at)
     select payment_id, purpose, hash, chain, machine_id, 'unknown', 'PAYMENT_NOT_MINED', 'not_checked',
       'the transaction is not checked yet', job_id, $7, $7
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       as new (payment_id, purpose, hash, chain, machine_id, job_id)
     on conflict (payment_id, purpose, transaction_hash)
     do update set state = 'unknown', job_id = excluded.job_id, updated_at = excluded.updated_at`,
    values: [
      column("paymentId"),
      column("purpose"),
      column("hash"),
      column("chain"),
      column("machineId"),
      column("jobId"),
      now,
    ],
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

/** Whether the payment was shown a transaction whose outcome nobody knows. Ask once the payment is locked, not before. */
export async function hasOpenProof(
  client: Queryable,
  paymentId: string,
  besides: string | null = null,
): Promise<boolean> {
  const { rows } = await client.query<{ open: boolean }>({
    name: "has_open_proof",
    text: `select exists (select from payment_proofs where payment_id = $1 and purpose = 'payment' and state = 'unknown'
      and ($2::text is null or transaction_hash <> $2)) as open`,
    values: [paymentId, besides],
  });
  return rows[0]?.open === true;
}

/** What a check of a proof has come to. */
export type ProofResult = ProofName & {
  readonly state: ProofRow["state"];
  readonly code: MarketErrorCode | null;
  readonly reason: string | null;
  readonly message: string | null;
  /** Who sent the transaction, where the node has shown it now. */
  readonly by?: Sender | null;
};

/** What is decided stays so: a look that began before it tells nothing any more. */
export async function noteProofs(client: Queryable, list: readonly ProofResult[], now: Date): Promise<void> {
  if (list.length === 0) return;
  const column = (name: keyof ProofResult) => list.map((proof) => proof[name]);
  await client.query({
    name: "note_proofs",
    text: `update payment_proofs set state = new.state, code = new.code, reason = new.reason, message = new.message,
       checks = checks + 1, updated_at = $10, sender = coalesce(new.sender, payment_proofs.sender),
       nonce = coalesce(new.nonce, payment_proofs.nonce)
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::bigint[]) as new (payment_id, purpose, hash, state, code, reason, message, sender, nonce)
     where payment_proofs.payment_id = new.payment_id and payment_proofs.purpose = new.purpose
       and payment_proofs.transaction_hash = new.hash
       and (new.state <> 'unknown' or payment_proofs.state = 'unknown')`,
    values: [
      column("paymentId"),
      column("purpose"),
      column("hash"),
      column("state"),
      column("code"),
      column("reason"),
      column("message"),
      list.map(({ by }) => by?.sender ?? null),
      list.map(({ by }) => by?.nonce ?? null),
      now,
    ],
  });
}
