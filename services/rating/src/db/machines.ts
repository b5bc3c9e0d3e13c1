import type { Hex } from "viem";
import type { MachineFact, MachineFactKind } from "../follow/logs.ts";
import type { StandingHistory } from "../score/types.ts";
import { bytes, bytesOrNull, type Client, insertMany } from "./values.ts";

/** Machines: raw facts in, one derived row out. */

export type MachineRow = {
  readonly machineId: bigint;
  readonly owner: Hex;
  /** Zero address: the registry knows no wallet of it. */
  readonly wallet: Hex;
  readonly operator: Hex | null;
  readonly tokenId: bigint | null;
  readonly registeredAt: number;
  readonly bondedAt: number | null;
  readonly deactivated: boolean;
  readonly flags: StandingHistory["flags"];
  readonly overrides: StandingHistory["overrides"];
};

type StoredFact = {
  readonly machine_id: bigint;
  readonly block_time: number;
  readonly kind: MachineFactKind;
  readonly account: Hex | null;
  readonly amount: bigint | null;
  readonly wallet: Hex | null;
};

export const zeroAddress: Hex = `0x${"0".repeat(40)}`;

type NewFact = MachineFact & { readonly blockTime: number; readonly wallet: Hex | null };

export const insertMachineFacts: (client: Client, facts: readonly NewFact[]) => Promise<void> =
  insertMany<NewFact>("machine_facts", [
    { name: "machine_id", type: "numeric", of: (fact) => fact.machineId },
    { name: "block_number", type: "bigint", of: (fact) => fact.blockNumber },
    { name: "log_index", type: "int", of: (fact) => fact.logIndex },
    { name: "block_time", type: "bigint", of: (fact) => fact.blockTime },
    { name: "kind", type: "text", of: (fact) => fact.fact },
    { name: "account", type: "bytea", of: (fact) => bytesOrNull(fact.account) },
    { name: "amount", type: "numeric", of: (fact) => fact.amount },
    { name: "wallet", type: "bytea", of: (fact) => bytesOrNull(fact.wallet) },
  ]);

type Draft = { -readonly [K in keyof MachineRow]: MachineRow[K] };
type Dated<T> = T & { at: number; clearedAt: number | null };

/** Ends the latest entry of a dated list. */
function clearLast(list: readonly Dated<object>[], at: number): void {
  const last = list.at(-1);
  if (last !== undefined && last.clearedAt === null) last.clearedAt = at;
}

/** What a machine's facts, in chain order, make of it; `null` when it was never registered. */
export function foldFacts(facts: readonly StoredFact[]): MachineRow | null {
  let machine: Draft | null = null;
  const flags: Dated<object>[] = [];
  const overrides: Dated<{ value: number }>[] = [];
  // Facts of other contracts can precede the registration within its transaction: look for it first.
  for (const fact of facts)
    if (fact.kind === "registered" && machine === null)
      machine = {
        machineId: fact.machine_id,
        owner: fact.account ?? zeroAddress,
        wallet: fact.wallet ?? zeroAddress,
        operator: null,
        tokenId: null,
        registeredAt: fact.block_time,
        bondedAt: null,
        deactivated: false,
        flags,
        overrides,
      };
  if (machine === null) return null;
  for (const fact of facts) {
    const at = fact.block_time;
    if (fact.kind === "operator")
      machine.operator = fact.account === zeroAddress || fact.account === machine.owner ? null : fact.account;
    else if (fact.kind === "staked") machine.bondedAt ??= at;
    else if (fact.kind === "minted") machine.tokenId = fact.amount;
    else if (fact.kind === "deactivated") machine.deactivated = true;
    else if (fact.kind === "reactivated") machine.deactivated = false;
    else if (fact.kind === "flag_cleared") clearLast(flags, at);
    else if (fact.kind === "override_cleared") clearLast(overrides, at);
    else if (fact.kind === "flagged") {
      // Setting one again replaces the earlier one, as on the contract.
      clearLast(flags, at);
      flags.push({ at, clearedAt: null });
    } else if (fact.kind === "override") {
      clearLast(overrides, at);
      overrides.push({ at, value: Number(fact.amount ?? 0n), clearedAt: null });
    }
  }
  return machine;
}

const upsertMachines = insertMany<MachineRow>(
  "machines",
  [
    { name: "machine_id", type: "numeric", of: (row) => row.machineId },
    { name: "owner", type: "bytea", of: (row) => bytes(row.owner) },
    { name: "wallet", type: "bytea", of: (row) => bytes(row.wallet) },
    { name: "operator", type: "bytea", of: (row) => bytesOrNull(row.operator) },
    { name: "token_id", type: "numeric", of: (row) => row.tokenId },
    { name: "registered_at", type: "bigint", of: (row) => row.registeredAt },
    { name: "bonded_at", type: "bigint", of: (row) => row.bondedAt },
    { name: "deactivated", type: "boolean", of: (row) => row.deactivated },
    { name: "flags", type: "text", of: (row) => JSON.stringify(row.flags) },
    { name: "overrides", type: "text", of: (row) => JSON.stringify(row.overrides) },
  ],
  `on conflict (machine_id) do update set owner = excluded.owner, wallet = excluded.wallet,
     operator = excluded.operator, token_id = excluded.token_id, registered_at = excluded.registered_at,
     bonded_at = excluded.bonded_at, deactivated = excluded.deactivated, flags = excluded.flags,
     overrides = excluded.overrides`,
);

/** Builds the rows of these machines again from their facts. */
export async function rebuildMachines(client: Client, machineIds: Iterable<bigint>): Promise<void> {
  const ids = [...new Set(machineIds)];
  if (ids.length === 0) return;
  const { rows } = await client.query<StoredFact>(
    `select machine_id, block_time, kind, account, amount, wallet from machine_facts
     where machine_id = any($1::numeric[]) order by machine_id, block_number, log_index`,
    [ids],
  );
  const machines = [...Map.groupBy(rows, (row) => row.machine_id).values()]
    .map(foldFacts)
    .filter((machine) => machine !== null);
  const present = new Set(machines.map((machine) => machine.machineId));
  const gone = ids.filter((id) => !present.has(id));
  if (gone.length > 0)
    await client.query("delete from machines where machine_id = any($1::numeric[])", [gone]);
  await upsertMachines(client, machines);
}
