import type { Hex } from "viem";
import { bytes, type Client, insertMany, utf8 } from "../db/values.ts";
import { hardwareTimeline } from "../evidence/attributes.ts";
import { decide, inChainOrder } from "../evidence/decide.ts";
import { eventDigest } from "../evidence/hardware.ts";
import { hasSource, sourceChainOf, transactionKey } from "../evidence/payment.ts";
import type {
  AttributeChange,
  EventRef,
  EvidenceEvent,
  EvidencePolicy,
  TransactionFact,
  Verdict,
} from "../evidence/types.ts";

/** The evidence module fed from the database: attributes in force, what is used up, and who gave way to whom. */

export type Use = { readonly key: string; readonly event: EvidenceEvent };

/** Machines (and indices) whose accepted evidence an earlier event claims now: they must be decided again. */
export type Displaced = readonly EventRef[];

type StoredUse = EventRef & { readonly blockNumber: number; readonly logIndex: number };

/** Prefixes keep the two kinds of key apart in one table. */
const transferUse = (key: string) => `transfer:${key}`;
const digestUse = (digest: Hex) => `digest:${digest}`;

/** Attribute changes of these accounts that hardware evidence reads. */
async function loadHardwareChanges(client: Client, accounts: readonly Hex[]): Promise<AttributeChange[]> {
  if (accounts.length === 0) return [];
  const { rows } = await client.query(
    `select account, name, block_number, log_index, sender, value
     from attribute_facts
     where account = any($1::bytea[]) and name in ('hardware_key', 'hardware_attestation')`,
    [accounts.map(bytes)],
  );
  return rows.map((row) => ({
    didAccount: row.account,
    sender: row.sender,
    name: row.name,
    value: row.value === null ? null : utf8(row.value),
    blockNumber: BigInt(row.block_number),
    logIndex: row.log_index,
  }));
}

async function loadUses(client: Client, keys: readonly string[]): Promise<Map<string, StoredUse>> {
  if (keys.length === 0) return new Map();
  const { rows } = await client.query(
    "select key, machine_id, event_index, block_number, log_index from evidence_uses where key = any($1::text[])",
    [keys],
  );
  return new Map(
    rows.map((row) => [
      row.key,
      {
        machineId: row.machine_id,
        index: row.event_index,
        blockNumber: row.block_number,
        logIndex: row.log_index,
      },
    ]),
  );
}

/** Every key these events could use up. */
function possibleKeys(
  events: readonly EvidenceEvent[],
  transactions: ReadonlyMap<string, TransactionFact>,
  policy: EvidencePolicy,
): string[] {
  const keys = new Set<string>();
  for (const event of events) {
    if (hasSource(event)) {
      const transaction = transactionKey(sourceChainOf(event, policy), event.sourceTxHash);
      const fact = transactions.get(transaction);
      if (fact?.kind === "final")
        for (const transfer of fact.transfers) keys.add(transferUse(`${transaction}:${transfer.logIndex}`));
    }
    if (event.trustClaimed === 2) keys.add(digestUse(eventDigest(event, policy)));
  }
  return [...keys];
}

const insertUses = insertMany<Use>("evidence_uses", [
  { name: "key", type: "text", of: (use) => use.key },
  { name: "machine_id", type: "numeric", of: (use) => use.event.machineId },
  { name: "event_index", type: "bigint", of: (use) => use.event.index },
  { name: "block_number", type: "bigint", of: (use) => use.event.blockNumber },
  { name: "log_index", type: "int", of: (use) => use.event.logIndex },
]);

/**
 * Decides claims, in chain order, and records what they use up. A transfer backs the first event in chain order
 * that can use it: an event decided late takes it back from a later one, which is returned to be decided again.
 * So the end state does not depend on when a chain answered.
 */
export async function decideClaims(
  client: Client,
  events: readonly EvidenceEvent[],
  transactions: ReadonlyMap<string, TransactionFact>,
  policy: EvidencePolicy,
): Promise<{ verdicts: Verdict[]; displaced: Displaced }> {
  const claims = events.filter((event) => event.trustClaimed > 0).sort(inChainOrder);
  if (claims.length === 0) return { verdicts: [], displaced: [] };
  if (policy.trustPolicy === "claimed") {
    const unused = { transferUser: () => null, digestUser: () => null };
    const facts = { transactions, hardwareAt: () => ({ key: null, attestation: null }) };
    return { verdicts: decide(claims, facts, policy, unused), displaced: [] };
  }
  const hardware = claims.filter((event) => event.trustClaimed === 2).map((event) => event.machineAddress);
  const hardwareAt = hardwareTimeline(await loadHardwareChanges(client, [...new Set(hardware)]));
  const uses = await loadUses(client, possibleKeys(claims, transactions, policy));
  const verdicts: Verdict[] = [];
  const taken: Use[] = [];
  const displaced = new Map<string, EventRef>();
  for (const event of claims) {
    // Only an earlier event's use counts against this one.
    const earlier = (key: string): EventRef | null => {
      const use = uses.get(key);
      const isLater =
        use !== undefined &&
        (use.blockNumber > Number(event.blockNumber) ||
          (use.blockNumber === Number(event.blockNumber) && use.logIndex > event.logIndex));
      return use === undefined || isLater ? null : use;
    };
    const [verdict] = decide([event], { transactions, hardwareAt }, policy, {
      transferUser: (key) => earlier(transferUse(key)),
      digestUser: (digest) => earlier(digestUse(digest)),
    });
    if (verdict === undefined) continue;
    verdicts.push(verdict);
    const keys = [
      ...(verdict.usedTransfer === null ? [] : [transferUse(verdict.usedTransfer)]),
      ...(verdict.usedDigest === null ? [] : [digestUse(verdict.usedDigest)]),
    ];
    for (const key of keys) {
      const before = uses.get(key);
      if (before !== undefined && (before.machineId !== event.machineId || before.index !== event.index))
        displaced.set(`${before.machineId}/${before.index}`, before);
      uses.set(key, {
        machineId: event.machineId,
        index: event.index,
        blockNumber: Number(event.blockNumber),
        logIndex: event.logIndex,
      });
      taken.push({ key, event });
    }
  }
  await client.query(
    `delete from evidence_uses u using unnest($1::numeric[], $2::bigint[]) as e (machine_id, event_index)
     where u.machine_id = e.machine_id and u.event_index = e.event_index`,
    [claims.map((event) => event.machineId), claims.map((event) => event.index)],
  );
  if (taken.length > 0) {
    await client.query("delete from evidence_uses where key = any($1::text[])", [
      taken.map((use) => use.key),
    ]);
    await insertUses(client, taken);
  }
  return { verdicts, displaced: [...displaced.values()] };
}
