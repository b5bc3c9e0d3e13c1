import type { Hex } from "viem";
import { bytesOrNull, type Client } from "./values.ts";

/** How far the database has followed the chain. */
export type ChainHead = {
  /** Last block whose contents are in the tables; -1 before the first. */
  readonly number: number;
  readonly hash: Hex | null;
  readonly time: number;
  /** Events stored up to this block. */
  readonly events: number;
  /** The chain's head was reached at least once. */
  readonly complete: boolean;
};

/** Another process moved the head meanwhile: this one's view is old, nothing of its work is kept. */
export class HeadMoved extends Error {
  override readonly name = "HeadMoved";
}

/** The database belongs to another chain or to other contracts. */
export class WrongChain extends Error {
  override readonly name = "WrongChain";
}

export const channel = "rating_head";

export async function readHead(client: Client): Promise<ChainHead | null> {
  const { rows } = await client.query(
    "select number, hash, time, events, complete from chain_head where id = 1",
  );
  return rows[0] ?? null;
}

/**
 * Binds an empty database to a chain and its contracts, or checks that it is bound to them.
 *
 * @throws WrongChain naming both sides.
 */
export async function bindToChain(
  client: Client,
  chainId: number,
  contracts: string,
  startBlock: number,
): Promise<ChainHead> {
  await client.query(
    "insert into chain_head (id, chain_id, contracts, number, hash, time) values (1, $1, $2, $3, null, 0) on conflict (id) do nothing",
    [chainId, contracts, startBlock - 1],
  );
  const { rows } = await client.query(
    "select chain_id, contracts, number, hash, time, events, complete from chain_head",
  );
  const [row] = rows;
  if (BigInt(row.chain_id) !== BigInt(chainId))
    throw new WrongChain(
      `the database follows chain ${row.chain_id}, the RPC is chain ${chainId}: use another database, or the right RPC`,
    );
  if (row.contracts !== contracts)
    throw new WrongChain(
      `the database follows other contracts (${row.contracts}) than configured (${contracts}): use another database`,
    );
  return row;
}

/**
 * Moves the head inside the transaction that brought the new contents, and holds the row until it ends, so writers
 * never interleave.
 *
 * @throws HeadMoved when the stored head is not `from`.
 */
export async function moveHead(client: Client, from: ChainHead, to: ChainHead): Promise<void> {
  const { rowCount } = await client.query(
    `update chain_head set number = $3, hash = $4, time = $5, complete = $6, events = $7
     where id = 1 and number = $1 and hash is not distinct from $2`,
    [from.number, bytesOrNull(from.hash), to.number, bytesOrNull(to.hash), to.time, to.complete, to.events],
  );
  if (rowCount !== 1) throw new HeadMoved(`the head is no longer block ${from.number}`);
}

/** What changed, for the processes that keep answers. */
export type HeadChange = {
  readonly number: number;
  readonly time: number;
  readonly complete: boolean;
  /** Machines whose answers changed; `null`: any of them. */
  readonly machines: readonly bigint[] | null;
  /** Accounts whose attributes changed. */
  readonly accounts: readonly Hex[];
};

/** PostgreSQL refuses payloads of 8,000 bytes and more. */
const maxPayload = 7_900;

export async function announce(client: Client, change: HeadChange): Promise<void> {
  const base = { n: change.number, t: change.time, c: change.complete };
  const full = JSON.stringify({
    ...base,
    m: change.machines?.map(String) ?? null,
    a: change.accounts,
  });
  const payload = full.length <= maxPayload ? full : JSON.stringify({ ...base, m: null, a: [] });
  await client.query("select pg_notify($1, $2)", [channel, payload]);
}

/** @throws SyntaxError for a payload that is not ours. */
export function readChange(payload: string): HeadChange {
  const { n, t, c, m, a } = JSON.parse(payload) as {
    n: number;
    t: number;
    c: boolean;
    m: string[] | null;
    a: Hex[];
  };
  return { number: n, time: t, complete: c, machines: m?.map(BigInt) ?? null, accounts: a };
}
