import { type Address, getAddress } from "viem";
import { invalid } from "../kit/errors.ts";

/** `did:pkh:eip155:<chain>:<address>`: the agent's DID, by default on chain 1. */

const form = /^did:pkh:eip155:([1-9]\d{0,15}):(0x[0-9a-fA-F]{40})$/;

/** @throws HttpError VALIDATION_ERROR when it is malformed or names another address. */
export function agentDidOf(address: Address, given: string | undefined): string {
  if (given === undefined) return `did:pkh:eip155:1:${address}`;
  const [, chain, own = ""] = form.exec(given.trim()) ?? [];
  if (chain === undefined)
    throw invalid("agentDid", "must be did:pkh:eip155:<chain id>:<address>", { agentDid: given });
  if (getAddress(own.toLowerCase()) !== address)
    throw invalid("agentDid", `names ${own}, but agentAddress is ${address}`, { agentDid: given });
  return `did:pkh:eip155:${chain}:${address}`;
}
