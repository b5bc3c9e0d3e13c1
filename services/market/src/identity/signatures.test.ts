import { createHash } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1";
import fc from "fast-check";
import { recoverMessageAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { nativeCurve, wasmCurve } from "./curve.ts";
import { recoverSigner, sameAddress } from "./signatures.ts";

const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
const message = "peaqos-market asks\n\nPurpose: machine-identity";
const native = nativeCurve();
const curves = native === null ? [wasmCurve] : [native, wasmCurve];
const order = secp256k1.CURVE.n;

const withV = (signature: string, v: number) =>
  `${signature.slice(0, 130)}${v.toString(16).padStart(2, "0")}`;
const hex = (value: bigint) => value.toString(16).padStart(64, "0");

test("this platform has the native library", () => {
  expect(native?.name).toBe("native");
});

test("guarantee: both libraries find the same signer as viem, for any key and any text", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.bigInt({ min: 1n, max: order - 1n }),
      fc.string({ unit: "binary", maxLength: 300 }),
      async (key, text) => {
        const signer = privateKeyToAccount(`0x${hex(key)}`);
        const signature = await signer.signMessage({ message: text });
        expect(await recoverMessageAddress({ message: text, signature })).toBe(signer.address);
        for (const curve of curves)
          expect(recoverSigner(text, signature, curve)).toEqual({ ok: true, address: signer.address });
      },
    ),
    { numRuns: 60 },
  );
});

test("guarantee: a changed text, a changed signature or random bytes never give the signer's address", async () => {
  const signature = await account.signMessage({ message });
  const bytes = Buffer.from(signature.slice(2), "hex");
  for (let position = 0; position < 65; position++) {
    const changed = Buffer.from(bytes);
    changed[position] = (changed[position] ?? 0) ^ 1;
    for (const curve of curves) {
      const result = recoverSigner(message, `0x${changed.toString("hex")}`, curve);
      expect(result.ok && sameAddress(result.address, account.address), `byte ${position}`).toBe(false);
    }
  }
  for (const other of [
    `${message} `,
    `${message}\n`,
    message.replace("\n", "\r\n"),
    message.toUpperCase(),
    "",
  ])
    expect(recoverSigner(other, signature)).not.toEqual({ ok: true, address: account.address });
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 65, maxLength: 65 }), (random) => {
      const text = `0x${Buffer.from(random).toString("hex")}`;
      const [first, ...rest] = curves.map((curve) => recoverSigner(message, text, curve));
      for (const other of rest) expect(other).toEqual(first);
      expect(first?.ok && first.address === account.address).toBe(false);
    }),
  );
});

test("v may be 0, 1, 27 or 28; white space around the text is dropped", async () => {
  const signature = await account.signMessage({ message });
  const v = Number.parseInt(signature.slice(130), 16);
  expect([27, 28]).toContain(v);
  const address = { ok: true, address: account.address };
  expect(recoverSigner(message, withV(signature, v - 27))).toEqual(address);
  expect(recoverSigner(message, ` ${signature}\n`)).toEqual(address);
  expect(recoverSigner(message, `0x${signature.slice(2).toUpperCase()}`)).toEqual(address);
  for (const bad of [2, 3, 26, 29, 35, 36, 255])
    expect(recoverSigner(message, withV(signature, bad))).toEqual({
      ok: false,
      problem: "malformed",
    });
});

test("a signature has one spelling: the upper half of s is refused", async () => {
  const signature = await account.signMessage({ message });
  const s = order - BigInt(`0x${signature.slice(66, 130)}`);
  const v = signature.endsWith("1b") ? "1c" : "1b";
  const high = `${signature.slice(0, 66)}${hex(s)}${v}` as const;
  // It is a valid signature of the same signer; that is the point.
  expect(await recoverMessageAddress({ message, signature: high as `0x${string}` })).toBe(account.address);
  expect(recoverSigner(message, high)).toEqual({ ok: false, problem: "high_s" });
});

test("everything that is not 65 bytes in hexadecimal is malformed, and no number breaks the library", () => {
  const zero = "00".repeat(32);
  for (const text of [
    "",
    "0x",
    "0x00",
    "x".repeat(132),
    `0x${"zz".repeat(65)}`,
    `0x${"11".repeat(64)}`,
    `0x${"11".repeat(66)}`,
  ])
    expect(recoverSigner(message, text)).toEqual({ ok: false, problem: "malformed" });
  for (const [r, s] of [
    [zero, zero],
    [zero, hex(1n)],
    [hex(1n), zero],
    [hex(order), hex(1n)],
    ["ff".repeat(32), hex(1n)],
    [hex(5n), hex(1n)],
  ])
    for (const curve of curves) {
      const result = recoverSigner(message, `0x${r}${s}1b`, curve);
      expect(result).toEqual({ ok: false, problem: "no_key" });
    }
});

test("addresses are compared in any letter case", () => {
  expect(sameAddress(account.address, account.address.toLowerCase())).toBe(true);
  expect(sameAddress(account.address, account.address.slice(0, -1))).toBe(false);
  expect(sameAddress(account.address, `0x${createHash("sha1").update("other").digest("hex")}`)).toBe(false);
});
