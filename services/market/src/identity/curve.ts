import { createRequire } from "node:module";
import { recover as recoverInWasm } from "tiny-secp256k1";

/**
 * Public key recovery on secp256k1: libsecp256k1 as a native module where its binary loads, the same library in
 * WebAssembly everywhere else.
 */

export type Curve = {
  readonly name: "native" | "wasm";
  /** @returns 65 bytes (`04 || x || y`), or null when no key belongs to the signature. */
  recover(rs: Uint8Array, recovery: 0 | 1, digest: Uint8Array): Uint8Array | null;
};

type NativeModule = {
  ecdsaRecover(
    rs: Uint8Array,
    recovery: number,
    digest: Uint8Array,
    compressed: boolean,
    output: Uint8Array,
  ): Uint8Array;
};

export const wasmCurve: Curve = {
  name: "wasm",
  recover(rs, recovery, digest) {
    try {
      return recoverInWasm(digest, rs, recovery, false);
    } catch {
      return null;
    }
  },
};

/** Null where the platform has neither a prebuilt binary nor built one. */
export function nativeCurve(): Curve | null {
  let native: NativeModule;
  try {
    // The bindings and nothing else: the package's main file would fall back to a slow library in plain JavaScript.
    native = createRequire(import.meta.url)("secp256k1/bindings.js") as NativeModule;
  } catch {
    return null;
  }
  return {
    name: "native",
    recover(rs, recovery, digest) {
      try {
        return native.ecdsaRecover(rs, recovery, digest, false, new Uint8Array(65));
      } catch {
        return null;
      }
    },
  };
}

export const fastestCurve: Curve = nativeCurve() ?? wasmCurve;
