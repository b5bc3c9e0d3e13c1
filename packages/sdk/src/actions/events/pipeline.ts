import type { Call } from "../../chain/call-runner.ts";
import { padGas } from "../../chain/gas.ts";
import type { RegistryInfo } from "../../chain/registry.ts";
import { encodeBatchAll } from "../../codec/events.ts";
import { BATCH_MAX_CALLS, SUBMIT_EVENTS_MAX_PER_TX } from "../../constants.ts";
import type { ClientContext } from "../../context.ts";
import { PeaqosError } from "../../errors/base.ts";
import { RpcError } from "../../errors/runtime.ts";
import type { SubmitEventParams } from "../../types.ts";
import type { EventRules } from "../../validate/event.ts";
import { checkUint } from "../../validate/values.ts";
import type { Numbered } from "./chunks.ts";
import {
  type PreparedEvent,
  prepareEvent,
  refuseFuture,
  rulesOf,
  surelyNotSubmitted,
  takeSlots,
} from "./prepare.ts";
import type { SubmitEventsOptions, SubmitEventsResult } from "./submit-events.ts";

/** One event on its way. */
type Item = Numbered<SubmitEventParams> & { readonly prepared: PreparedEvent; giveBack(): void };

/** A chunk's place in the row: waits for the one before, and says when the next one may go. */
type Turn = { readonly wait: Promise<void>; readonly taken: () => void };

/** Gas guessed for an event before anything is known of the contract, without and per byte of metadata. */
const guessedBase = 110_000;
const guessedPerByte = 750;

/**
 * The working part of `submitEvents`: prepares chunks, runs them ahead of sending, sends them in order, and finds the
 * events that spoil a chunk.
 */
export class EventPipeline {
  readonly maxPerTransaction: number;
  readonly maxInFlight: number;
  readonly maxWeight: number;
  readonly #client: ClientContext;
  readonly #registry: RegistryInfo;
  readonly #rules: EventRules;
  /** Gas per guessed gas, from the chunks so far; 1 until the first one is measured. */
  #scale = 1;
  #measured = false;
  #measuring: Promise<bigint> | null = null;
  #blockLimit: bigint;
  /** Chunks take their nonces in input order. */
  #turn: Promise<void> = Promise.resolve();

  private constructor(
    client: ClientContext,
    options: SubmitEventsOptions,
    facts: { registry: RegistryInfo; rules: EventRules; blockLimit: bigint },
  ) {
    this.#client = client;
    this.#registry = facts.registry;
    this.#rules = facts.rules;
    this.#blockLimit = facts.blockLimit;
    const wanted = Number(
      checkUint("maxPerTransaction", options.maxPerTransaction ?? SUBMIT_EVENTS_MAX_PER_TX, 1n),
    );
    this.maxPerTransaction = Math.min(wanted, BATCH_MAX_CALLS);
    this.maxInFlight = Number(checkUint("maxInFlight", options.maxInFlight ?? 6, 1n));
    const share = Math.min(Number(facts.blockLimit) * 0.75, 16_000_000);
    this.#maxGas = options.maxGasPerTransaction === undefined ? share : Number(options.maxGasPerTransaction);
    this.maxWeight = this.#maxGas;
  }

  readonly #maxGas: number;

  static async create(client: ClientContext, options: SubmitEventsOptions): Promise<EventPipeline> {
    const registry = await client.chain.registry();
    const [rules, head] = await Promise.all([rulesOf(client, registry), client.chain.heads.head()]);
    return new EventPipeline(client, options, { registry, rules, blockLimit: head.gasLimit });
  }

  /** Gas an event will roughly take, with its margin. Of a malformed event too: it only has to be a number. */
  weigh(params: SubmitEventParams): number {
    return guess(params) * this.#scale * 1.3;
  }

  /** Sends one chunk; resolves with the results of all its events, in their order. Never rejects. */
  async start(chunk: readonly Numbered<SubmitEventParams>[]): Promise<SubmitEventsResult[]> {
    const results = new Map<number, SubmitEventsResult>();
    const previous = this.#turn;
    let myTurn = (): void => undefined;
    this.#turn = new Promise((resolve) => {
      myTurn = resolve;
    });
    try {
      const items: Item[] = [];
      for (const numbered of chunk) {
        const item = await this.#prepare(numbered, results);
        if (item !== null) items.push(item);
      }
      await this.#deliver(items, results, { wait: previous, taken: myTurn });
    } finally {
      myTurn();
    }
    return chunk.map(({ index }) => results.get(index) as SubmitEventsResult);
  }

  async #prepare(
    { item: params, index }: Numbered<SubmitEventParams>,
    results: Map<number, SubmitEventsResult>,
  ): Promise<Item | null> {
    try {
      const prepared = prepareEvent(params, this.#rules, this.#registry);
      await refuseFuture(this.#client, prepared.event);
      const slots = takeSlots(this.#client, [prepared.event]);
      return { item: params, index, prepared, giveBack: slots.giveBack };
    } catch (error) {
      results.set(index, { index, params, status: "failed", error: asPeaqosError(error) });
      return null;
    }
  }

  async #deliver(
    items: Item[],
    results: Map<number, SubmitEventsResult>,
    turn: Turn | null,
    attempt = 0,
  ): Promise<void> {
    if (items.length === 0) return;
    const call = this.#callOf(items);
    let gas: bigint;
    try {
      gas = await this.#rehearse(call, items);
    } catch (error) {
      return this.#sortOut(items, results, turn, asPeaqosError(error), attempt);
    }
    if (gas > BigInt(this.#maxGas) && items.length > 1)
      return this.#deliverHalves(items, results, turn, attempt);
    try {
      const receipt = await this.#client.chain.sender.deliver(
        { ...call, ...(turn !== null && { turn }) },
        gas,
      );
      if (!receipt.succeeded) {
        const failure = await this.#client.chain.sender.explainFailure(call, gas, receipt);
        this.#measured = false;
        return this.#sortOut(items, results, null, failure, attempt);
      }
      for (const { index, item, prepared } of items)
        results.set(index, {
          index,
          params: item,
          status: "settled",
          txHash: receipt.txHash,
          dataHash: prepared.dataHash,
        });
    } catch (error) {
      this.#give(items, results, asPeaqosError(error));
    }
  }

  /** One half after the other; the next chunk's turn comes when both have their nonces. */
  async #deliverHalves(
    items: Item[],
    results: Map<number, SubmitEventsResult>,
    turn: Turn | null,
    attempt: number,
  ): Promise<void> {
    const half = Math.ceil(items.length / 2);
    const first = turn && { wait: turn.wait, taken: () => undefined };
    await this.#deliver(items.slice(0, half), results, first, attempt);
    return this.#deliver(items.slice(half), results, turn, attempt);
  }

  /** Runs the chunk without sending it and says which gas it needs. */
  async #rehearse(call: Call, items: readonly Item[]): Promise<bigint> {
    const { sender, options } = this.#client.chain;
    const guessed = items.reduce((sum, { item }) => sum + guess(item), 0);
    // One chunk is measured; the others wait for it rather than all asking for an estimate.
    if (!this.#measured && this.#measuring !== null) await this.#measuring.catch(() => undefined);
    if (this.#measured) {
      const gas = padGas(BigInt(Math.ceil(guessed * this.#scale)) + 50_000n, 1.4, this.#blockLimit);
      try {
        // One run with that very gas: cheaper than an estimate, and it shows both a refusal and a lack of gas.
        await sender.simulate({ ...call, gas });
        return gas;
      } catch (error) {
        if (error instanceof RpcError && error.retryable) throw error;
      }
    }
    const measuring = sender.estimate(call);
    this.#measuring = measuring;
    const gas = await measuring.finally(() => {
      if (this.#measuring === measuring) this.#measuring = null;
    });
    const multiplier = call.touchesPrecompile ? options.precompileGasMultiplier : options.gasMultiplier;
    const scale = Number(gas) / multiplier / guessed;
    // Chunks measured at the same time differ; the dearest one counts, so that the next ones fit.
    this.#scale = this.#measured ? Math.max(this.#scale, scale) : scale;
    this.#measured = true;
    return gas;
  }

  /** A chunk was refused: report the events that are at fault and send the others. */
  async #sortOut(
    items: Item[],
    results: Map<number, SubmitEventsResult>,
    turn: Turn | null,
    reason: PeaqosError,
    attempt: number,
  ): Promise<void> {
    const transport = reason instanceof RpcError && reason.code.startsWith("RPC_");
    if (items.length === 1 || attempt >= 3 || transport || reason.code === "INSUFFICIENT_FUNDS")
      return this.#give(items, results, reason);
    const verdicts = await Promise.all(
      items.map((item) =>
        this.#client.chain.sender.simulate(this.#callOf([item])).then(
          () => null,
          (error: unknown) => asPeaqosError(error),
        ),
      ),
    );
    const good = items.filter((_, at) => verdicts[at] === null);
    for (const [at, item] of items.entries()) {
      const verdict = verdicts[at];
      if (verdict) this.#give([item], results, verdict);
    }
    // Alone each one passes: the chunk itself is the trouble (gas, the batch contract). Halve it.
    if (good.length === items.length) return this.#deliverHalves(items, results, turn, attempt + 1);
    return this.#deliver(good, results, turn, attempt + 1);
  }

  /** The same failure for all of them. */
  #give(items: readonly Item[], results: Map<number, SubmitEventsResult>, error: PeaqosError): void {
    for (const { index, item: params, prepared, giveBack } of items) {
      const txHash = error instanceof RpcError ? error.txHash : undefined;
      if (!surelyNotSubmitted(error) && txHash !== undefined) {
        results.set(index, { index, params, status: "unknown", txHash, dataHash: prepared.dataHash, error });
        continue;
      }
      giveBack();
      results.set(index, { index, params, status: "failed", error });
    }
  }

  #callOf(items: readonly Item[]): Call {
    const { contracts } = this.#client;
    const [only] = items;
    if (items.length === 1 && only !== undefined)
      return {
        to: contracts.eventRegistry,
        data: only.prepared.data,
        doing: `submit an event of machine ${only.prepared.event.machineId}`,
      };
    return {
      to: contracts.batchPrecompile,
      data: encodeBatchAll(
        contracts.eventRegistry,
        items.map(({ prepared }) => prepared.data),
      ),
      touchesPrecompile: true,
      doing: `submit ${items.length} events`,
    };
  }
}

function guess(params: SubmitEventParams): number {
  const metadata = params?.metadata;
  const bytes =
    metadata instanceof Uint8Array ? metadata.length : typeof metadata === "string" ? metadata.length / 2 : 0;
  return guessedBase + guessedPerByte * bytes;
}

function asPeaqosError(error: unknown): PeaqosError {
  if (error instanceof PeaqosError) return error;
  return new PeaqosError(error instanceof Error ? error.message : "unknown failure", { code: "UNEXPECTED" });
}
