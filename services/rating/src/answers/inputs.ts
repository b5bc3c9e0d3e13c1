import type { InputItem, Inputs } from "@peaqos/protocol";
import { toWire } from "@peaqos/protocol";
import type { LoadedMachine, Reads } from "../db/read.ts";
import { type PublishedRow, readPublished } from "../db/read-events.ts";
import { InvalidParameter } from "../routes/errors.ts";

/** Everything a rating follows from, page by page. */

const cursorPrefix = "e";

/** @throws InvalidParameter for a cursor that this service did not give. */
function firstIndex(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const text = Buffer.from(cursor, "base64url").toString("latin1");
  const match = /^e(\d{1,15})$/.exec(text);
  if (match === null) throw new InvalidParameter("cursor", "value_error", "not a cursor of this service");
  return Number(match[1]);
}

const toCursor = (index: number) => Buffer.from(`${cursorPrefix}${index}`, "latin1").toString("base64url");

function inputItem(row: PublishedRow): InputItem {
  return {
    index: row.index,
    block_number: row.blockNumber,
    recorded_at: row.recordedAt,
    tx_hash: row.txHash,
    event_type: row.eventType,
    timestamp: row.happenedAt,
    value: toWire(row.value),
    currency: row.currency,
    usd: row.usd === null ? null : toWire(row.usd),
    usd_source: row.usdSource as InputItem["usd_source"],
    scoring_usd: row.eventType === 1 || row.scoring === null ? null : toWire(row.scoring),
    trust_claimed: row.trustClaimed,
    trust_effective: row.cls,
    trust_reason: row.reason as InputItem["trust_reason"],
    paid: row.paid,
    source_chain_id: toWire(row.sourceChainId),
    source_tx_hash: row.sourceTxHash,
    data_hash: row.dataHash,
  };
}

export async function inputsBody(
  loaded: LoadedMachine,
  query: { cursor?: string | undefined; limit: number },
  reads: Reads,
): Promise<Inputs> {
  const { machine } = loaded;
  const rows = await readPublished(reads, machine.machineId, firstIndex(query.cursor), query.limit + 1);
  const next = rows[query.limit];
  return {
    machine: {
      machine_id: toWire(machine.machineId),
      bonded_at: machine.bondedAt,
      flags: machine.flags.map(({ at, clearedAt }) => ({ at, cleared_at: clearedAt })),
      overrides: machine.overrides.map(({ at, value, clearedAt }) => ({ at, value, cleared_at: clearedAt })),
    },
    items: rows.slice(0, query.limit).map(inputItem),
    ...(next === undefined ? {} : { next_cursor: toCursor(next.index) }),
  };
}
