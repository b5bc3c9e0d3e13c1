import { eventRegistryAbi, identityRegistryAbi } from "@peaqos/abi";
import { type ClientContext, chainTime, getMachine } from "@peaqos/peaq-os-sdk";
import type { Abi } from "viem";
import { networkError, usageError } from "../engine/errors.ts";
import { isoSeconds } from "../engine/output.ts";

/** What the chain allows for one machine; read once, for one event or for a whole import. */
export type MachineState = {
  readonly machineId: bigint;
  readonly owner: string;
  readonly operator: string | null;
};

/** The machine exists, is active and bonded, and this key may submit for it. Exit 2 with the reason otherwise. */
export async function checkMachine(client: ClientContext, machineId: bigint): Promise<MachineState> {
  const machine = await getMachine(client, machineId);
  const me = client.address.toLowerCase();
  if (machine.status === 4) {
    throw refused(
      "MachineDeactivated",
      `Machine ${machineId} is deactivated`,
      machineId,
      "a deactivated machine submits no events",
      "check the machine id",
    );
  }
  if (!machine.bond.bonded) {
    throw refused(
      "MachineNotBonded",
      `Machine ${machineId} is not bonded`,
      machineId,
      "only a bonded machine may submit events",
      "see `peaqos doctor`, or ask whoever registered it",
    );
  }
  if (machine.owner.toLowerCase() !== me && machine.operator?.toLowerCase() !== me) {
    throw refused(
      "NotAuthorizedSubmitter",
      `${client.address} may not submit events for machine ${machineId}`,
      machineId,
      `only the machine ${machine.owner}${machine.operator ? ` or its operator ${machine.operator}` : ""} may`,
      "use that account's key, or check the machine id",
    );
  }
  return { machineId, owner: machine.owner, operator: machine.operator };
}

function refused(code: string, message: string, machineId: bigint, rule: string, next: string) {
  return networkError({ code, message, value: `machine ${machineId}`, rule, next });
}

/** Machine id of an address, 0 for none. */
export function machineIdAt(client: ClientContext, address: string): Promise<bigint> {
  return client.chain.read<bigint>({
    address: client.contracts.identityRegistry,
    abi: identityRegistryAbi as Abi,
    functionName: "machineIdOfOwner",
    args: [address],
    doing: `read the machine id of ${address}`,
  });
}

export async function checkNotPaused(client: ClientContext): Promise<void> {
  const paused = await client.chain.read<boolean>({
    address: await client.chain.demandContract("eventRegistry"),
    abi: eventRegistryAbi as Abi,
    functionName: "paused",
    doing: "look whether events are paused",
  });
  if (!paused) return;
  throw networkError({
    code: "EnforcedPause",
    message: "The EventRegistry is paused by its owner",
    value: client.contracts.eventRegistry,
    rule: "no events are taken while it is paused",
    next: "try again later",
  });
}

/** The chain's own clock decides what the future is, not this computer's. */
export async function checkTime(client: ClientContext, timestamp: bigint): Promise<void> {
  const now = await chainTime(client);
  if (timestamp <= now) return;
  throw usageError({
    code: "FutureTimestamp",
    message: `--ts lies ${timestamp - now} s in the future`,
    value: `${timestamp} (${isoSeconds(timestamp)})`,
    rule: `an event is dated at or before the chain's clock, now ${now} (${isoSeconds(now)})`,
    next: "give the time when it happened; check the clock of the machine that wrote it",
  });
}

/** How many bytes of metadata this registry takes. */
export async function metadataLimit(client: ClientContext): Promise<number> {
  return (await client.chain.registry()).maxMetadataBytes;
}
