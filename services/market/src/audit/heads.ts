import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { Sealing } from "../kit/sealing.ts";

/**
 * Signed heads: "at this time this chain had this many rows, and this was the last one's hash". Ed25519, so that an
 * auditor who has the public key and a head from outside the database needs nothing else of the operator's.
 */

export type Head = { readonly chain: string; readonly seq: number; readonly hash: string };
export type SignedHead = Head & {
  readonly signedAt: Date;
  readonly keyId: string;
  readonly signature: string;
};

export type HeadSigner = {
  readonly keyId: string;
  /** SPKI in base64, for whoever checks heads elsewhere. */
  readonly publicKey: string;
  sign(head: Head, signedAt: Date): SignedHead;
  /** False for another key's heads as well: they prove nothing here. */
  isValid(head: SignedHead): boolean;
};

/** PKCS #8 of an Ed25519 key is this and its 32 bytes (RFC 8410). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

const message = (head: Head, signedAt: Date) =>
  Buffer.from(
    JSON.stringify(["peaqos-audit-head-1", head.chain, head.seq, head.hash, signedAt.toISOString()]),
  );

/** @returns null where the deployment has no secret to derive a key from. */
export function createHeadSigner(sealing: Sealing): HeadSigner | null {
  const seed = sealing.derive("audit heads");
  if (seed === null) return null;
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key);
  const spki = publicKey.export({ format: "der", type: "spki" });
  const keyId = createHash("sha256").update(spki).digest("hex").slice(0, 16);
  return {
    keyId,
    publicKey: spki.toString("base64"),
    sign: (head, signedAt) => ({
      ...head,
      signedAt,
      keyId,
      signature: sign(null, message(head, signedAt), key).toString("base64url"),
    }),
    isValid: (head) =>
      head.keyId === keyId &&
      verify(null, message(head, head.signedAt), publicKey, Buffer.from(head.signature, "base64url")),
  };
}
