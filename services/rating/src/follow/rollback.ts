import type { RpcClient } from "@peaqos/service-kit";
import type { Hex } from "viem";
import { rebuildAttributes } from "../db/attributes.ts";
import { rebuildDays } from "../db/days.ts";
import { announce, type ChainHead, moveHead } from "../db/head.ts";
import { rebuildMachines } from "../db/machines.ts";
import type { Client } from "../db/values.ts";
import { dayOf } from "../score/figures.ts";
import { type BlockHead, readHead } from "./consistency.ts";

/** What the chain took back is taken back here: to the last block that both sides know. */

export type StoredBlock = { readonly number: number; readonly hash: Hex; readonly time: number };

export async function storedBlocks(client: Client, below: number, limit: number): Promise<StoredBlock[]> {
  const { rows } = await client.query<StoredBlock>(
    "select number, hash, time from blocks where number < $1 order by number desc limit $2",
    [below, limit],
  );
  return rows;
}

/** Hashes compared in one question to the node. */
const pageSize = 64;

/**
 * The newest stored block that the node has under the same hash, `null` when there is none.
 *
 * @throws RpcUnavailable, RpcCallError
 */
export async function commonAncestor(
  rpc: RpcClient,
  load: (below: number, limit: number) => Promise<StoredBlock[]>,
  below: number,
): Promise<StoredBlock | null> {
  for (let limit = below; ; ) {
    const stored = await load(limit, pageSize);
    if (stored.length === 0) return null;
    const answers = await rpc.batch(
      stored.map(({ number }) => ({
        method: "eth_getBlockByNumber",
        params: [`0x${number.toString(16)}`, false],
      })),
    );
    for (const [i, block] of stored.entries()) {
      const answer = answers[i];
      const theirs: BlockHead | null = answer === null ? null : readHead(answer);
      if (theirs?.hash === block.hash) return block;
    }
    limit = stored.at(-1)!.number;
  }
}

/**
 * Takes everything after `to` out of the tables and builds the derived rows again.
 *
 * @param to `null`: everything goes, the head returns to before `startBlock`.
 */
export async function rollBack(
  client: Client,
  head: ChainHead,
  to: StoredBlock | null,
  startBlock: number,
): Promise<ChainHead> {
  const number = to?.number ?? startBlock - 1;
  const gone = await client.query<{ count: number }>(
    "select count(*) as count from events where block_number > $1",
    [number],
  );
  const next: ChainHead = {
    number,
    hash: to?.hash ?? null,
    time: to?.time ?? 0,
    events: head.events - (gone.rows[0]?.count ?? 0),
    complete: head.complete,
  };
  await moveHead(client, head, next);
  const events = await client.query<{ machine_id: bigint; happened_at: number }>(
    "delete from events where block_number > $1 returning machine_id, happened_at",
    [number],
  );
  await client.query("delete from evidence_uses where block_number > $1", [number]);
  const facts = await client.query<{ machine_id: bigint }>(
    "delete from machine_facts where block_number > $1 returning machine_id",
    [number],
  );
  const attributes = await client.query<{ account: Hex; name: string }>(
    "delete from attribute_facts where block_number > $1 returning account, name",
    [number],
  );
  await client.query("delete from blocks where number > $1", [number]);
  // A claim decided in the light of blocks that are gone is decided again.
  await client.query("update events set evidence_due = 0 where decided_block > $1", [number]);
  const days = new Map(
    events.rows.map((row) => {
      const day = dayOf(row.happened_at);
      return [`${row.machine_id}/${day}`, { machineId: row.machine_id, day }];
    }),
  );
  await rebuildDays(client, [...days.values()]);
  await rebuildMachines(
    client,
    facts.rows.map((row) => row.machine_id),
  );
  await rebuildAttributes(client, attributes.rows);
  await announce(client, { ...next, machines: null, accounts: [] });
  return next;
}
