import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  computeDataHash,
  type PeaqosClient,
  type SubmitEventParams,
  submitEvent,
  validateSubmitEventParams,
} from "@peaqos/peaq-os-sdk";
import { signingClient } from "../../client.ts";
import { keccak256 } from "../../config/keccak.ts";
import { signingKey } from "../../config/key.ts";
import { usageError } from "../../engine/errors.ts";
import { EVENT_TYPES, TRUST_LABELS, TRUST_LEVELS, unknownCurrencies } from "../../engine/event-values.ts";
import { toSortedJson } from "../../engine/json.ts";
import { block, isoSeconds } from "../../engine/output.ts";
import type { Handler, HandlerContext, Result } from "../../engine/types.ts";
import { checkMachine, checkNotPaused, checkTime, metadataLimit } from "../../event/checks.ts";
import { type Journal, openJournal, reasonOf, unfinished } from "../../journal/journal.ts";
import { fateOf } from "../../journal/pending.ts";
import type { spec } from "./spec.ts";

type Context = HandlerContext<typeof spec>;
const ZERO_HASH = `0x${"0".repeat(64)}` as const;

export const run: Handler<typeof spec> = async (context) => {
  const { flags, io, ui } = context;
  const settings = await context.settings();
  const event = await readEvent(context);
  // Two events are the same when every field is: what the journal is asked for after a run that was cut off.
  const dataHash = event.rawData ? computeDataHash(event.rawData) : ZERO_HASH;
  const key = signingKey(settings);
  const journal = openJournal(io.cwd, io.now);
  let lastHash: `0x${string}` | undefined;
  const identity: Record<string, unknown> = {};
  const client = signingClient(settings, key, async (txHash) => {
    lastHash = txHash;
    await journal.append({
      ...identity,
      step: "event",
      status: "pending",
      signer: key.address,
      tx_hash: txHash,
    });
  });
  const chainId = await client.chainId();
  Object.assign(identity, { event_key: eventKey(event, dataHash, chainId), machine_id: event.machineId });
  ui.note(echo(flags, event));
  const doubt = unknownCurrencies([event.currency ?? ""]);
  if (doubt !== undefined) ui.warn(doubt);

  const earlier = await earlierRun(client, journal, identity, ui);
  if (earlier) return result(flags, event, earlier, dataHash, true);
  await precheck(client, event);
  try {
    const { txHash } = await submitEvent(client, event);
    await journal
      .append({ ...identity, step: "event", status: "confirmed", tx_hash: txHash })
      .catch((error: Error) =>
        ui.warn(`the event is submitted, but ${journal.file} could not be written: ${error.message}`),
      );
    return result(flags, event, txHash, dataHash, false);
  } catch (error) {
    // Without a receipt nothing is known: the pending row stays open for the next run.
    if (lastHash && (error as { code?: string }).code !== "RECEIPT_AWAIT_FAILED") {
      await journal
        .append({ ...identity, step: "event", status: "failed", reason: reasonOf(error), tx_hash: lastHash })
        .catch(() => {});
    }
    throw error;
  }
};

/** All flags as an event; every rule that needs no chain is checked here. */
async function readEvent({ flags, io }: Context): Promise<SubmitEventParams> {
  if (flags.trust === "onchain" && flags["source-tx"] === undefined) {
    throw usageError({
      code: "MISSING_OPTION",
      message: "--trust onchain needs --source-tx",
      value: "(nothing)",
      rule: "an event that a chain can verify names its source transaction",
      next: "--source-tx 0x... (and --source-chain), or --trust self",
    });
  }
  if (flags.type === "activity" && flags.currency !== undefined) {
    throw usageError({
      message: "An activity event has no currency",
      value: flags.currency,
      rule: "--currency belongs to revenue events",
      next: "leave --currency out, or use --type revenue",
    });
  }
  const file = async (path: string | undefined) =>
    path === undefined ? null : new Uint8Array(await readFile(resolve(io.cwd, path)));
  const rawData = await file(flags["raw-data"]);
  if (rawData?.length === 0) {
    throw usageError({
      message: `--raw-data ${flags["raw-data"]} is empty`,
      value: "0 bytes",
      rule: "the hash of nothing says nothing: the file needs at least one byte",
      next: "leave --raw-data out when there is no data",
    });
  }
  const metadata = await file(flags.metadata);
  const event: SubmitEventParams = {
    machineId: flags["machine-id"],
    eventType: EVENT_TYPES[flags.type],
    value: flags.value,
    currency: flags.currency ?? (flags.type === "revenue" ? "USD" : ""),
    timestamp: flags.ts,
    rawData,
    trustLevel: TRUST_LEVELS[flags.trust],
    sourceChainId: flags["source-chain"]?.id ?? 0n,
    sourceTxHash: flags["source-tx"] ?? null,
    metadata: metadata?.length === 0 ? null : metadata,
  };
  // The chain's limits are looked up later; what breaks these rules is wrong on every chain.
  validateSubmitEventParams({ ...event, metadata: null, sourceChainId: 0n });
  return event;
}

function eventKey(event: SubmitEventParams, dataHash: string, chainId: number): string {
  const { rawData: _, metadata, ...rest } = event;
  const whole = { ...rest, dataHash, chainId, metadata: metadata ? keccak256(metadata as Uint8Array) : null };
  return keccak256(new TextEncoder().encode(toSortedJson(whole)));
}

/** The chain's word on the event before anything is paid. */
async function precheck(client: PeaqosClient, event: SubmitEventParams): Promise<void> {
  const size = (event.metadata as Uint8Array | null)?.length ?? 0;
  const limit = await metadataLimit(client);
  if (size > limit) {
    throw usageError({
      code: "MetadataTooLarge",
      message: "--metadata is too large",
      value: `${size} bytes`,
      rule: `this registry stores at most ${limit} bytes with an event`,
      next: "keep the data elsewhere and give its file as --raw-data: the hash is stored",
    });
  }
  await checkTime(client, BigInt(event.timestamp));
  await checkNotPaused(client);
  await checkMachine(client, BigInt(event.machineId));
}

/** The transaction of an earlier, cut-off run of exactly this event, if it made it into a block. */
async function earlierRun(
  client: PeaqosClient,
  journal: Journal,
  identity: Record<string, unknown>,
  ui: Context["ui"],
): Promise<`0x${string}` | undefined> {
  const open = unfinished(
    await journal.read(),
    (row) => row.step === "event" && row.event_key === identity.event_key,
  );
  for (const row of open.reverse()) {
    const hash = row.tx_hash as `0x${string}`;
    const fate = await fateOf(client, hash, ui);
    if (fate === "mined") {
      await journal.append({
        ...identity,
        step: "event",
        status: "confirmed",
        tx_hash: hash,
        resumed_from: "pending",
      });
      ui.warn(
        "an earlier run of this command sent this event already; nothing was sent now. Run it once more to submit it again.",
      );
      return hash;
    }
    await journal.append({
      ...identity,
      step: "event",
      status: "failed",
      reason: fate === "reverted" ? "reverted" : "not known to the node",
      tx_hash: hash,
    });
  }
  return undefined;
}

/** Every field as it will be stored, also those the published result leaves out. */
function echo(flags: Context["flags"], event: SubmitEventParams): string {
  const amount =
    flags.type === "revenue" ? `${event.value} ${event.currency} (minor units)` : `value ${event.value}`;
  const source = flags["source-tx"]
    ? `, source ${flags["source-tx"]} on ${flags["source-chain"]?.word ?? "same"}`
    : "";
  return `machine ${event.machineId}: ${flags.type}, ${amount}, at ${isoSeconds(BigInt(event.timestamp))}, ${TRUST_LABELS[flags.trust]}${source}`;
}

function result(
  flags: Context["flags"],
  event: SubmitEventParams,
  txHash: `0x${string}`,
  dataHash: `0x${string}`,
  earlier: boolean,
): Result {
  return {
    json: {
      machine_id: event.machineId,
      type: flags.type,
      value: event.value,
      currency: event.currency,
      timestamp: event.timestamp,
      trust: TRUST_LABELS[flags.trust],
      source_chain_id: event.sourceChainId,
      source_tx_hash: event.sourceTxHash ?? null,
      metadata_bytes: (event.metadata as Uint8Array | null)?.length ?? 0,
      tx_hash: txHash,
      data_hash: dataHash,
      sent_by_earlier_run: earlier,
    },
    text: `Event submitted.\n${block([
      ["Machine ID", String(event.machineId)],
      ["Type", flags.type],
      ["Value", String(event.value)],
      ["Trust", TRUST_LABELS[flags.trust]],
      ["Tx", txHash],
      ["Data Hash", dataHash],
    ])}`,
  };
}
