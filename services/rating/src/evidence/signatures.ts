/** The two kinds of signature a hardware key can give, and an attestor's: pure checks, false for anything malformed. */
import { createPublicKey, ECDH, verify } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1";
import { type Hex, hashMessage, hexToBytes } from "viem";
import { publicKeyToAddress } from "viem/utils";

const ES256_KEY = /^es256:(?:0x)?(0[23][0-9a-f]{64})$/i;
const EIP191_KEY = /^eip191:(0x[0-9a-f]{40})$/i;
/** 64 bytes in base64url, no padding. */
const ES256_SIGNATURE = /^[A-Za-z0-9_-]{86}$/;
const EIP191_SIGNATURE = /^0x[0-9a-f]{130}$/i;

export type HardwareKey =
  | { readonly kind: "es256"; readonly point: Buffer }
  | { readonly kind: "eip191"; readonly address: string };

/** Reads the text of the DID attribute `hardware_key`; `null` when it is neither form or not a point of the curve. */
export function parseHardwareKey(text: string): HardwareKey | null {
  const account = EIP191_KEY.exec(text)?.[1];
  if (account !== undefined) return { kind: "eip191", address: account.toLowerCase() };
  const compressed = ES256_KEY.exec(text)?.[1];
  if (compressed === undefined) return null;
  try {
    const point = ECDH.convertKey(compressed, "prime256v1", "hex", undefined, "uncompressed") as Buffer;
    return { kind: "es256", point };
  } catch {
    return null;
  }
}

/** Address whose EIP-191 `personal_sign` of the 32 bytes this is, lower case; `null` when it is none. */
export function recoverEip191(digest: Hex, signature: string): string | null {
  if (!EIP191_SIGNATURE.test(signature)) return null;
  const last = Number.parseInt(signature.slice(130), 16);
  const recovery = last >= 27 ? last - 27 : last;
  if (recovery !== 0 && recovery !== 1) return null;
  try {
    const point = secp256k1.Signature.fromCompact(signature.slice(2, 130))
      .addRecoveryBit(recovery)
      .recoverPublicKey(hashMessage({ raw: digest }).slice(2));
    return publicKeyToAddress(`0x${point.toHex(false)}`).toLowerCase();
  } catch {
    return null;
  }
}

function verifyEs256(digest: Hex, point: Buffer, signature: string): boolean {
  if (!ES256_SIGNATURE.test(signature)) return false;
  const x = point.subarray(1, 33).toString("base64url");
  const y = point.subarray(33).toString("base64url");
  try {
    const key = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
    // ES256 signs the SHA-256 of its message; the message is the 32 bytes of the digest.
    return verify(
      "sha256",
      hexToBytes(digest),
      { key, dsaEncoding: "ieee-p1363" },
      Buffer.from(signature, "base64url"),
    );
  } catch {
    return false;
  }
}

/** Whether `signature` over the EIP-712 digest was made by the key. */
export function verifyHardwareSignature(digest: Hex, key: HardwareKey, signature: string): boolean {
  return key.kind === "es256"
    ? verifyEs256(digest, key.point, signature)
    : recoverEip191(digest, signature) === key.address;
}
