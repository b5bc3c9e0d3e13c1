import { randomBytes } from "node:crypto";

/** Ids and random bytes; injected, so that simulations repeat. */
export type Ids = {
  /** `mach_` and 12 hexadecimal digits; challenges have 16. */
  next(prefix: IdPrefix): string;
  /** Random bytes for nonces and secrets. */
  bytes(count: number): Buffer;
};

export type IdPrefix =
  | "mach"
  | "msearch"
  | "mquote"
  | "mord"
  | "mpay"
  | "mdisp"
  | "pair"
  | "asess"
  | "stok"
  | "magent"
  | "rtep"
  | "svc"
  | "gnode"
  | "gedge"
  | "task"
  | "route"
  | "run"
  | "out"
  | "pol"
  | "aud"
  | "pkey"
  | "mich"
  | "apch";

const long = new Set<IdPrefix>(["mich", "apch"]);

/** Bytes from the system in one piece, so that an id costs no call of its own. */
function pooledBytes(): (count: number) => Buffer {
  const size = 8_192;
  let pool = Buffer.alloc(0);
  return (count) => {
    if (count > 64) return randomBytes(count);
    if (pool.length < count) pool = randomBytes(size);
    const part = pool.subarray(0, count);
    pool = pool.subarray(count);
    return part;
  };
}

export function randomIds(): Ids {
  const bytes = pooledBytes();
  return {
    next: (prefix) => `${prefix}_${bytes(long.has(prefix) ? 8 : 6).toString("hex")}`,
    bytes,
  };
}
