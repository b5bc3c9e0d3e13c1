/**
 * Guarantees that class 2 means attested hardware signed this very event: every forged, borrowed or repeated signature is refused
 * with its reason, and the honest one of each kind is accepted.
 */
import { generateKeyPairSync, sign } from "node:crypto";
import { hexToBytes, stringToHex } from "viem";
import { describe, expect, it } from "vitest";
import {
  address,
  attest,
  attestor,
  byEip191,
  byEs256,
  DIGEST,
  EVENT,
  eip191Fact,
  eip191Key,
  es256Fact,
  es256Key,
  final,
  hash,
  hwMetadata,
  judge,
  Kept,
  metadata,
  NO_HARDWARE,
  NOW,
  OPERATOR,
  p256,
  policy,
  SIGNED,
  signEip191,
  signEs256,
  stranger,
  TX,
} from "./test-fixtures.ts";
import type { EvidenceEvent, HardwareFact, Verdict } from "./types.ts";

const byStranger = await attest(es256Key, stranger);
const ofMachine8 = await attest(es256Key, attestor, 8n);
const ofOtherKey = await attest(eip191Key);
const strangersSig = await signEip191(DIGEST, stranger);
const deviceSig = await signEip191(DIGEST);

describe("a hardware signature", () => {
  it.each([
    ["ES256", byEs256, es256Fact],
    ["EIP-191", byEip191, eip191Fact],
  ])("by %s counts, unpaid without a payment", (_name, event, fact) => {
    expect(judge([event], null, fact)).toEqual([
      {
        machineId: 7n,
        index: 0,
        cls: 2,
        paid: false,
        reason: null,
        final: true,
        usedTransfer: null,
        usedDigest: DIGEST,
      },
    ]);
  });

  it("and a payment make the event paid as well; a bad payment takes nothing from the signature", () => {
    const event = { ...byEs256, sourceTxHash: TX };
    expect(judge([event], final(), es256Fact)[0]).toMatchObject({ cls: 2, paid: true, final: true });
    expect(judge([event], final({ from: OPERATOR }), es256Fact)[0]).toMatchObject({
      cls: 2,
      paid: false,
      final: true,
      reason: null,
    });
    expect(judge([event], null, es256Fact)[0]).toMatchObject({
      cls: 2,
      paid: false,
      final: false,
      reason: null,
    });
  });

  it("keeps its class when the payment is decided later", () => {
    const state = new Kept();
    const event = { ...byEs256, sourceTxHash: TX };
    state.keep(judge([event], null, es256Fact, { state }));
    expect(judge([event], final(), es256Fact, { state })[0]).toMatchObject({
      cls: 2,
      paid: true,
      final: true,
    });
  });

  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const changed = (change: Partial<EvidenceEvent>): EvidenceEvent => ({ ...byEs256, ...change });
  const der = sign("sha256", hexToBytes(DIGEST), p256.privateKey).toString("base64url");
  const plain = sign(null, hexToBytes(DIGEST), generateKeyPairSync("ed25519").privateKey).toString(
    "base64url",
  );

  it.each<[string, EvidenceEvent, HardwareFact, Verdict["reason"]]>([
    ["no key on the DID", byEs256, NO_HARDWARE, "no_hardware_key"],
    ["a key that is no key", byEs256, { ...es256Fact, key: "es256:hello" }, "no_hardware_key"],
    [
      "a point off the curve",
      byEs256,
      { ...es256Fact, key: `es256:02${"ff".repeat(32)}` },
      "no_hardware_key",
    ],
    [
      "an uncompressed point",
      byEs256,
      { ...es256Fact, key: `es256:04${"11".repeat(64)}` },
      "no_hardware_key",
    ],
    [
      "an unknown kind of key",
      byEs256,
      { ...es256Fact, key: `ed25519:${"11".repeat(32)}` },
      "no_hardware_key",
    ],
    ["no attestation", byEs256, { ...es256Fact, attestation: null }, "hardware_not_attested"],
    [
      "an attestation by a stranger",
      byEs256,
      { key: es256Key, attestation: byStranger },
      "hardware_not_attested",
    ],
    [
      "an attestation of another machine",
      byEs256,
      { key: es256Key, attestation: ofMachine8 },
      "hardware_not_attested",
    ],
    [
      "an attestation of another key",
      byEs256,
      { key: es256Key, attestation: ofOtherKey },
      "hardware_not_attested",
    ],
    [
      "an attestation that is no signature",
      byEs256,
      { key: es256Key, attestation: "0x1234" },
      "hardware_not_attested",
    ],
    [
      "an attestation of zeros",
      byEs256,
      { key: es256Key, attestation: `0x${"00".repeat(65)}` },
      "hardware_not_attested",
    ],
    ["no metadata", changed({ metadata: "0x" }), es256Fact, "bad_signature"],
    ["metadata that is no JSON", changed({ metadata: stringToHex("{hw") }), es256Fact, "bad_signature"],
    ["metadata that is no UTF-8", changed({ metadata: "0xff7b7d" }), es256Fact, "bad_signature"],
    ["metadata that is an array", changed({ metadata: metadata([{ hw: {} }]) }), es256Fact, "bad_signature"],
    ["metadata null", changed({ metadata: metadata(null) }), es256Fact, "bad_signature"],
    ["hw without sig", changed({ metadata: metadata({ hw: {} }) }), es256Fact, "bad_signature"],
    ["sig that is a number", changed({ metadata: hwMetadata(1) }), es256Fact, "bad_signature"],
    [
      "the signature of another key",
      changed({ metadata: hwMetadata(signEs256(DIGEST, other.privateKey)) }),
      es256Fact,
      "bad_signature",
    ],
    ["a signature of zeros", changed({ metadata: hwMetadata("A".repeat(86)) }), es256Fact, "bad_signature"],
    ["a DER signature", changed({ metadata: hwMetadata(der) }), es256Fact, "bad_signature"],
    ["an Ed25519 signature", changed({ metadata: hwMetadata(plain) }), es256Fact, "bad_signature"],
    ["ES256 where the key is EIP-191", byEs256, eip191Fact, "bad_signature"],
    ["EIP-191 where the key is ES256", byEip191, es256Fact, "bad_signature"],
    [
      "EIP-191 by another account",
      changed({ metadata: hwMetadata(strangersSig) }),
      eip191Fact,
      "bad_signature",
    ],
    [
      "an EIP-191 signature with an odd v",
      changed({ metadata: hwMetadata(`${deviceSig.slice(0, -2)}05`) }),
      eip191Fact,
      "bad_signature",
    ],
    [
      "another machine's event",
      changed({ machineId: 8n }),
      { key: es256Key, attestation: ofMachine8 },
      "bad_signature",
    ],
    ["another type", changed({ eventType: 1 }), es256Fact, "bad_signature"],
    ["another value", changed({ value: 1_001n }), es256Fact, "bad_signature"],
    ["another currency", changed({ currency: "EUR" }), es256Fact, "bad_signature"],
    ["another time", changed({ timestamp: NOW + 1 }), es256Fact, "bad_signature"],
    ["another data hash", changed({ dataHash: hash("23") }), es256Fact, "bad_signature"],
  ])("does not count: %s", (_name, event, fact, reason) => {
    expect(judge([event], null, fact)).toEqual([
      {
        machineId: event.machineId,
        index: 0,
        cls: 0,
        paid: false,
        reason,
        final: true,
        usedTransfer: null,
        usedDigest: null,
      },
    ]);
  });

  it("does not count when made for another registry or chain", () => {
    const elsewhere = { ...policy, eventRegistry: address("03") };
    const onBase = { ...policy, homeChainId: 8453 };
    expect(judge([byEs256], null, es256Fact, { policy: elsewhere })[0]!.reason).toBe("bad_signature");
    expect(judge([byEs256], null, es256Fact, { policy: onBase })[0]!.reason).toBe("hardware_not_attested");
  });

  it("counts once, also with another signature over the same digest, in one call and across calls", () => {
    const twin = { ...SIGNED, index: 1, blockNumber: 101n, metadata: hwMetadata(signEs256(DIGEST)) };
    expect(judge([twin, byEs256], null, es256Fact).map((v) => v.reason)).toEqual([null, "signature_reused"]);
    const state = new Kept();
    const once = judge([byEs256], null, es256Fact);
    state.keep(once);
    expect(judge([byEs256], null, es256Fact, { state })).toEqual(once);
    expect(judge([twin], null, es256Fact, { state })[0]).toMatchObject({
      cls: 0,
      reason: "signature_reused",
      final: true,
    });
  });

  it("refused, leaves a payment it names unused", () => {
    const forged = { ...SIGNED, sourceTxHash: TX };
    const honest = { ...EVENT, index: 1, logIndex: 1 };
    expect(judge([forged, honest], final(), es256Fact).map((v) => [v.cls, v.paid])).toEqual([
      [0, false],
      [1, true],
    ]);
  });
});
