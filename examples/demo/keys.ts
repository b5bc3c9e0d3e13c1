import { type Hex, keccak256, stringToBytes } from "viem";

/**
 * The demo's own keys, the same on every run, so that a second run finds the machines of the first. Public knowledge:
 * for a devnet only.
 */
export function demoKey(name: string): Hex {
  return keccak256(stringToBytes(`peaqos demo ${name}`));
}
