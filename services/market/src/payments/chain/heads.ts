import { setTimeout as delay } from "node:timers/promises";
import type { RpcClient } from "@peaqos/service-kit";
import type { Logger } from "pino";
import type { PaymentChain } from "./chains.ts";

/** The newest block of each payment chain, asked for in short intervals so that orders need not wait for a node. */

export type Head = { readonly number: bigint; readonly hash: string; readonly parentHash: string };

export type Heads = {
  /** Null when the node has not answered lately. */
  headOf(chain: string): Head | null;
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** A head that three looks have not confirmed is no longer told. */
const maxAge = (pollMs: number) => Math.max(1_000, pollMs * 3);

export async function readHead(rpc: RpcClient): Promise<Head> {
  const block = await rpc.call<{ number?: unknown; hash?: unknown; parentHash?: unknown } | null>(
    "eth_getBlockByNumber",
    ["latest", false],
  );
  const { number, hash, parentHash } = block ?? {};
  if (typeof number !== "string" || typeof hash !== "string" || typeof parentHash !== "string")
    throw new Error("the node told no newest block");
  return { number: BigInt(number), hash, parentHash };
}

export function createHeads(options: {
  readonly chains: ReadonlyMap<string, PaymentChain>;
  readonly pollMs: number;
  readonly logger: Logger;
  /** Called for each new head; a failure is logged and the head is told again with the next look. */
  readonly onHead?: (chain: PaymentChain, head: Head, before: Head | null) => Promise<void>;
}): Heads {
  const stopping = new AbortController();
  const known = new Map<string, { head: Head; at: number }>();
  const told = new Map<string, Head>();
  const away = new Set<string>();
  let loops: Promise<unknown> = Promise.resolve();

  async function look(chain: PaymentChain): Promise<void> {
    try {
      await chain.checkId();
      const head = await readHead(chain.rpc);
      known.set(chain.id, { head, at: performance.now() });
      away.delete(chain.id);
      const before = told.get(chain.id) ?? null;
      if (options.onHead !== undefined && before?.hash !== head.hash) {
        await options.onHead(chain, head, before);
        told.set(chain.id, head);
      }
    } catch (error) {
      if (stopping.signal.aborted || away.has(chain.id)) return;
      away.add(chain.id);
      options.logger.warn({ err: error, chain: chain.id }, "a payment chain cannot be asked");
    }
  }

  async function follow(chain: PaymentChain): Promise<void> {
    while (!stopping.signal.aborted) {
      await delay(options.pollMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (!stopping.signal.aborted) await look(chain);
    }
  }

  return {
    headOf(chain) {
      const entry = known.get(chain);
      return entry === undefined || performance.now() - entry.at > maxAge(options.pollMs) ? null : entry.head;
    },
    async start() {
      await Promise.all([...options.chains.values()].map(look));
      loops = Promise.all([...options.chains.values()].map(follow));
    },
    async stop() {
      stopping.abort();
      await loops;
    },
  };
}
