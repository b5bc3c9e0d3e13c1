import { eventRegistryAbi } from "@peaqos/abi";
import fc from "fast-check";
import { decodeFunctionData, hexToBytes, keccak256 } from "viem";
import { expect, test } from "vitest";
import { parseMachineList } from "../actions/did/write-proxy-did-attributes.ts";
import { computeDataHash, ZERO_HASH } from "../codec/data-hash.ts";
import { encodeSubmitEvent, eventDataHash, submitEventV1Abi } from "../codec/events.ts";
import { DID_MAX_VALUE_BYTES, MAX_UINT256 } from "../constants.ts";
import { PeaqosError } from "../errors/base.ts";
import { ValidationError } from "../errors/validation.ts";
import type { SubmitEventParams } from "../types.ts";
import { addressFromDid, checkAttributeValue, didOf, formatMachineList } from "./did.ts";
import { checkEvent, validateSubmitEventParams } from "./event.ts";

const uint = fc.bigInt({ min: 0n, max: MAX_UINT256 });
const id = fc.bigInt({ min: 1n, max: MAX_UINT256 });
const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((raw) => keccak256(raw));
const time = fc.bigInt({ min: 946_684_800n, max: 2n ** 40n });

const validEvent: fc.Arbitrary<SubmitEventParams> = fc
  .record({
    machineId: id,
    value: uint,
    timestamp: time,
    rawData: fc.option(fc.uint8Array({ minLength: 1, maxLength: 200 })),
    sourceChainId: fc.constantFrom(0, 1, 10, 137, 3338, 8453, 42161),
    metadata: bytes(300),
    hash,
    trustLevel: fc.constantFrom(0, 1, 2),
    revenue: fc.boolean(),
    currency: fc.stringMatching(/^[A-Z0-9]{3,10}$/),
  })
  .map(({ revenue, currency, hash: sourceTxHash, ...rest }) => ({
    ...rest,
    eventType: revenue ? 0 : 1,
    currency: revenue ? currency : "",
    sourceTxHash: rest.trustLevel === 1 ? sourceTxHash : null,
  }));

test("property: what passes the checks reads back from the call data unchanged, in both registry versions", () => {
  fc.assert(
    fc.property(validEvent, (params) => {
      const event = checkEvent(params);
      const dataHash = eventDataHash(event);
      expect(dataHash).toBe(params.rawData == null ? ZERO_HASH : computeDataHash(params.rawData));
      const { args } = decodeFunctionData({
        abi: eventRegistryAbi,
        data: encodeSubmitEvent(event, dataHash, 2),
      });
      expect(args).toEqual([
        BigInt(params.machineId),
        params.eventType,
        BigInt(params.value),
        params.currency,
        BigInt(params.timestamp),
        dataHash,
        params.trustLevel,
        BigInt(params.sourceChainId ?? 0),
        params.sourceTxHash ?? ZERO_HASH,
        event.metadata,
      ]);
      expect(hexToBytes(event.metadata)).toEqual(params.metadata);
      if (params.eventType === 1 || params.currency === "USD") {
        const v1 = decodeFunctionData({ abi: submitEventV1Abi, data: encodeSubmitEvent(event, dataHash, 1) });
        expect(v1.args.slice(0, 3)).toEqual(args?.slice(0, 3));
      } else expect(() => encodeSubmitEvent(event, dataHash, 1)).toThrow(ValidationError);
    }),
  );
});

test("property: any junk is refused with a ValidationError, never with another error and never accepted in silence", () => {
  const junk = fc.oneof(fc.anything(), fc.double(), fc.string(), fc.bigInt());
  fc.assert(
    fc.property(
      fc.record({ machineId: junk, eventType: junk, value: junk, timestamp: junk }, { requiredKeys: [] }),
      (params) => {
        try {
          validateSubmitEventParams(params as SubmitEventParams);
        } catch (error) {
          expect(error).toBeInstanceOf(ValidationError);
          expect((error as PeaqosError).message.length).toBeLessThan(500);
        }
      },
    ),
  );
});

test("values: 0 and 2^256 - 1 pass, one more does not; numbers that lost digits are refused", () => {
  const event = { machineId: 1, eventType: 1, timestamp: 1735000000 };
  for (const value of [0, 0n, MAX_UINT256, Number.MAX_SAFE_INTEGER])
    validateSubmitEventParams({ ...event, value });
  for (const value of [MAX_UINT256 + 1n, -1, -1n, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
    expect(() => validateSubmitEventParams({ ...event, value })).toThrow(ValidationError);
  expect(() => validateSubmitEventParams({ ...event, value: 2 ** 53 })).toThrow(/pass a bigint/);
});

test("times before 2000 are refused: they are a mistake in the unit or the clock", () => {
  const event = { machineId: 1, eventType: 1, value: 1 };
  validateSubmitEventParams({ ...event, timestamp: 946_684_800 });
  expect(() => validateSubmitEventParams({ ...event, timestamp: 946_684_799 })).toThrow(
    /from the year 2000 on/,
  );
});

test("the connected chain and satellites count as source chains where the client allows them", () => {
  const event = { machineId: 1, eventType: 1, value: 1, timestamp: 1735000000, sourceChainId: 33380 };
  expect(() => validateSubmitEventParams(event)).toThrow(ValidationError);
  validateSubmitEventParams(event, { sourceChainIds: [33380] });
});

test("bytes come as arrays or hex; text is told how to become bytes", () => {
  expect(computeDataHash("0x74657374")).toBe(computeDataHash(new TextEncoder().encode("test")));
  expect(computeDataHash(Buffer.from("test"))).toBe(computeDataHash("0x74657374"));
  expect(() => computeDataHash("test" as never)).toThrow("pass new TextEncoder().encode(text)");
  expect(() => computeDataHash("0x1" as never)).toThrow(ValidationError);
});

test("property: the data hash is keccak256 of the bytes", () => {
  fc.assert(
    fc.property(bytes(500), (raw) => {
      expect(computeDataHash(raw)).toBe(keccak256(raw));
    }),
  );
});

test("property: a machine list reads back as written, in the published form", () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 20 }), (ids) => {
      expect(parseMachineList(formatMachineList(ids))).toEqual(ids);
    }),
  );
  expect(formatMachineList([42n, 43n])).toBe("[42, 43]");
  for (const text of ["[1,2]", ' [ "1" , 2 ] ']) expect(parseMachineList(text)).toEqual([1n, 2n]);
  for (const text of ["", "{}", "[1,]", "[1 2]", "[-1]", "[0]", "[1.5]", "null", "[[1]]"])
    expect(() => parseMachineList(text), text).toThrow(PeaqosError);
});

test("property: DID and address turn into each other; nothing else is a DID", () => {
  const address = fc
    .uint8Array({ minLength: 20, maxLength: 20 })
    .map((raw) => `0x${Buffer.from(raw).toString("hex")}` as const);
  fc.assert(
    fc.property(address, (one) => {
      expect(addressFromDid(didOf(one))).toBe(one);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(addressFromDid(`did:peaq:${text}`)).toBeNull();
    }),
  );
});

test("attribute values: ASCII, at most 2560 bytes", () => {
  checkAttributeValue("dataApi", "x".repeat(DID_MAX_VALUE_BYTES));
  expect(() => checkAttributeValue("dataApi", "x".repeat(DID_MAX_VALUE_BYTES + 1))).toThrow("It has 2561.");
  expect(() => checkAttributeValue("dataApi", "é")).toThrow("ASCII");
});
