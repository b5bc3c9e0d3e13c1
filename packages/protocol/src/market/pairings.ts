import { z } from "zod";
import { proofInputSchema } from "./machines.ts";
import { mayLack, orNull, textList } from "./reading.ts";
import {
  addressSchema,
  amountNumberSchema,
  currencySchema,
  filled,
  idSchema,
  maybe,
  text,
  textsSchema,
  timeSchema,
} from "./values.ts";
import { pairingStatusSchema, proofMethodSchema } from "./words.ts";

/** Agents paired with a machine, what they may do, and the challenge that proves who they are. */

export const delegationPolicySchema = z
  .object({
    allowedSkillKeys: textList().describe("empty: all"),
    deniedSkillKeys: textList().describe("wins over the allowed list"),
    allowedServiceIds: textList().describe("empty: all"),
    deniedServiceIds: textList().describe("wins over the allowed list"),
    perTransactionLimit: orNull(z.number()).describe("in currency; null: no limit"),
    dailySpendLimit: orNull(z.number()).describe("in currency, for one UTC day; null: no limit"),
    currency: orNull(z.string()),
  })
  .meta({ id: "DelegationPolicy" });

export const pairingVerificationSchema = z
  .object({
    method: proofMethodSchema,
    signerAddress: z.string(),
    verifiedAt: timeSchema,
    challengeExpiresAt: timeSchema,
  })
  .meta({ id: "PairingVerification" });

const pairingFields = {
  id: idSchema,
  machineId: idSchema,
  agentAddress: z.string(),
  agentDid: orNull(z.string()).describe("did:pkh:eip155:<chain>:<address>"),
  agentProvider: z.string(),
  agentRole: z.string(),
  status: pairingStatusSchema,
  description: orNull(z.string()),
  verification: orNull(pairingVerificationSchema),
  delegationPolicy: delegationPolicySchema,
  hasAuthToken: z.boolean(),
  tokenLastFour: orNull(z.string()),
  sessionId: orNull(z.string()),
  sessionTokenId: orNull(z.string()).describe("bookkeeping, not a credential"),
  sessionIssuedAt: orNull(timeSchema),
  sessionExpiresAt: orNull(timeSchema),
  createdAt: timeSchema,
  updatedAt: timeSchema,
};

/** A pairing as it is listed: never with its token. */
export const pairingSchema = z.object(pairingFields).meta({ id: "AgentPairing" });

/** The one answer that holds the token: create and session. */
export const pairedSchema = z
  .object({ ...pairingFields, pairingToken: z.string().describe("HS256 session token, shown once") })
  .meta({ id: "AgentPairingWithToken" });

export const pairingChallengeSchema = z
  .object({
    challengeId: z.string(),
    agentAddress: z.string(),
    message: z.string().describe("to be signed byte for byte"),
    expiresAt: timeSchema,
    verificationMethod: proofMethodSchema,
    machineId: orNull(z.string()),
    machineIdentityRef: orNull(z.string()),
    agentDid: orNull(z.string()),
  })
  .meta({ id: "PairingChallenge" });

/** Null cannot be sent by the published clients, so a policy is always replaced whole: a missing limit is no limit. */
export const delegationPolicyInput = z
  .strictObject({
    allowedSkillKeys: maybe(textsSchema),
    deniedSkillKeys: maybe(textsSchema),
    allowedServiceIds: maybe(textsSchema),
    deniedServiceIds: maybe(textsSchema),
    perTransactionLimit: maybe(amountNumberSchema),
    dailySpendLimit: maybe(amountNumberSchema),
    currency: maybe(currencySchema),
  })
  .meta({ id: "DelegationPolicyRequest" });

const agent = {
  agentAddress: addressSchema,
  agentProvider: filled(200),
  agentRole: filled(200),
  agentDid: maybe(filled(200)),
};

export const pairingChallengeBody = z.strictObject(agent).meta({ id: "PairingChallengeRequest" });

export const createPairingBody = z
  .strictObject({
    ...agent,
    agentProof: maybe(proofInputSchema),
    description: maybe(text(2000)),
    delegationPolicy: maybe(delegationPolicyInput),
  })
  .meta({ id: "CreateAgentPairingRequest" });

export const pairingSessionBody = z
  .strictObject({ agentProof: maybe(proofInputSchema) })
  .meta({ id: "AgentPairingSessionRequest" });

export const updatePairingBody = z
  .strictObject({
    agentProvider: maybe(filled(200)),
    agentRole: maybe(filled(200)),
    description: maybe(text(2000)),
    status: maybe(pairingStatusSchema),
    delegationPolicy: maybe(delegationPolicyInput),
  })
  .meta({ id: "UpdateAgentPairingRequest" });

/** What a pairing may still spend today. Amounts are in `currency`; USD, USDC and USDT count as one unit. */
export const allowanceSchema = z
  .object({
    pairingId: idSchema,
    machineId: idSchema,
    currency: orNull(z.string()),
    perTransactionLimit: orNull(z.number()).describe("null: no limit"),
    dailySpendLimit: orNull(z.number()).describe("null: no limit"),
    spentToday: z.number().describe("reserved and spent by orders of this UTC day"),
    remainingToday: orNull(z.number()).describe("null: no limit"),
    day: z.iso.date().describe("the UTC day the numbers are of"),
    resetsAt: timeSchema,
    policies: mayLack(
      z.array(
        z.object({
          policyId: idSchema,
          name: z.string(),
          currency: z.string(),
          cap: z.number(),
          spentToday: z.number(),
          remainingToday: z.number(),
        }),
      ),
      [],
    ).describe("caps of the machine's policies, which count on top"),
  })
  .meta({ id: "PairingAllowance" });
