import type { Hex } from "viem";
import { isBatchPrecompile } from "./batch-precompile.ts";
import type { ChainClock } from "./clock.ts";
import type { JournalEntry } from "./journal.ts";
import type { BlockProducer } from "./producer.ts";
import { rawTransactionTarget, senderOf } from "./raw-transaction.ts";
import type { Saved } from "./snapshots.ts";
import type { Upstream } from "./upstream.ts";

/** Settings of the node that its dump does not hold, in the order in which they were made. */
export type Settings = (readonly [method: string, params: unknown[]])[];

export const SETTINGS =
  /^(anvil|hardhat)_(impersonateAccount|stopImpersonatingAccount|autoImpersonateAccount|setMinGasPrice|setCoinbase)$/;

type Target = { upstream: Upstream; producer: BlockProducer; clock: ChainClock; settings: Settings };

/** Loads a snapshot into a fresh node and does again what happened after it: same blocks, same hashes. */
export async function restore(saved: Saved, target: Target): Promise<void> {
  const { upstream, producer, clock, settings } = target;
  const { node } = producer;
  const { meta, state } = saved;
  if (meta && state) {
    await upstream.call("anvil_loadState", [state]);
    await node.refresh();
    check(meta.hash, node.head.hash, `snapshot of block ${meta.number}`);
    for (const [method, params] of meta.settings) {
      await upstream.call(method, params);
      settings.push([method, params]);
    }
    clock.offset = meta.offset;
    producer.automine = meta.automine;
    producer.executor = meta.executor;
    await node.submit(meta.pool.map((raw) => ({ raw })));
  }
  // A fresh node's clock stands at its start; without this every older block would be refused.
  await upstream.call("evm_setTime", [node.head.time]);
  for (const [i, entry] of saved.entries.entries()) {
    const next = saved.entries[i + 1];
    await redo(
      target,
      entry.kind === "block" && next?.kind === "order" ? { ...entry, txs: next.txs } : entry,
    );
  }
  await upstream.call("evm_setTime", [Math.max(clock.now(), node.head.time)]);
  for (const entry of node.pool.values()) {
    if (isBatchPrecompile(rawTransactionTarget(entry.raw))) entry.batchSender = await senderOf(entry.raw);
  }
}

async function redo({ upstream, producer, clock, settings }: Target, entry: JournalEntry): Promise<void> {
  const { node } = producer;
  switch (entry.kind) {
    case "block":
      if (entry.parent) check(entry.parent, node.head.hash, `replayed block ${node.head.number}`);
      await node.submit(entry.txs.map((raw) => ({ raw })));
      if (entry.time === undefined) return;
      await node.mine(entry.time, entry.lend);
      if (entry.dropRest) await node.dropPool();
      return;
    case "drop":
      return node.dropPool();
    case "call":
      await upstream.call(entry.method, entry.params);
      if (SETTINGS.test(entry.method)) settings.push([entry.method, entry.params]);
      return;
    case "clock":
      clock.offset = entry.offset;
      producer.automine = entry.automine;
      return;
    case "executor":
      producer.executor = entry.address;
      return;
    case "order":
      return;
  }
}

function check(expected: Hex, found: Hex, what: string): void {
  if (expected === found) return;
  throw new Error(
    `The chain's files do not give the same chain again: ${what} has hash ${found}, recorded was ${expected}. They were written by another version or changed. Start afresh with --reset.`,
  );
}
