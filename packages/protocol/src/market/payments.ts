import { z } from "zod";
import { alsoReads, mayLack, orNull, textList } from "./reading.ts";
import {
  addressSchema,
  amountNumberSchema,
  currencySchema,
  filled,
  idSchema,
  jsonObject,
  maybe,
  text,
  timeSchema,
} from "./values.ts";
import {
  type MarketPaymentRailType,
  paymentRailTypeSchema,
  paymentStatusSchema,
  verificationModeSchema,
} from "./words.ts";

/** Payments of orders: the record, the intent, the proof, and what follows. */

/** Where and how the money goes. Transfer rails carry everything a client needs, base units in `metadata` included. */
export const paymentRailSchema = alsoReads(
  z
    .object({
      type: paymentRailTypeSchema,
      chain: orNull(z.string()).describe("CAIP-2"),
      token: orNull(z.string()),
      tokenAddress: orNull(z.string()),
      tokenMint: orNull(z.string()),
      escrowAddress: orNull(z.string()),
      externalUrl: orNull(z.string()),
      provider: orNull(z.string()),
      accountId: orNull(z.string()),
      walletAddress: orNull(z.string()),
      payerAddress: orNull(z.string()),
      payeeAddress: orNull(z.string()),
      paymentIntentId: orNull(z.string()),
      metadata: mayLack(z.record(z.string(), z.unknown()).nullable(), null).describe(
        "rawAmount (base units, text) and tokenDecimals on transfer rails",
      ),
    })
    .meta({ id: "PaymentRail" }),
  { type: "railType" },
);

/** What was shown for the payment; later published clients read it. */
export const paymentProofSchema = z
  .object({
    chain: orNull(z.string()),
    token: orNull(z.string()),
    transactionHash: orNull(z.string()),
    payerAddress: orNull(z.string()),
    verifiedAt: orNull(timeSchema),
    verificationMode: orNull(verificationModeSchema),
    metadata: orNull(z.record(z.string(), z.unknown())),
  })
  .meta({ id: "PaymentProof" });

export const marketPaymentSchema = z
  .object({
    id: idSchema,
    orderId: idSchema,
    machineId: idSchema,
    status: paymentStatusSchema,
    rail: paymentRailSchema,
    notes: textList(),
    amount: orNull(z.number()).describe("in currency"),
    currency: orNull(z.string()),
    proof: orNull(paymentProofSchema),
    outcome: orNull(z.enum(["settled", "failed", "unknown"])).describe(
      "ours: whether the chain has told; unknown keeps the reservation",
    ),
    release: orNull(
      z.object({ transactionHash: orNull(z.string()), notes: orNull(z.string()), at: timeSchema }),
    ).describe("ours"),
    refund: orNull(
      z.object({ transactionHash: orNull(z.string()), reason: orNull(z.string()), at: timeSchema }),
    ).describe("ours; transactionHash stays null until the repayment is verified"),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "MarketPayment" });

/** Rail names of requests: `xvv42` is what one published client still calls `mpp`. */
export const railTypeInput = z
  .union([paymentRailTypeSchema, z.literal("xvv42")])
  .transform((name): MarketPaymentRailType => (name === "xvv42" ? "mpp" : name));

export const paymentRailInput = z
  .strictObject({
    type: maybe(railTypeInput),
    chain: maybe(text(200)),
    token: maybe(text(100)),
    tokenAddress: maybe(addressSchema),
    tokenMint: maybe(text(200)),
    escrowAddress: maybe(addressSchema),
    externalUrl: maybe(text(2048)),
    provider: maybe(text(200)),
    accountId: maybe(text(200)),
    walletAddress: maybe(text(200)),
    payerAddress: maybe(text(200)),
    payeeAddress: maybe(text(200)),
    paymentIntentId: maybe(text(200)),
    metadata: maybe(jsonObject),
  })
  .meta({ id: "PaymentRailRequest" });

export const paymentIntentBody = z
  .strictObject({
    rail: maybe(paymentRailInput),
    amount: maybe(amountNumberSchema),
    currency: maybe(currencySchema),
  })
  .meta({ id: "PaymentIntentRequest" });

/** Python writes small numbers as `5e-05`. */
const amountText = z
  .union([
    z.string().regex(/^\d{1,30}(\.\d{1,36})?(e-\d{1,2})?$/, 'must be a decimal such as "1.50"'),
    amountNumberSchema,
  ])
  .transform(String);

/** The signed payment header of an x402 payment. */
export const x402PaymentInput = z.strictObject({ paymentSignature: filled(16_384) });

/** What later published clients send for a payment by x402. */
export const x402ProofBody = z
  .strictObject({
    payment: x402PaymentInput,
    paymentReference: maybe(text(200)),
    metadata: maybe(jsonObject),
  })
  .meta({ id: "X402ProofRequest" });

/** EVM proofs name a transactionHash, Solana proofs a transactionSignature. `amount` is the payment's amount as text. */
export const transferProofBody = z
  .strictObject({
    verificationMode: verificationModeSchema,
    chain: filled(200),
    token: filled(100),
    payerAddress: filled(200),
    payeeAddress: filled(200),
    amount: amountText,
    transactionHash: maybe(z.string().regex(/^0x[0-9a-fA-F]{64}$/, "must be 0x and 64 hexadecimal digits")),
    transactionSignature: maybe(filled(200)),
    tokenAddress: maybe(text(200)),
    tokenMint: maybe(text(200)),
    tokenDecimals: maybe(z.int().min(0).max(36)),
    rawAmount: maybe(z.string().regex(/^\d{1,78}$/, "must be base units in decimal digits")),
    metadata: maybe(jsonObject),
  })
  .meta({ id: "TransferProofRequest" });

/** The proof of a transfer, or the x402 form. */
export const paymentProofBody = z
  .union([transferProofBody, x402ProofBody], {
    // A union alone would only say that nothing fits: the mistake is told by the rules of the form that was meant.
    error: ({ input, errors }) => {
      const isX402 = typeof input === "object" && input !== null && "payment" in input;
      const first = (errors as z.core.$ZodIssue[][])[isX402 ? 1 : 0]?.[0];
      return first && `${first.path.map(String).join(".")}: ${first.message}`.replace(/^: /, "");
    },
  })
  .meta({ id: "PaymentProofRequest" });

const transactionHash = text(200);

export const escrowLockBody = z
  .strictObject({ transactionHash: filled(200), chain: filled(200), escrowAddress: filled(200) })
  .meta({ id: "EscrowLockRequest" });

export const releaseBody = z
  .strictObject({ transactionHash: maybe(transactionHash), notes: maybe(text(2000)) })
  .meta({ id: "ReleaseRequest" });

export const refundBody = z
  .strictObject({ transactionHash: maybe(transactionHash), reason: maybe(text(2000)) })
  .meta({ id: "RefundRequest" });
