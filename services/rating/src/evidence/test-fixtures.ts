/** A machine, its payments and its device, as the evidence tests use them. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { hardwareAttestationTypedData } from "@peaqos/protocol";
import { type Address, type Hex, hashTypedData, hexToBytes, stringToHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { decide } from "./decide.ts";
import { eventDigest } from "./hardware.ts";
import { transactionKey } from "./payment.ts";
import type {
  EventRef,
  EvidenceEvent,
  EvidenceFacts,
  EvidencePolicy,
  EvidenceState,
  HardwareFact,
  TransactionFact,
  TransferFact,
  Verdict,
} from "./types.ts";

export const address = (byte: string): Address => `0x${byte.repeat(20)}`;
export const hash = (byte: string): Hex => `0x${byte.repeat(32)}`;
export const [MACHINE, OPERATOR, CUSTOMER, TOKEN, OTHER_TOKEN] = ["aa", "bb", "cc", "dd", "ee"].map(
  address,
) as [Address, Address, Address, Address, Address];
export const HOME = 33_380;
export const NOW = 1_790_000_000;
export const TX = hash("11");

export const attestor = privateKeyToAccount(generatePrivateKey());
export const stranger = privateKeyToAccount(generatePrivateKey());
export const device = privateKeyToAccount(generatePrivateKey());
export const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });

export const policy: EvidencePolicy = {
  trustPolicy: "verified",
  homeChainId: HOME,
  identityRegistry: address("01"),
  eventRegistry: address("02"),
  tokens: [
    { chainId: HOME, address: TOKEN, decimals: 6, symbol: "USDC" },
    { chainId: 8453, address: OTHER_TOKEN, decimals: 18, symbol: "DAI" },
  ],
  attestors: [attestor.address],
};

export const EVENT: EvidenceEvent = {
  machineId: 7n,
  index: 0,
  blockNumber: 100n,
  logIndex: 0,
  eventType: 0,
  value: 1_000n,
  currency: "USD",
  timestamp: NOW,
  dataHash: hash("22"),
  metadata: "0x",
  trustClaimed: 1,
  sourceChainId: BigInt(HOME),
  sourceTxHash: TX,
  usdCents: 1_000n,
  machineAddress: MACHINE,
  operatorAddress: OPERATOR,
};

export const PAID: TransferFact = {
  token: TOKEN,
  from: CUSTOMER,
  to: MACHINE,
  amount: 10_000_000n,
  logIndex: 3,
};
export const final = (change: Partial<TransferFact> = {}, blockTime = NOW - 60): TransactionFact => ({
  kind: "final",
  blockTime,
  transfers: [{ ...PAID, ...change }],
});

/** State as the service keeps it: what final and accepted verdicts used. */
export class Kept implements EvidenceState {
  readonly transfers = new Map<string, EventRef>();
  readonly digests = new Map<Hex, EventRef>();
  transferUser = (key: string): EventRef | null => this.transfers.get(key) ?? null;
  digestUser = (digest: Hex): EventRef | null => this.digests.get(digest) ?? null;
  keep(verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) {
      if (verdict.usedTransfer !== null) this.transfers.set(verdict.usedTransfer, verdict);
      if (verdict.usedDigest !== null) this.digests.set(verdict.usedDigest, verdict);
    }
  }
}

export const NO_HARDWARE: HardwareFact = { key: null, attestation: null };

export function judge(
  events: readonly EvidenceEvent[],
  transaction: TransactionFact | null,
  hardware: HardwareFact = NO_HARDWARE,
  options: { state?: EvidenceState; policy?: EvidencePolicy } = {},
): Verdict[] {
  const facts: EvidenceFacts = {
    transactions: new Map(transaction === null ? [] : [[transactionKey(HOME, TX), transaction]]),
    hardwareAt: () => hardware,
  };
  return decide(events, facts, options.policy ?? policy, options.state ?? new Kept());
}

export const metadata = (value: unknown): Hex => stringToHex(JSON.stringify(value));
export const hwMetadata = (sig: unknown): Hex => metadata({ hw: { sig }, note: "ü" });
export const keyText = (key: KeyObject): string => {
  const { x, y } = key.export({ format: "jwk" });
  const odd = Buffer.from(y!, "base64url").at(-1)! % 2;
  return `es256:0${2 + odd}${Buffer.from(x!, "base64url").toString("hex")}`;
};
export const es256Key = keyText(p256.publicKey);
export const eip191Key = `eip191:${device.address}`;
export const attest = (hardwareKey: string, by = attestor, machineId = 7n): Promise<Hex> =>
  by.signMessage({
    message: {
      raw: hashTypedData(
        hardwareAttestationTypedData({
          chainId: HOME,
          identityRegistry: policy.identityRegistry,
          machineId,
          hardwareKey,
        }),
      ),
    },
  });
export const signEs256 = (digest: Hex, key: KeyObject = p256.privateKey): string =>
  sign("sha256", hexToBytes(digest), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
export const signEip191 = (digest: Hex, by = device): Promise<Hex> =>
  by.signMessage({ message: { raw: digest } });

export const SIGNED: EvidenceEvent = {
  ...EVENT,
  trustClaimed: 2,
  sourceTxHash: hash("00"),
  sourceChainId: 0n,
};
export const DIGEST = eventDigest(SIGNED, policy);
export const es256Fact: HardwareFact = { key: es256Key, attestation: await attest(es256Key) };
export const eip191Fact: HardwareFact = { key: eip191Key, attestation: await attest(eip191Key) };
export const byEs256 = { ...SIGNED, metadata: hwMetadata(signEs256(DIGEST)) };
export const byEip191 = { ...SIGNED, metadata: hwMetadata(await signEip191(DIGEST)) };
