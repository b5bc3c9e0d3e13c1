import {
  type ClientContext,
  chainTime,
  computeDataHash,
  createContext,
  EVENT_TYPE_REVENUE,
  getEventCount,
  getEvents,
  getMachine,
  type PeaqosClientOptions,
  submitEvent,
  TRUST_ON_CHAIN_VERIFIABLE,
} from "@peaqos/peaq-os-sdk";
import { createPublicClient, http, keccak256, parseTransaction } from "viem";
import type { Delivered, Station } from "./station.ts";

export type RevenueConfig = {
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly contracts: PeaqosClientOptions["contracts"];
  /** The machine's own key: it signs its events. */
  readonly privateKey: `0x${string}`;
  readonly machineId: bigint;
  /** What a session earns, in US cents. */
  readonly cents: bigint;
};

type Request = { method: string; params: [`0x${string}`] };

/** Events looked through before those that came after the session, in case a reorganisation moved some. */
const MARGIN = 16n;

/**
 * Reports paid sessions as revenue events of the machine, each once: the payment's transaction is the source, so the
 * rating can verify it. Before anything is signed, the chain is asked whether the event is there; what was signed is on
 * the disk before it goes out and is offered again as it is, so a crash at any point makes no second event.
 */
export class Revenue {
  readonly #station: Station;
  readonly #config: RevenueConfig;
  readonly #client: ClientContext;
  readonly #node: ReturnType<typeof nodeAt>;
  #sending: string | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(station: Station, config: RevenueConfig) {
    this.#station = station;
    this.#config = config;
    this.#node = nodeAt(config.rpcUrl);
    this.#client = createContext({
      rpcUrl: config.rpcUrl,
      privateKey: config.privateKey,
      contracts: config.contracts,
      expectedChainId: config.chainId,
      rpcTimeoutMs: 5_000,
      receiptTimeoutMs: 20_000,
      fetch: (input, init) => this.#fetch(input, init),
    });
  }

  /** How many events the machine has; 0 when the chain does not say. */
  count(): Promise<bigint> {
    return getEventCount(this.#client, this.#config.machineId).catch(() => 0n);
  }

  /** The machine and its operator: what they pay is no revenue. Lower case. */
  async related(): Promise<string[]> {
    const { owner, operator } = await getMachine(this.#client, this.#config.machineId);
    return [owner, operator].flatMap((address) => (address === null ? [] : [address.toLowerCase()]));
  }

  /**
   * Sees to it that the session's event is on the chain; one session at a time.
   * @returns hash of the transaction, null when the event is there and its transaction is not known.
   * @throws when it is not there yet: call again later.
   */
  report(scope: string): Promise<string | null> {
    const mine = this.#turn.then(() => this.#report(scope));
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** Resolves when nothing is being reported. */
  async idle(): Promise<void> {
    await this.#turn;
  }

  async #report(scope: string): Promise<string | null> {
    const known = this.#station.report(scope);
    const delivered = await this.#station.find(scope);
    if (known === null || delivered?.payment == null) throw new Error(`session ${scope} was not paid for`);
    if (known.recorded !== null) return known.recorded.transactionHash;

    const sentHash = known.sent === null ? null : keccak256(known.sent);
    const fate = known.sent === null ? "dead" : await this.#offer(known.sent);
    if (fate === "mined" || (await this.#isThere(delivered))) {
      await this.#station.recorded(scope, sentHash);
      return sentHash;
    }
    if (fate === "waiting") throw new Error(`transaction ${sentHash} is not mined yet`);
    const transactionHash = await this.#submit(delivered);
    await this.#station.recorded(scope, transactionHash);
    return transactionHash;
  }

  async #isThere({ session, eventsBefore }: Delivered): Promise<boolean> {
    const { machineId } = this.#config;
    const wanted = computeDataHash(rawData(session));
    const [before, count] = [BigInt(eventsBefore), await getEventCount(this.#client, machineId)];
    const from = [before, count].reduce((a, b) => (a < b ? a : b)) - MARGIN;
    for await (const { dataHash } of getEvents(this.#client, machineId, { offset: from > 0n ? from : 0n }))
      if (dataHash === wanted) return true;
    return false;
  }

  /** Offers a signed transaction again, as it is. Dead: it was reverted, or another one has its nonce. */
  async #offer(raw: `0x${string}`): Promise<"mined" | "waiting" | "dead"> {
    const hash = keccak256(raw);
    // A refusal tells nothing that the next questions do not.
    await this.#node.request({ method: "eth_sendRawTransaction", params: [raw] }).catch(() => {});
    const receipt = await this.#node.request({ method: "eth_getTransactionReceipt", params: [hash] });
    if (receipt !== null) return receipt.status === "0x1" ? "mined" : "dead";
    const waiting = await this.#node.request({ method: "eth_getTransactionByHash", params: [hash] });
    if (waiting !== null) return "waiting";
    const used = await this.#node.getTransactionCount({ address: this.#client.address, blockTag: "latest" });
    return used > (parseTransaction(raw).nonce ?? 0) ? "dead" : "waiting";
  }

  async #submit({ scope, session, payment }: Delivered): Promise<string> {
    const { machineId, cents, chainId } = this.#config;
    const { transactionId } = session.stopTransaction;
    this.#sending = scope;
    try {
      const { txHash } = await submitEvent(this.#client, {
        machineId,
        eventType: EVENT_TYPE_REVENUE,
        value: cents,
        currency: "USD",
        timestamp: await chainTime(this.#client),
        rawData: rawData(session),
        trustLevel: TRUST_ON_CHAIN_VERIFIABLE,
        sourceChainId: chainId,
        sourceTxHash: payment?.transactionHash ?? null,
        metadata: new TextEncoder().encode(JSON.stringify({ transactionId, energyWh: session.energyWh })),
      });
      return txHash;
    } finally {
      this.#sending = null;
    }
  }

  /** The SDK's way to the node: what it signed is kept before it leaves. */
  async #fetch(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
    const scope = this.#sending;
    const body = init?.body;
    if (scope !== null && typeof body === "string" && body.includes("eth_sendRawTransaction"))
      for (const { method, params } of [JSON.parse(body)].flat() as Request[])
        if (method === "eth_sendRawTransaction" && this.#isEvent(params[0]))
          await this.#station.sending(scope, params[0]);
    return fetch(input, init);
  }

  #isEvent(raw: `0x${string}`): boolean {
    return parseTransaction(raw).to?.toLowerCase() === this.#config.contracts.eventRegistry.toLowerCase();
  }
}

const nodeAt = (url: string) =>
  createPublicClient({ transport: http(url, { retryCount: 0, timeout: 5_000 }) });

/** What the event stands for: its hash on the chain is that of the session's JSON. */
export function rawData(session: Delivered["session"]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(session));
}
