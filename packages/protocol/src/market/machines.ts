import { z } from "zod";
import { orNull, textList, textMap } from "./reading.ts";
import { filled, idSchema, maybe, text, textsSchema, timeSchema } from "./values.ts";
import { machineStatusSchema, proofMethodSchema, resolutionSourceSchema } from "./words.ts";

/** Machines of the market and the proof that their identity is theirs. */

/** `{ challengeId, signature }`: EIP-191 `personal_sign` over the challenge's message. */
export const proofInputSchema = z.strictObject({
  challengeId: filled(200),
  signature: filled(1000).describe("0x and 65 bytes"),
});

export const identityProofSchema = z
  .object({
    method: proofMethodSchema,
    identityRef: z.string(),
    signerAddress: z.string(),
    challengeId: z.string(),
    verifiedAt: timeSchema,
    challengeExpiresAt: timeSchema,
    controllerAddresses: textList(),
    resolutionSource: resolutionSourceSchema,
  })
  .meta({ id: "IdentityProof" });

export const machineSchema = z
  .object({
    id: idSchema,
    displayName: z.string(),
    status: machineStatusSchema,
    ownerId: z.string(),
    identityRef: orNull(z.string()).describe("did:peaq:0x… or peaqos:machine:<id>"),
    identityProof: orNull(identityProofSchema),
    machineType: z.string(),
    runtimeProfile: z.string(),
    capabilities: textList(),
    labels: textMap(),
    policyIds: textList(),
    skillKeys: textList(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "Machine" });

export const identityChallengeSchema = z
  .object({
    challengeId: z.string(),
    identityRef: z.string(),
    message: z.string().describe("to be signed byte for byte"),
    expiresAt: timeSchema,
    verificationMethod: proofMethodSchema,
    controllerAddresses: textList().describe("who may sign; complete"),
  })
  .meta({ id: "IdentityChallenge" });

export const identityRefSchema = text(200).regex(
  /^(did:peaq:0x[0-9a-fA-F]{40}|peaqos:machine:[1-9][0-9]{0,77})$/,
  "must be did:peaq:0x<40 hexadecimal digits> or peaqos:machine:<id>",
);

const labelsInput = z
  .record(filled(100), text(500))
  .refine((value) => Object.keys(value).length <= 100, "must not have more than 100 entries");

export const identityChallengeBody = z
  .strictObject({ identityRef: identityRefSchema })
  .meta({ id: "IdentityChallengeRequest" });

export const createMachineBody = z
  .strictObject({
    displayName: filled(200),
    ownerId: filled(200),
    machineType: text(200),
    runtimeProfile: text(200),
    identityRef: maybe(identityRefSchema),
    identityProof: maybe(proofInputSchema),
    capabilities: maybe(textsSchema),
    labels: maybe(labelsInput),
    policyIds: maybe(textsSchema),
    skillKeys: maybe(textsSchema),
  })
  .meta({ id: "CreateMachineRequest" });

/** `identityProof` is accepted and never demanded: one seed offers it, the published client cannot send it. */
export const updateMachineBody = z
  .strictObject({
    displayName: maybe(filled(200)),
    status: maybe(machineStatusSchema),
    ownerId: maybe(filled(200)),
    identityRef: maybe(identityRefSchema),
    identityProof: maybe(proofInputSchema),
    machineType: maybe(text(200)),
    runtimeProfile: maybe(text(200)),
    capabilities: maybe(textsSchema),
    labels: maybe(labelsInput),
    policyIds: maybe(textsSchema),
    skillKeys: maybe(textsSchema),
  })
  .meta({ id: "UpdateMachineRequest" });
