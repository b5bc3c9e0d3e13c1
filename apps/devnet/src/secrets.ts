import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "./files.ts";

/** What only this data directory knows, mode 0600: made at the first start, the same ever after. */
export type Secrets = {
  version: 1;
  /** Signs the agents' tokens and seals what the market keeps secret. */
  session_secret: string;
  /** The platform key of the market's default tenant, for everything. */
  api_key: string;
};

export const secretsFile = "secrets.json";

export function readOrMakeSecrets(dataDir: string): Secrets {
  const path = join(dataDir, secretsFile);
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const made: Secrets = {
    version: 1,
    session_secret: randomBytes(32).toString("base64url"),
    api_key: `peaqos_${randomBytes(24).toString("base64url")}`,
  };
  writeAtomically(path, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}
