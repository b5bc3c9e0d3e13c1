import {
  didAbi,
  eventRegistryAbi,
  identityRegistryAbi,
  identityStakingAbi,
  machineNftAbi,
} from "@peaqos/abi";
import { type Abi, type Hex, toEventSelector } from "viem";

/** Topics of every log the follower reads. */

function topicOf(abi: Abi, name: string): Hex {
  const event = abi.find((item) => item.type === "event" && item.name === name);
  if (event?.type !== "event") throw new Error(`the ABI has no event ${name}`);
  return toEventSelector(event);
}

export const topics = {
  eventSubmitted: topicOf(eventRegistryAbi, "EventSubmitted"),
  registered: topicOf(identityRegistryAbi, "Registered"),
  operatorSet: topicOf(identityRegistryAbi, "OperatorSet"),
  machineVerified: topicOf(identityRegistryAbi, "MachineVerified"),
  machineRejected: topicOf(identityRegistryAbi, "MachineRejected"),
  machineDeactivated: topicOf(identityRegistryAbi, "MachineDeactivated"),
  machineReactivated: topicOf(identityRegistryAbi, "MachineReactivated"),
  staked: topicOf(identityStakingAbi, "Staked"),
  machineMinted: topicOf(machineNftAbi, "MachineMinted"),
  // AdminFlags has no published ABI; these are the events of ours.
  machineFlagged: toEventSelector("MachineFlagged(uint256,uint256)"),
  flagCleared: toEventSelector("FlagCleared(uint256,uint256)"),
  overrideSet: toEventSelector("TrustOverrideSet(uint256,uint256,uint256)"),
  overrideCleared: toEventSelector("TrustOverrideCleared(uint256,uint256)"),
  // Indexed parameters do not change a topic, so these serve the chain's form and the published ABI's.
  attributeAdded: topicOf(didAbi, "AddAttribute"),
  attributeUpdated: topicOf(didAbi, "UpdateAttribute"),
  attributeRemoved: topicOf(didAbi, "RemoveAttribute"),
} as const;
