import type { Hex } from "viem";
import type { ChainClock } from "./clock.ts";
import type { JournalEntry } from "./journal.ts";
import { classify } from "./methods.ts";
import type { BlockProducer } from "./producer.ts";
import type { Settings } from "./recovery.ts";
import { SETTINGS } from "./recovery.ts";
import { RpcFailure } from "./rpc.ts";
import type { Upstream } from "./upstream.ts";

type AdminContext = {
  upstream: Upstream;
  producer: BlockProducer;
  clock: ChainClock;
  /** True when the chain is kept on disk: what cannot be replayed is refused then. */
  durable: boolean;
  persist: (...entries: JournalEntry[]) => Promise<void>;
  /** Settings the node's dump does not hold; kept with the snapshots. */
  settings: Settings;
};

/** Reads: nothing to journal. */
const READS = /^(nodeInfo|metadata|dumpState|getAutomine|getIntervalMining|getBlobs?\w*)$/;
/** Move the chain back; possible on a temporary chain only. */
const REWINDS = /^(snapshot|revert|reorg|rollback|reset|loadState)$/;

/**
 * A node-admin call (anvil_*, hardhat_*, evm_*, eth_sendTransaction). Time and mining are the gateway's own; the rest
 * goes to the node and, when it changes something, into the journal.
 */
export async function adminCall(context: AdminContext, method: string, params: unknown[]): Promise<unknown> {
  const { producer } = context;
  const name = method.replace(/^(anvil|hardhat|evm|tenderly)_/, "");
  switch (name) {
    case "mine":
    case "mine_detailed":
      return producer.exclusive(() => mine(context, method, params));
    case "increaseTime":
      return producer.exclusive(async () => {
        const seconds = integer(params[0], method);
        await moveClock(context, context.clock.now() + seconds, method);
        return `0x${seconds.toString(16)}`;
      });
    case "setTime":
      return producer.exclusive(async () => {
        const before = context.clock.now();
        const to = inSeconds(integer(params[0], method));
        await moveClock(context, to, method);
        return Math.max(0, to - before);
      });
    case "setNextBlockTimestamp":
      return producer.exclusive(async () => {
        const time = inSeconds(integer(params[0], method));
        notBack(context, time, method);
        context.clock.setNext(time);
        return null;
      });
    case "setAutomine":
      return producer.exclusive(async () => {
        producer.automine = params[0] === true;
        await context.persist({ kind: "clock", offset: context.clock.offset, automine: producer.automine });
        if (producer.automine && producer.node.pool.size > 0) await producer.mine();
        return null;
      });
    case "getAutomine":
      return producer.automine;
    case "setIntervalMining":
    case "setBlockTimestampInterval":
    case "removeBlockTimestampInterval":
      throw refused(
        method,
        "the devnet's gateway makes the blocks; use evm_mine and evm_setNextBlockTimestamp",
      );
    default:
  }
  if (READS.test(name) || /^(read|call|pending)$/.test(classify(method)))
    return context.upstream.call(method, params);
  return producer.exclusive(async () => {
    if (REWINDS.test(name)) return rewind(context, method, name, params);
    const result = await context.upstream.call(method, params);
    if (SETTINGS.test(method)) context.settings.push([method, params]);
    await context.persist({ kind: "call", method, params });
    if (/^eth_send/.test(method) && producer.automine) await producer.mine();
    return result;
  });
}

async function mine(context: AdminContext, method: string, params: unknown[]): Promise<unknown> {
  const { producer, clock } = context;
  const [first, second] = params;
  if (/^evm_mine/.test(method)) {
    const options = typeof first === "object" && first !== null ? (first as Record<string, unknown>) : {};
    const time = typeof first === "object" ? options.timestamp : first;
    if (time !== undefined && time !== null) {
      const seconds = inSeconds(integer(time, method));
      notBack(context, seconds, method);
      clock.setNext(seconds);
    }
    for (let i = options.blocks === undefined ? 1 : integer(options.blocks, method); i > 0; i--)
      await producer.mine();
  } else {
    const interval = second === undefined || second === null ? undefined : integer(second, method);
    for (let i = first === undefined || first === null ? 1 : integer(first, method); i > 0; i--) {
      if (interval !== undefined) clock.setNext(producer.head.time + interval);
      await producer.mine();
    }
  }
  if (!method.endsWith("_detailed")) return method.startsWith("evm") ? "0x0" : null;
  return [await context.upstream.call("eth_getBlockByNumber", ["latest", true])];
}

async function moveClock(context: AdminContext, to: number, method: string): Promise<void> {
  notBack(context, to, method);
  context.clock.set(to);
  await context.upstream.call("evm_setTime", [to]);
  await context.persist({ kind: "clock", offset: context.clock.offset, automine: context.producer.automine });
}

async function rewind(
  context: AdminContext,
  method: string,
  name: string,
  params: unknown[],
): Promise<unknown> {
  if (context.durable && name !== "snapshot") {
    throw refused(
      method,
      "it cannot be replayed after a crash; use a temporary chain (startChain without dataDir)",
    );
  }
  const { upstream, producer, clock } = context;
  const result = await upstream.call<Hex | boolean | null>(method, params);
  if (name === "snapshot") return result;
  await producer.node.refresh();
  await producer.node.prunePool();
  // The node's own clock followed the state back; the chain's clock goes on.
  await upstream.call("evm_setTime", [Math.max(clock.now(), producer.head.time)]);
  return result;
}

function notBack({ producer }: AdminContext, time: number, method: string): void {
  if (time >= producer.head.time) return;
  throw new RpcFailure({
    code: -32602,
    message: `${method}: Timestamp error: ${time} is lower than previous block's timestamp (${producer.head.time}). A chain's time only goes forward.`,
  });
}

/** Seconds or milliseconds, as Anvil takes both: 10^11 seconds is the year 5138. */
function inSeconds(value: number): number {
  return value > 1e11 ? Math.floor(value / 1000) : value;
}

function integer(value: unknown, method: string): number {
  const number =
    typeof value === "number"
      ? value
      : typeof value === "string" && value !== ""
        ? Number(value)
        : Number.NaN;
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RpcFailure({
    code: -32602,
    message: `${method}: expected a whole number of 0 or more (or its hex form), got ${JSON.stringify(value)}`,
  });
}

function refused(method: string, why: string): RpcFailure {
  return new RpcFailure({ code: -32601, message: `${method} is not available on this chain: ${why}` });
}
