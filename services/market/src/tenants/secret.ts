import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Ids } from "../kit/ids.ts";

/** Platform keys as text: how they are made, hashed and found in a request. */

const prefix = "peaqos_";

/** 256 random bits; the beginning lets scanners of leaked secrets know it. */
export function newSecret(ids: Ids): string {
  return `${prefix}${ids.bytes(32).toString("base64url")}`;
}

/** What is kept of a key, in lower-case hexadecimal. */
export function hashOfSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

export function hashesEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left, "hex"), Buffer.from(right, "hex")];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The key a request carries, in either published spelling; null when there is none. */
export function sentSecret(headers: IncomingHttpHeaders): string | null {
  const key = headers["x-api-key"];
  if (typeof key === "string" && key.trim() !== "") return key.trim();
  const bearer = /^bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? "")?.[1];
  return bearer ?? null;
}
