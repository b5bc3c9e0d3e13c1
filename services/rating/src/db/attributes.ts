import type { Hex } from "viem";
import type { AttributeFact } from "../follow/logs.ts";
import { bytes, bytesOrNull, type Client, insertMany } from "./values.ts";

/** DID attributes: raw changes in, the value in force out. Only what the account itself wrote is in force. */

export type AttributeKey = { readonly account: Hex; readonly name: string };

export const insertAttributeFacts: (client: Client, facts: readonly AttributeFact[]) => Promise<void> =
  insertMany<AttributeFact>("attribute_facts", [
    { name: "account", type: "bytea", of: (fact) => bytes(fact.account) },
    { name: "name", type: "text", of: (fact) => fact.name },
    { name: "block_number", type: "bigint", of: (fact) => fact.blockNumber },
    { name: "log_index", type: "int", of: (fact) => fact.logIndex },
    { name: "sender", type: "bytea", of: (fact) => bytes(fact.sender ?? fact.account) },
    { name: "value", type: "bytea", of: (fact) => bytesOrNull(fact.value) },
  ]);

/** Finds the values in force of these attributes again. */
export async function rebuildAttributes(client: Client, keys: readonly AttributeKey[]): Promise<void> {
  if (keys.length === 0) return;
  const parameters = [keys.map((key) => bytes(key.account)), keys.map((key) => key.name)];
  await client.query(
    "delete from attributes a using unnest($1::bytea[], $2::text[]) as k (account, name) where a.account = k.account and a.name = k.name",
    parameters,
  );
  await client.query(
    `insert into attributes (account, name, value)
     select account, name, value from (
       select distinct on (f.account, f.name) f.account, f.name, f.value
       from (select distinct account, name from unnest($1::bytea[], $2::text[]) as u (account, name)) k
       join attribute_facts f on f.account = k.account and f.name = k.name and f.sender = f.account
       order by f.account, f.name, f.block_number desc, f.log_index desc
     ) latest where value is not null`,
    parameters,
  );
}
