import { PeaqosError } from "../errors/base.ts";
import { apiOf, type OrchestrationApi, type OrchestrationContext } from "./api.ts";
import { OrchestrationApiError, PurchaseError } from "./errors.ts";
import type { PurchaseJournal } from "./journal.ts";
import type { Pay, SpendLimit } from "./payment-request.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  CreateMarketOrderRequest,
  ExecuteMarketOrderResponse,
  MarketOrder,
  MarketPayment,
  MarketQuote,
  MarketSearch,
  MarketSearchRequest,
  ProviderCredentials,
} from "./types.ts";

/** One run of `buy`: its parameters, what it remembers, and what all its steps share. */

export type BuyStep = "search" | "order" | "payment" | "proof" | "execute" | "confirm";

/** What `onStep` hears. */
export type BuyEvent = {
  readonly step: BuyStep;
  readonly state: "started" | "done" | "skipped";
  /** One sentence for people. */
  readonly message: string;
  readonly orderId: string | undefined;
  readonly transactionHash: string | undefined;
};

/** What `buy` takes. */
export type BuyParams = {
  readonly machineId: string;
  readonly agentPairingId: string;
  readonly pairingToken: string;
  /** What to look for; the best quote within `maxSpend` is taken. Instead of `serviceId`. */
  readonly search?: Omit<MarketSearchRequest, "machineId" | "agentPairingId">;
  /** The service, when it is known. Instead of `search`. */
  readonly serviceId?: string;
  readonly operation?: string;
  /** Input of the operation; keys go as they are. */
  readonly input?: CreateMarketOrderRequest["input"];
  /** The most the purchase may cost; held against the price before the order and again before the payment. */
  readonly maxSpend: SpendLimit;
  /** Pays; needed unless the service costs nothing. See `payWithWallet`. */
  readonly pay?: Pay;
  /** Names the purchase: the same key goes on with the same one. Default: a new one, told in result and errors. */
  readonly idempotencyKey?: string;
  /** Where the purchase is written down. Default: that of `pay`, else memory. */
  readonly journal?: PurchaseJournal;
  /** Chooses among the quotes, best first. Default: the best within `maxSpend`. */
  readonly choose?: (quotes: readonly MarketQuote[]) => MarketQuote | undefined;
  /** Confirms what was delivered, which releases the payment. Default false. */
  readonly confirm?: boolean;
  readonly providerCredentials?: ProviderCredentials;
  readonly onStep?: (event: BuyEvent) => void;
  /** Time after which what may pass is no longer tried again, in milliseconds. Default 300,000. */
  readonly timeoutMs?: number;
  /** First pause before something is tried again, in milliseconds. Default 500. */
  readonly pollMs?: number;
  /** Stops before the next step. A payment that is signed by then stays valid: go on with the same key. */
  readonly signal?: AbortSignal;
};

/** What `buy` answers. */
export type Purchase = {
  readonly idempotencyKey: string;
  /** Null when `serviceId` was given, or when the order of an earlier run was found. */
  readonly search: MarketSearch | null;
  readonly quote: MarketQuote | null;
  readonly order: MarketOrder;
  /** Null when nothing had to be paid. */
  readonly payment: MarketPayment | null;
  readonly transactionHash: string | null;
  /** Native (`statusCode` 200) or handed off (202). */
  readonly execution: ExecuteMarketOrderResponse["execution"];
  /** The result of a native execution. */
  readonly outcome:
    | Extract<ExecuteMarketOrderResponse["execution"], { readonly statusCode: 200 }>["outcome"]
    | null;
};

type Record_ = {
  readonly asked: string;
  readonly searches: number;
  readonly orderId?: string | undefined;
  readonly transactionHash?: string | undefined;
};

/** Options of one request under the key of a step; without a step, under a fresh key. */
type ForStep = (step?: string) => RequestOptions;

const longestPauseMs = 5_000;

/** A purchase under way. */
export class Run {
  readonly client: OrchestrationContext;
  readonly params: BuyParams;
  readonly key: string;
  readonly api: OrchestrationApi;
  readonly #journal: PurchaseJournal;
  readonly #deadline: number;
  #record: Record_ = { asked: "", searches: 1 };
  #orderId: string | undefined;
  transactionHash: string | undefined;

  constructor(client: OrchestrationContext, params: BuyParams, key: string, journal: PurchaseJournal) {
    this.client = client;
    this.params = params;
    this.key = key;
    this.api = apiOf(client);
    this.#journal = journal;
    this.#deadline = this.api.now() + (params.timeoutMs ?? 300_000);
  }

  get record(): Record_ {
    return this.#record;
  }

  get orderId(): string {
    return this.#orderId ?? "";
  }
  set orderId(id: string) {
    this.#orderId = id;
  }

  /** Finds or begins the record of this purchase. @throws PurchaseError `KEY_REUSED` for another purchase's key. */
  async open(asked: string): Promise<void> {
    const name = `purchase:${this.key}`;
    const fresh = { asked, searches: 1 };
    let found = (await this.#journal.get(name)) as Record_ | null;
    if (found === null && !(await this.#journal.add(name, fresh)))
      found = (await this.#journal.get(name)) as Record_ | null;
    this.#record = found ?? fresh;
    if (this.#record.asked !== asked)
      throw new PurchaseError("This idempotencyKey belongs to a purchase with other parameters.", {
        code: "KEY_REUSED",
        hint: "Use the same parameters to go on, or another key for another purchase.",
      });
    this.#orderId = this.#record.orderId;
    this.transactionHash = this.#record.transactionHash;
  }

  async remember(more: Partial<Record_>): Promise<void> {
    this.#record = { ...this.#record, ...more };
    await this.#journal.set(`purchase:${this.key}`, this.#record);
  }

  /** Whether the callback keeps its transactions where this purchase is written down. */
  get paysByJournal(): boolean {
    return this.params.pay?.journal === this.#journal;
  }

  tell(step: BuyStep, state: BuyEvent["state"], message: string): void {
    const { transactionHash } = this;
    this.params.onStep?.({ step, state, message, orderId: this.#orderId, transactionHash });
  }

  throwIfAborted(): void {
    this.params.signal?.throwIfAborted();
  }

  /** Runs a step; its failure says where the purchase stands and how to go on. */
  async at<T>(step: BuyStep, task: () => Promise<T>): Promise<T> {
    try {
      this.throwIfAborted();
      return await task();
    } catch (error) {
      throw this.#wrapped(step, error);
    }
  }

  #wrapped(step: BuyStep, error: unknown): PurchaseError {
    const aborted = this.params.signal?.aborted === true;
    const known = error instanceof PeaqosError ? error : undefined;
    const said = error instanceof Error ? error.message : String(error);
    const orderId = this.#orderId;
    const place = orderId === undefined ? "" : ` Order ${orderId}.`;
    const hint = known?.hint;
    const text = hint !== undefined && said.endsWith(hint) ? said.slice(0, -hint.length).trim() : said;
    return new PurchaseError(
      aborted
        ? `The purchase was stopped at the step ${step}.${place}`
        : `${text}${text.includes(orderId ?? " ") ? "" : place}`,
      {
        code: aborted ? "ABORTED" : known?.code || "PAY_FAILED",
        cause: error,
        retryable: aborted || (known?.retryable ?? false),
        hint: hint ?? "Call buy again with the same idempotencyKey: it goes on from here.",
        step,
        orderId,
        transactionHash:
          this.transactionHash ?? (error as { txHash?: string; transactionHash?: string }).transactionHash,
        idempotencyKey: this.key,
      },
    );
  }

  /** Tries again what may pass, under the same key, until the time is up. */
  async persist<T>(task: (request: ForStep) => Promise<T>): Promise<T> {
    const { signal, pollMs = 500 } = this.params;
    const forStep: ForStep = (step) => ({
      ...(signal !== undefined && { signal }),
      ...(step !== undefined && { idempotencyKey: `${this.key}:${step}` }),
    });
    for (let attempt = 0; ; attempt++) {
      try {
        return await task(forStep);
      } catch (error) {
        const pause = Math.min(pollMs * 2 ** Math.min(attempt, 10), longestPauseMs);
        const wait = (error as { retryAfterMs?: number }).retryAfterMs ?? pause;
        if (!mayPass(error) || this.api.now() + wait >= this.#deadline) throw error;
        await this.api.wait(wait, signal);
      }
    }
  }
}

/** Faults that pass by themselves, and the same request still under way elsewhere. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof PeaqosError)) return false;
  if (error.retryable) return true;
  if (!(error instanceof OrchestrationApiError) || error.code !== "CONFLICT") return false;
  const { reason } = (error.details ?? {}) as { reason?: unknown };
  return typeof reason === "string" && reason.endsWith("_in_progress");
}
