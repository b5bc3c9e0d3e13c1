import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import type { Keypair } from "./types.ts";

/**
 * Makes a new random key pair. Nothing is stored or sent.
 *
 * @returns the checksummed address and the private key, frozen. Whoever has the key owns the machine: store it where
 * only the machine can read it.
 * @example
 * ```ts
 * import { generateKeypair } from "@peaqos/peaq-os-sdk";
 * const { address, privateKey } = generateKeypair();
 * ```
 */
export function generateKeypair(): Keypair {
  const privateKey = generatePrivateKey();
  return Object.freeze({ address: privateKeyToAddress(privateKey), privateKey });
}
