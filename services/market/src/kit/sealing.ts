import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import type { Ids } from "./ids.ts";

/**
 * Secrets at rest: AES-256-GCM, a fresh nonce each, bound to what they belong to, so that a sealed text cannot be
 * moved to another row.
 */
export type Sealing = {
  /** @param subject what the secret belongs to, such as `skill:<tenant>:<key>`; needed again to open it. */
  seal(subject: string, secret: string): string;
  /** @throws Error when the text was changed, moved, or sealed with another key. */
  open(subject: string, sealed: string): string;
  /** 32 bytes for another purpose, the same on every replica and after every start; null without a secret. */
  derive(purpose: string): Buffer | null;
};

const version = "v1";

export function createSealing(
  keyHex: string | undefined,
  sessionSecret: string | undefined,
  ids: Ids,
): Sealing {
  const key =
    keyHex !== undefined
      ? Buffer.from(keyHex.replace(/^0x/, ""), "hex")
      : sessionSecret !== undefined
        ? Buffer.from(hkdfSync("sha256", sessionSecret, "", "peaqos market sealing", 32))
        : undefined;
  const needed = () => {
    if (key === undefined) throw new Error("PEAQOS_ENCRYPTION_KEY is not set: secrets cannot be kept");
    return key;
  };
  return {
    derive: (purpose) =>
      key === undefined ? null : Buffer.from(hkdfSync("sha256", key, "", `peaqos market ${purpose}`, 32)),
    seal(subject, secret) {
      const nonce = ids.bytes(12);
      const cipher = createCipheriv("aes-256-gcm", needed(), nonce).setAAD(Buffer.from(subject));
      const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return [version, nonce, text, cipher.getAuthTag()]
        .map((part) => (typeof part === "string" ? part : part.toString("base64url")))
        .join(".");
    },
    open(subject, sealed) {
      const [name, nonce = "", text = "", tag = ""] = sealed.split(".");
      if (name !== version) throw new Error(`sealed with an unknown version ${name}`);
      const decipher = createDecipheriv("aes-256-gcm", needed(), Buffer.from(nonce, "base64url"))
        .setAAD(Buffer.from(subject))
        .setAuthTag(Buffer.from(tag, "base64url"));
      return Buffer.concat([decipher.update(Buffer.from(text, "base64url")), decipher.final()]).toString(
        "utf8",
      );
    },
  };
}
