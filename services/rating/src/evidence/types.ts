/**
 * What a claimed trust level is worth (docs/rating.md, evidence).
 * Everything here is plain data: facts are fetched first, verdicts are a pure function of them.
 */
import type { Address, Hex } from "viem";
import type { EvidenceClass } from "../score/types.ts";

/** Why a claim above 0 was not believed. */
export type EvidenceReason =
  | "no_rpc"
  | "tx_missing"
  | "tx_failed"
  | "tx_not_final"
  | "tx_too_old"
  | "tx_after_event"
  | "unknown_token"
  | "no_transfer_to_machine"
  | "self_payment"
  | "transfer_reused"
  | "amount_mismatch"
  | "no_hardware_key"
  | "hardware_not_attested"
  | "bad_signature"
  | "signature_reused";

/** An event as recorded, with what the stage must know of its machine. Decide events in chain order, pending ones again. */
export type EvidenceEvent = {
  readonly machineId: bigint;
  /** Index in the machine's list. */
  readonly index: number;
  readonly blockNumber: bigint;
  /** Position within the block. */
  readonly logIndex: number;
  readonly eventType: 0 | 1;
  readonly value: bigint;
  readonly currency: string;
  readonly timestamp: number;
  readonly dataHash: Hex;
  readonly metadata: Hex;
  readonly trustClaimed: 0 | 1 | 2;
  /** 0 is the registry's own chain. */
  readonly sourceChainId: bigint;
  /** 32 zero bytes: none. */
  readonly sourceTxHash: Hex;
  /** `UsdAmount.usd` of a revenue event; `null` for activity and where there is no dollar amount. */
  readonly usdCents: bigint | null;
  readonly machineAddress: Address;
  /** The operator of a proxied machine, else `null`. */
  readonly operatorAddress: Address | null;
};

export type PaymentToken = {
  readonly chainId: number;
  readonly address: Address;
  readonly decimals: number;
  readonly symbol: string;
};

/** The deployment's choices (`PEAQOS_TRUST_POLICY`, `PEAQOS_PAYMENT_TOKENS`, `PEAQOS_HARDWARE_ATTESTORS`, `PEAQOS_EVIDENCE_CHAINS`). */
export type EvidencePolicy = {
  readonly trustPolicy: "verified" | "claimed";
  readonly homeChainId: number;
  readonly identityRegistry: Address;
  readonly eventRegistry: Address;
  readonly tokens: readonly PaymentToken[];
  readonly attestors: readonly Address[];
};

/** One ERC-20 `Transfer` log of a transaction. */
export type TransferFact = {
  readonly token: Address;
  readonly from: Address;
  readonly to: Address;
  readonly amount: bigint;
  readonly logIndex: number;
};

/** What is known of a source transaction. `no_rpc`: no RPC configured, or it did not answer properly. */
export type TransactionFact =
  | { readonly kind: "no_rpc" }
  | { readonly kind: "missing" }
  | { readonly kind: "not_final" }
  | { readonly kind: "failed" }
  | { readonly kind: "final"; readonly blockTime: number; readonly transfers: readonly TransferFact[] };

/** A change of a DID attribute at 0x800, decoded. `sender` of a removal is the transaction's sender (the log has none). */
export type AttributeChange = {
  readonly didAccount: Address;
  readonly sender: Address;
  readonly name: string;
  /** `null`: removed. */
  readonly value: string | null;
  readonly blockNumber: bigint;
  readonly logIndex: number;
};

/** The attributes in force at the end of an event's block that evidence needs. */
export type HardwareFact = { readonly key: string | null; readonly attestation: string | null };

/** Facts for `decide`. Keys by `transactionKey`; a transaction without an entry counts as `no_rpc`. */
export type EvidenceFacts = {
  readonly transactions: ReadonlyMap<string, TransactionFact>;
  hardwareAt(machineAddress: Address, blockNumber: bigint): HardwareFact;
};

/** Identifies an event: machine and index in its list. */
export type EventRef = { readonly machineId: bigint; readonly index: number };

/**
 * What accepted events used up. Keep both in tables with the event that used them; a reorg deletes its events' rows.
 * An event that is decided again may find its own mark: that is no reuse.
 */
export type EvidenceState = {
  /** The event a transfer (`Verdict.usedTransfer`) backs. */
  transferUser(key: string): EventRef | null;
  /** The event a digest was accepted for. */
  digestUser(digest: Hex): EventRef | null;
};

export type Verdict = {
  readonly machineId: bigint;
  readonly index: number;
  readonly cls: EvidenceClass;
  readonly paid: boolean;
  /** Set exactly when the claim is above 0 and the class is below it. */
  readonly reason: EvidenceReason | null;
  /** `false`: decide it again later together with what is new (a chain was away, the transaction is not final). */
  readonly final: boolean;
  /** To be stored as used by this event; `null` when nothing was. */
  readonly usedTransfer: string | null;
  readonly usedDigest: Hex | null;
};
