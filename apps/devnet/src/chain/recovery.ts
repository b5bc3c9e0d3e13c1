import type { Hex } from "viem";
import { isBatchPrecompile } from "./batch-precompile.ts";
import type { ChainClock } from "./clock.ts";
import type { JournalEntry } from "./journal.ts";
import type { BlockProducer } from "./producer.ts";
import { rawTransactionTarget, senderOf } from "./raw-transaction.ts";
import type { Saved } from "./snapshots.ts";
import type { Upstream } from "./upstream.ts";

export type Settings = (readonly [method: string, params: unknown[]])[];

/** Loads a snapshot into a fresh node and does again what happened after it: same blocks, same hashes. */
export async function restore(
  saved: Saved,
  target: { upstream: Upstream; producer: BlockProducer; clock: ChainClock; settings: Settings },
): Promise<void> {
  const { upstream, producer, clock, settings } = target;
  const { meta, state } = saved;
  if (meta && state) {
    await upstream.call("anvil_loadState", [state]);
    await producer.refresh();
    check(meta.hash, producer.head.hash, `snapshot of block ${meta.number}`);
    for (const [method, params] of meta.settings) {
      await upstream.call(method, params);
      settings.push([method, params]);
    }
    clock.offset = meta.offset;
    producer.automine = meta.automine;
    producer.executor = meta.executor;
    await submit(target, meta.pool);
  }
  // A fresh node's clock stands at its start; without this every older block would be refused.
  await upstream.call("evm_setTime", [producer.head.time]);
  for (let i = 0; i < saved.entries.length; i++) {
    const entry = saved.entries[i] as JournalEntry;
    const next = saved.entries[i + 1];
    await redo(
      target,
      entry.kind === "block" && next?.kind === "order" ? { ...entry, txs: next.txs } : entry,
    );
  }
  await upstream.call("evm_setTime", [Math.max(clock.now(), producer.head.time)]);
  for (const [hash, { raw }] of producer.pool) {
    if (isBatchPrecompile(rawTransactionTarget(raw))) producer.track(hash, raw, await senderOf(raw));
  }
}

async function redo(
  target: { upstream: Upstream; producer: BlockProducer; clock: ChainClock; settings: Settings },
  entry: JournalEntry,
): Promise<void> {
  const { upstream, producer, clock, settings } = target;
  switch (entry.kind) {
    case "block":
      if (entry.parent) check(entry.parent, producer.head.hash, `replayed block ${producer.head.number}`);
      await submit(target, entry.txs);
      if (entry.time === undefined) return;
      await producer.applyBlock(entry.time, entry.lend);
      return;
    case "call":
      await upstream.call(entry.method, entry.params);
      if (/[iI]mpersonat|setMinGasPrice|setCoinbase/.test(entry.method))
        settings.push([entry.method, entry.params]);
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

async function submit(
  { upstream, producer }: { upstream: Upstream; producer: BlockProducer },
  raws: readonly Hex[],
) {
  const answers = await upstream.batch(raws.map((raw) => ["eth_sendRawTransaction", [raw]] as const));
  for (const [i, answer] of answers.entries()) {
    if (!answer.error) producer.track(answer.result as Hex, raws[i] as Hex);
  }
}

function check(expected: Hex, found: Hex, what: string): void {
  if (expected === found) return;
  throw new Error(
    `The chain's files do not give the same chain again: ${what} has hash ${found}, recorded was ${expected}. They were written by another version or changed. Start afresh with --reset.`,
  );
}
