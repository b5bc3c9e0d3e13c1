import { eventRegistryAbi } from "@peaqos/abi";
import fc from "fast-check";
import { encodeFunctionData, encodeFunctionResult, toHex } from "viem";
import { expect, test } from "vitest";
import { decodeEvents, encodeGetEvents, MalformedAnswer } from "./records.ts";

const uint256 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 53n }),
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
);
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes));

const record = fc.record({
  machineId: uint256,
  eventType: fc.integer({ min: 0, max: 1 }),
  value: uint256,
  timestamp: uint256,
  dataHash: bytes32,
  trustLevel: fc.integer({ min: 0, max: 2 }),
  sourceChainId: uint256,
  sourceTxHash: bytes32,
  metadata: fc.uint8Array({ maxLength: 200 }).map((bytes) => toHex(bytes)),
  currency: fc.oneof(fc.constant(""), fc.stringMatching(/^[A-Z0-9]{3,10}$/)),
});

const encode = (records: never) =>
  encodeFunctionResult({ abi: eventRegistryAbi, functionName: "getEvents", result: records });

test("reads what a general ABI encoder writes", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 12 }), (records) => {
      expect(decodeEvents(encode(records as never))).toEqual(records);
    }),
  );
});

test("calldata is that of the published ABI", () => {
  expect(encodeGetEvents(2n ** 255n, 300, 100)).toBe(
    encodeFunctionData({ abi: eventRegistryAbi, functionName: "getEvents", args: [2n ** 255n, 300n, 100n] }),
  );
});

test("an answer that was cut or bent is refused, never read wrong or endlessly", () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), fc.nat(), (records, at) => {
      const whole = encode(records as never);
      // Cutting inside the last padding loses nothing, so cut before it.
      const cut = whole.slice(0, 2 + (at % (whole.length - 130)));
      try {
        expect(decodeEvents(cut)).not.toEqual(records);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedAnswer);
      }
    }),
  );
  expect(() => decodeEvents("")).toThrow(MalformedAnswer);
  expect(() => decodeEvents(`0x${"f".repeat(640)}`)).toThrow(MalformedAnswer);
});
