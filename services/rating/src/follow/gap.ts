import { type Database, RpcCallError, RpcUnavailable } from "@peaqos/service-kit";
import type { RangeReader } from "./fetch-range.ts";
import { MalformedAnswer } from "./records.ts";
import { topics } from "./topics.ts";

/** Finds where stored events and the node's logs part, when the registry counts more than is stored. */

const hex = (value: number) => `0x${value.toString(16)}`;

/**
 * @returns the last block up to which both agree; `last` when they agree everywhere.
 * @throws RpcUnavailable, MalformedAnswer
 */
export async function findGap(
  reader: RangeReader,
  database: Database<unknown>,
  first: number,
  last: number,
): Promise<number> {
  let blocks = 2_000;
  for (let from = first; from <= last; ) {
    const to = Math.min(from + blocks - 1, last);
    const [answer] = await reader.rpc.batch([
      {
        method: "eth_getLogs",
        params: [
          {
            fromBlock: hex(from),
            toBlock: hex(to),
            address: reader.eventRegistry,
            topics: [topics.eventSubmitted],
          },
        ],
      },
    ]);
    if (answer instanceof RpcCallError) {
      if (blocks === 1) throw new RpcUnavailable(answer.message, { cause: answer });
      blocks = Math.max(1, Math.floor(blocks / 2));
      continue;
    }
    if (!Array.isArray(answer)) throw new MalformedAnswer("eth_getLogs did not answer a list");
    const { rows } = await database.pool.query<{ count: number }>(
      "select count(*) as count from events where block_number between $1 and $2",
      [from, to],
    );
    if (rows[0]?.count !== answer.length) return from - 1;
    from = to + 1;
  }
  return last;
}
