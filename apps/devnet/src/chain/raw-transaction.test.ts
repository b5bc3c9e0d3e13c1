import fc from "fast-check";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { rawTransactionTarget, senderOf } from "./raw-transaction.ts";

const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString("hex")}`;

test("finds the recipient in every type of transaction", async () => {
  const fields = fc.record({
    type: fc.constantFrom("legacy", "eip2930", "eip1559", "eip7702"),
    to: fc.option(fc.uint8Array({ minLength: 20, maxLength: 20 })),
    nonce: fc.nat(),
    value: fc.bigInt({ min: 0n, max: 2n ** 200n }),
    data: fc.uint8Array({ maxLength: 300 }),
    price: fc.bigInt({ min: 0n, max: 2n ** 60n }),
  });
  await fc.assert(
    fc.asyncProperty(fields, async ({ type, to, nonce, value, data, price }) => {
      const target = to ? hex(to) : undefined;
      const base = {
        chainId: 33380,
        nonce,
        gas: 90_000n,
        value,
        data: hex(data),
        ...(target ? { to: target } : {}),
      };
      const fees =
        type === "legacy" || type === "eip2930"
          ? { gasPrice: price }
          : { maxFeePerGas: price, maxPriorityFeePerGas: 0n };
      const more = type === "eip7702" ? { authorizationList: [], ...(target ? {} : { to: undefined }) } : {};
      const raw = await account.signTransaction({ ...base, ...fees, ...more, type } as never);
      expect(rawTransactionTarget(raw)).toBe(target);
      expect(await senderOf(raw)).toBe(account.address);
    }),
    { numRuns: 60 },
  );
});

test("what is no transaction has no recipient and no sender", async () => {
  for (const raw of ["0x", "0x00", "0x02", "0x02f8", "0x05c0", `0x${"ff".repeat(40)}`, "0xc0", "hello"]) {
    expect(rawTransactionTarget(raw)).toBeUndefined();
    expect(await senderOf(raw as Hex)).toBeUndefined();
  }
});
