import type { PoolClient } from "pg";
import type { BlockName, TransferLog } from "./chain/facts.ts";
import type { ProofPurpose } from "./proofs.ts";

/** Transfers that count: each once, for one payment or one repayment. */

export type TransferRow = {
  readonly chain: string;
  readonly transaction_hash: string;
  readonly position: number;
  readonly payment_id: string;
  readonly purpose: ProofPurpose;
  readonly token_address: string;
  readonly amount: bigint;
  readonly block_number: bigint;
  readonly block_hash: string;
  readonly vanished_at: Date | null;
};

type Queryable = Pick<PoolClient, "query">;

const columns = `chain, transaction_hash, position, payment_id, purpose, token_address, amount, block_number,
  block_hash, vanished_at`;

/** What a payment (or repayment) asks for: the first of these transfers that nobody holds. */
export type TransferClaim = {
  readonly chain: string;
  readonly hash: string;
  readonly paymentId: string;
  readonly purpose: ProofPurpose;
  readonly block: BlockName;
  readonly transfers: readonly TransferLog[];
};

/** @returns for each claim the transfer it got; null when all of its transfers are taken. */
export async function claimTransfers(
  client: Queryable,
  claims: readonly TransferClaim[],
): Promise<(TransferLog | null)[]> {
  const got: (TransferLog | null)[] = claims.map(() => null);
  for (let candidate = 0; ; candidate++) {
    const open = claims.flatMap((claim, at) => {
      const transfer = claim.transfers[candidate];
      return got[at] !== null || transfer === undefined ? [] : [{ claim, at, transfer }];
    });
    if (open.length === 0) return got;
    const { rows } = await client.query<{ payment_id: string; purpose: ProofPurpose }>({
      name: "claim_transfers",
      // In one order everywhere: two that want the same transfers must not wait for each other.
      text: `insert into payment_transfers (chain, transaction_hash, position, payment_id, purpose, token_address, amount,
         block_number, block_hash)
       select * from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::numeric[],
         $8::numeric[], $9::text[]) as new (chain, hash, position, payment_id, purpose, token, amount, number, block)
       order by chain, hash, position, payment_id
       on conflict do nothing returning payment_id, purpose`,
      values: [
        open.map(({ claim }) => claim.chain),
        open.map(({ claim }) => claim.hash),
        open.map(({ transfer }) => transfer.position),
        open.map(({ claim }) => claim.paymentId),
        open.map(({ claim }) => claim.purpose),
        open.map(({ transfer }) => transfer.token),
        open.map(({ transfer }) => String(transfer.amount)),
        open.map(({ claim }) => String(claim.block.number)),
        open.map(({ claim }) => claim.block.hash),
      ],
    });
    const won = new Set(rows.map((row) => `${row.payment_id} ${row.purpose}`));
    for (const { claim, at, transfer } of open)
      if (won.has(`${claim.paymentId} ${claim.purpose}`)) got[at] = transfer;
  }
}

export async function transferOf(
  client: Queryable,
  paymentId: string,
  purpose: ProofPurpose,
  lock = false,
): Promise<TransferRow | null> {
  const { rows } = await client.query<TransferRow>(
    `select ${columns} from payment_transfers where payment_id = $1 and purpose = $2${lock ? " for update" : ""}`,
    [paymentId, purpose],
  );
  return rows[0] ?? null;
}

/** The transfer stands in another block now. */
export async function moveTransfer(client: Queryable, row: TransferRow, block: BlockName): Promise<void> {
  await client.query(
    `update payment_transfers set block_number = $4, block_hash = $5, vanished_at = null
     where chain = $1 and transaction_hash = $2 and position = $3`,
    [row.chain, row.transaction_hash, row.position, String(block.number), block.hash],
  );
}

/** The chain no longer has the transfer, and its payment cannot go back to unpaid. */
export async function markVanished(client: Queryable, row: TransferRow, at: Date): Promise<void> {
  await client.query(
    `update payment_transfers set vanished_at = coalesce(vanished_at, $4)
     where chain = $1 and transaction_hash = $2 and position = $3`,
    [row.chain, row.transaction_hash, row.position, at],
  );
}

/** The transfer is nobody's again. */
export async function freeTransfer(client: Queryable, row: TransferRow): Promise<void> {
  await client.query(
    "delete from payment_transfers where chain = $1 and transaction_hash = $2 and position = $3",
    [row.chain, row.transaction_hash, row.position],
  );
}

/** Blocks above `from` that hold counted transfers, or held those that have vanished. */
export async function watchedBlocks(
  client: Queryable,
  chain: string,
  from: bigint,
): Promise<{ readonly block_number: bigint; readonly block_hash: string }[]> {
  const { rows } = await client.query<{ block_number: bigint; block_hash: string }>(
    `select distinct block_number, block_hash from payment_transfers
     where chain = $1 and block_number > $2 and vanished_at is null order by block_number`,
    [chain, String(from)],
  );
  return rows;
}

/** The counted transfers of a block that is no longer there. */
export async function transfersOfBlock(
  client: Queryable,
  chain: string,
  block: { readonly block_number: bigint; readonly block_hash: string },
): Promise<TransferRow[]> {
  const { rows } = await client.query<TransferRow>(
    `select ${columns} from payment_transfers
     where chain = $1 and block_number = $2 and block_hash = $3 and vanished_at is null`,
    [chain, String(block.block_number), block.block_hash],
  );
  return rows;
}
