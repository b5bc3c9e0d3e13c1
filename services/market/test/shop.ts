import type { CatalogueServiceInput } from "@peaqos/protocol/market";
import { type CallOptions, type MarketWorld, succeeded, type WorldAgent, type WorldAnswer } from "./world.ts";

/** What tests of orders need of a world: services with a price, and placing. */

/** A service paid by a USDC transfer. */
export function priced(
  world: MarketWorld,
  id: string,
  amount: number,
  more: Partial<CatalogueServiceInput> = {},
): Partial<CatalogueServiceInput> & { id: string } {
  return {
    id,
    pricing: { mode: "fixed", amount, currency: "USDC" },
    payment: {
      defaultRail: "wallet",
      supportedRails: ["wallet"],
      chain: world.chainName,
      token: "USDC",
      tokenAddress: world.chain.deployment.usdc,
      payeeAddress: world.seller,
    },
    ...more,
  };
}

export function orderBody(agent: WorldAgent, serviceId: string, more: object = {}): object {
  return { machineId: agent.machine.id, agentPairingId: agent.pairingId, serviceId, ...more };
}

export function place(
  world: MarketWorld,
  agent: WorldAgent,
  serviceId: string,
  more: object = {},
  options: CallOptions = {},
): Promise<WorldAnswer> {
  const body = orderBody(agent, serviceId, more);
  return world.call("POST", "/market/orders", { token: agent.token, body, ...options });
}

export async function spentToday(world: MarketWorld, agent: WorldAgent): Promise<number> {
  const path = `/machines/${agent.machine.id}/agent-pairings/${agent.pairingId}/allowance`;
  return succeeded(await world.call("GET", path)).body.item.spentToday;
}

export const errorOf = (answer: WorldAnswer) => ({
  status: answer.status,
  code: answer.body?.error?.code,
  reason: answer.body?.error?.details?.reason,
});
