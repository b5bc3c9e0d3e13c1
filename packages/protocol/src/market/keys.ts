import { z } from "zod";
import { orNull } from "./reading.ts";
import { filled, idSchema, maybe, timeSchema } from "./values.ts";
import { platformScopeSchema } from "./words.ts";

/** Platform keys of a tenant. A key itself is shown once, when it is made; the market keeps its hash. */

const keyFields = {
  id: idSchema,
  name: z.string(),
  scopes: z.array(platformScopeSchema),
  lastFour: z.string(),
  createdAt: timeSchema,
  expiresAt: orNull(timeSchema).describe(
    "null: does not expire; set to the end of the grace time by a rotation",
  ),
  lastUsedAt: orNull(timeSchema).describe("to the minute"),
  revokedAt: orNull(timeSchema),
  replacedBy: orNull(z.string()).describe("id of the key a rotation put in its place"),
};

/** A platform key as it is listed. */
export const platformKeySchema = z.object(keyFields).meta({ id: "PlatformKey" });

/** The one answer that holds the key: create and rotate. */
export const newPlatformKeySchema = z
  .object({ ...keyFields, key: z.string().describe("shown once") })
  .meta({ id: "NewPlatformKey" });

export const createPlatformKeyBody = z
  .strictObject({
    name: filled(200),
    scopes: z.array(platformScopeSchema).min(1).max(20),
    expiresAt: maybe(timeSchema),
  })
  .meta({ id: "CreatePlatformKeyRequest" });

/** Seconds a replaced key goes on working, at most a week. Default 0: it ends at once. */
export const rotatePlatformKeyBody = z
  .strictObject({ graceSeconds: maybe(z.int().min(0).max(604_800)) })
  .meta({ id: "RotatePlatformKeyRequest" });
