import { fail } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";
import { isAgentAddress } from "../pairings/store.ts";

/**
 * Payer addresses beside the agents' own. A transfer on a chain can be seen by all, so an address must belong to one
 * agent before it pays: to the agent whose address it is (whoever was ever paired), else to the first that named it.
 *
 * @throws HttpError VALIDATION_ERROR `payer_taken`.
 */
export async function claimPayer(tx: WriteTx, address: string, agentAddress: string): Promise<void> {
  if (address === agentAddress) return;
  const [isAgent, { rows }] = await Promise.all([
    isAgentAddress(tx.client, address),
    tx.client.query<{ agent_address: string }>(
      `insert into payment_payers (address, agent_address, created_at) values ($1, $2, $3)
       on conflict (address) do update set address = excluded.address returning agent_address`,
      [address, agentAddress, tx.now],
    ),
  ]);
  if (isAgent || rows[0]?.agent_address !== agentAddress)
    throw fail("VALIDATION_ERROR", `rail.payerAddress: ${address} belongs to another agent`, {
      reason: "payer_taken",
      field: "rail.payerAddress",
      payerAddress: address,
    });
}
