import { fail } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";

/**
 * Payer addresses beside the agents' own. A transfer on a chain can be seen by all, so an address must belong to one
 * agent before it pays: to the agent whose address it is, else to the first that named it.
 *
 * @throws HttpError VALIDATION_ERROR `payer_taken`.
 */
export async function claimPayer(tx: WriteTx, address: string, agentAddress: string): Promise<void> {
  if (address === agentAddress) return;
  const { rows } = await tx.client.query<{ agent_address: string; natural: boolean }>(
    `insert into payment_payers (address, agent_address, created_at) values ($1, $2, $3)
     on conflict (address) do update set address = excluded.address
     returning agent_address, exists (select from market_payments where agent_address = $1) as natural`,
    [address, agentAddress, tx.now],
  );
  const row = rows[0];
  if (row === undefined || row.natural || row.agent_address !== agentAddress)
    throw fail("VALIDATION_ERROR", `rail.payerAddress: ${address} belongs to another agent`, {
      reason: "payer_taken",
      field: "rail.payerAddress",
      payerAddress: address,
    });
}
