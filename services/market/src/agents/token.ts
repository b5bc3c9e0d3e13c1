import { createHash } from "node:crypto";
import type { Ids } from "../kit/ids.ts";

/** Tokens of machine agents: 256 random bits, of which only a hash is kept. */

export const newAgentToken = (ids: Ids): string => `pmat_${ids.bytes(32).toString("base64url")}`;

export const agentTokenHash = (token: string): string => createHash("sha256").update(token).digest("hex");
