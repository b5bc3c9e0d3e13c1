import { migrate, openDatabase } from "@peaqos/service-kit";
import { testDatabase } from "@peaqos/testkit";
import { pino } from "pino";
import { type Hex, zeroHash } from "viem";
import { expect, test } from "vitest";
import { type EventRow, insertEvents } from "../db/events.ts";
import { bindToChain } from "../db/head.ts";
import { migrations } from "../db/migrations.ts";
import { address, CUSTOMER, HOME, hash, NOW, policy, TOKEN, TX } from "../evidence/test-fixtures.ts";
import type { EvidenceChain } from "../evidence/transactions.ts";
import { retryClaims } from "./retry.ts";

const [stranger, paid] = [address("a1"), address("a2")] as [Hex, Hex];

/** A revenue event of 10 dollars that names the transaction TX. */
const claimOf = (machineId: bigint, due: number | null): EventRow => ({
  machineId,
  index: 0,
  blockNumber: 10 + Number(machineId),
  logIndex: 0,
  recordedAt: NOW,
  txHash: hash("33"),
  eventType: 0,
  value: 1_000n,
  currency: "USD",
  happenedAt: NOW,
  dataHash: zeroHash,
  trustClaimed: 1,
  sourceChainId: 0n,
  sourceTxHash: TX,
  metadata: "0x",
  usd: 1_000n,
  usdSource: "identity",
  degraded: false,
  scoring: 1_000n,
  cls: 0,
  paid: false,
  reason: "no_rpc",
  due,
  decidedBlock: 12,
});

const topic = (account: Hex): Hex => `0x${account.slice(2).padStart(64, "0")}`;
const receipt = {
  transactionHash: TX,
  status: "0x1",
  blockNumber: "0x5",
  blockHash: hash("44"),
  logs: [
    {
      address: TOKEN,
      topics: [
        "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
        topic(CUSTOMER),
        topic(paid),
      ],
      data: `0x${(10_000_000).toString(16).padStart(64, "0")}`,
      logIndex: "0x0",
    },
  ],
};

/** A chain that pays the second machine in TX; `meanwhile` happens while it is asked. */
const payingChain = (meanwhile: () => Promise<unknown>): EvidenceChain => ({
  chainId: HOME,
  confirmations: 1,
  rpc: {
    async batch(requests) {
      if (requests[0]?.method === "eth_getBlockByNumber")
        return [{ hash: receipt.blockHash, timestamp: `0x${(NOW - 60).toString(16)}` }];
      await meanwhile();
      return [`0x${HOME.toString(16)}`, "0x9", receipt];
    },
  },
});

/** Guarantees that no claim is refused for good by a verdict that lacked what it needed to know. */
test("a claim that becomes due while the chain is asked waits for its own look", async () => {
  await using fresh = await testDatabase();
  const database = openDatabase<unknown>({
    url: fresh.url,
    logger: pino({ level: "silent" }),
    applicationName: "test",
  });
  try {
    await migrate(database, migrations);
    const notDue = NOW + 86_400;
    await database.transaction(async (client) => {
      await bindToChain(client, HOME, "", 0);
      for (const [id, owner] of [
        [1n, stranger],
        [2n, paid],
      ] as const)
        await client.query("insert into machines values ($1, $2, $2, null, null, 0, 0, false, '[]', '[]')", [
          id,
          Buffer.from(owner.slice(2), "hex"),
        ]);
      await insertEvents(client, [claimOf(1n, 0), claimOf(2n, notDue)]);
    });
    const verdicts = async () =>
      (
        await database.pool.query(
          "select reason, paid, evidence_due is null as final from events order by machine_id",
        )
      ).rows;
    const makeDue = () =>
      database.pool.query("update events set evidence_due = 0 where machine_id = 2 and evidence_due = $1", [
        notDue,
      ]);
    const look = { database, policy, chains: [payingChain(makeDue)], now: () => NOW };

    expect(await retryClaims(look)).toBe(1);
    expect(await verdicts()).toEqual([
      { reason: "no_transfer_to_machine", paid: false, final: true },
      { reason: "no_rpc", paid: false, final: false },
    ]);
    expect(await retryClaims(look)).toBe(1);
    expect((await verdicts())[1]).toEqual({ reason: null, paid: true, final: true });
  } finally {
    await database.close();
  }
});
