import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { devnetAccounts } from "../accounts.ts";
import type { AgentEntry, MachineEntry } from "../files.ts";

/** The machine the devnet's agent buys for, and what its owner lets it spend. */
const BUYER = "aa-delivery-drone";
const DAILY_USD = 5;

type Item = Readonly<Record<string, string>>;

/**
 * The agent that every devnet has, paired with a seeded machine: made at the first start, with a fresh token at each
 * later one. The same calls as anybody else's, on the market's own API.
 */
export async function pairAgent(
  market: { url: string; apiKey: string },
  machines: readonly MachineEntry[],
  known: AgentEntry | null,
): Promise<AgentEntry | null> {
  const machine = machines.find(({ name }) => name === BUYER);
  if (machine === undefined) return null;
  const agent = devnetAccounts().agent;
  const call = caller(market);
  const profile = { agentAddress: agent.address, agentProvider: "devnet", agentRole: "machine-market-buyer" };

  const machineId =
    (await call("GET", "/machines?limit=500")).items?.find((each) => each.identityRef === machine.did)?.id ??
    (await register(machine));
  const challenge = await call("POST", `/machines/${machineId}/agent-pairings/challenges`, profile);
  const agentProof = await proof(challenge.item, agent.privateKey);
  const pairing =
    known === null
      ? await call("POST", `/machines/${machineId}/agent-pairings`, {
          ...profile,
          agentProof,
          description: "the devnet's own agent",
          delegationPolicy: { dailySpendLimit: DAILY_USD, currency: "USD" },
        })
      : await call("POST", `/machines/${machineId}/agent-pairings/${known.pairing_id}/sessions`, {
          agentProof,
        });
  return {
    machine: machine.name,
    market_machine_id: machineId,
    pairing_id: pairing.item.id ?? "",
    address: agent.address,
    daily_limit_usd: DAILY_USD,
    token: pairing.item.pairingToken ?? "",
  };

  async function register({ name, did, private_key }: MachineEntry): Promise<string> {
    const made = await call("POST", "/machine-identity/challenges", { identityRef: did });
    const created = await call("POST", "/machines", {
      displayName: name,
      ownerId: devnetAccounts().operator.address,
      machineType: "robot",
      runtimeProfile: "linux-docker",
      identityRef: did,
      identityProof: await proof(made.item, private_key),
    });
    const id = created.item.id ?? "";
    await call("PATCH", `/machines/${id}`, { status: "active" });
    return id;
  }
}

async function proof(challenge: Item, privateKey: Hex): Promise<{ challengeId: string; signature: Hex }> {
  const signature = await privateKeyToAccount(privateKey).signMessage({ message: challenge.message ?? "" });
  return { challengeId: challenge.challengeId ?? "", signature };
}

type Call = (method: string, path: string, body?: unknown) => Promise<{ item: Item; items?: Item[] }>;

function caller({ url, apiKey }: { url: string; apiKey: string }): Call {
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { "content-type": "application/json", "x-api-key": apiKey },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { item: Item; items?: Item[] };
  };
}
