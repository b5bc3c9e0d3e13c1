import { testUsdcAbi } from "@peaqos/abi";
import { viemChain } from "@peaqos/devnet";
import type { PeaqosClient } from "@peaqos/peaq-os-sdk";
import { createPublicClient, createWalletClient, type Hex, http, parseEther, parseUnits } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import type { Running } from "../devnet.ts";
import type { RatedStation } from "../ratings.ts";
import type { Screen } from "../screen.ts";
import type { Told } from "./wire.ts";

/** The buyer: a station of the fleet, and an agent that buys for it within what its owner allows. */

export const DAILY_USD = 5;

export type Buyer = { machineId: string; pairingId: string; pairingToken: string };

const profile = { agentProvider: "demo", agentRole: "machine-market-buyer" };

/** Finds or brings the station to the market and pairs the agent with it; a later run gets a new token. */
export async function pairedBuyer(
  client: PeaqosClient,
  agent: PrivateKeyAccount,
  station: RatedStation,
): Promise<Buyer> {
  const market = client.orchestration;
  const machineId = await machineOf(client, station);
  const challenge = await market.createAgentPairingChallenge(machineId, {
    agentAddress: agent.address,
    ...profile,
  });
  const { challengeId, message } = challenge.item;
  const agentProof = { challengeId, signature: await agent.signMessage({ message }) };
  const { items } = await market.listAgentPairings(machineId);
  const known = items.find(
    ({ agentAddress, status }) => agentAddress === agent.address && status === "active",
  );
  const { item } =
    known === undefined
      ? await market.createAgentPairing(machineId, {
          agentAddress: agent.address,
          ...profile,
          agentProof,
          description: "the demo's buyer",
          delegationPolicy: {
            allowedSkillKeys: [],
            deniedSkillKeys: [],
            allowedServiceIds: [],
            deniedServiceIds: [],
            dailySpendLimit: DAILY_USD,
            currency: "USD",
          },
        })
      : await market.createAgentPairingSession(machineId, known.id, { agentProof });
  return { machineId, pairingId: item.id, pairingToken: item.pairingToken ?? "" };
}

async function machineOf(client: PeaqosClient, station: RatedStation): Promise<string> {
  const market = client.orchestration;
  const identityRef = station.did.toLowerCase();
  for await (const machine of market.listMachinesAll())
    if (machine.identityRef?.toLowerCase() === identityRef) return machine.id;
  const { item: challenge } = await market.createMachineIdentityChallenge({ identityRef: station.did });
  const signer = privateKeyToAccount(station.privateKey);
  const { item } = await market.createMachine({
    displayName: `station ${station.id}`,
    ownerId: client.address,
    machineType: "iot-device",
    runtimeProfile: "linux-native",
    identityRef: station.did,
    identityProof: {
      challengeId: challenge.challengeId,
      signature: await signer.signMessage({ message: challenge.message }),
    },
  });
  await market.updateMachine(item.id, { status: "active" });
  return item.id;
}

const ENOUGH = parseUnits("10", 6);
const TOKENS = parseUnits("100", 6);

/** The devnet's developer gives the agent gas, test USDC and test USDT where it has little. */
export async function fundAgent(running: Running, agent: Hex, screen: Screen, told: Told): Promise<void> {
  const { contracts, urls, chain_id } = running.file;
  const chain = viemChain({ chainId: chain_id, url: urls.rpc });
  const client = createPublicClient({ chain, transport: http(urls.rpc), pollingInterval: 20 });
  const account = privateKeyToAccount(running.env.PEAQOS_PRIVATE_KEY as Hex);
  const wallet = createWalletClient({ account, chain, transport: http(urls.rpc) });
  const sent = async (hash: Hex, what: string) => {
    const { status } = await client.waitForTransactionReceipt({ hash });
    if (status !== "success") throw new Error(`The funding transaction ${hash} failed.`);
    told.transactions.push(hash);
    screen.copy(`tx ${hash} ${what}`);
  };
  if ((await client.getBalance({ address: agent })) < parseEther("0.1"))
    await sent(await wallet.sendTransaction({ to: agent, value: parseEther("1") }), "1 PEAQ");
  for (const symbol of ["usdc", "usdt"] as const) {
    const token = { address: contracts[symbol], abi: testUsdcAbi };
    const balance = await client.readContract({ ...token, functionName: "balanceOf", args: [agent] });
    if (balance >= ENOUGH) continue;
    const call = { ...token, functionName: "transfer", args: [agent, TOKENS] } as const;
    await sent(await wallet.writeContract(call), `100 ${symbol.toUpperCase()}`);
  }
}
