import type { Contract, ExecutableService } from "../contract.ts";

/**
 * Ways to have an operation executed, one file each. A new one is a file beside these and a line in `adapters.ts`.
 */

/** Where an operation leads, kept with the route: no secrets. */
export type Place = {
  readonly adapter: string;
  /** What circuits and limits are counted by: scheme, host and port, or the machine's endpoint. Null: nothing is called. */
  readonly origin: string | null;
  readonly url: string | null;
  readonly path: string | null;
};

export type Handoff = { readonly label: string; readonly url: string; readonly notes: string[] };

/** A payment as the seller gets it in `x-peaqos-payment`. */
export type PaymentProof = {
  readonly chain: string;
  readonly token: string | null;
  readonly transactionHash: string;
  readonly payer: string;
  readonly payee: string;
  /** Decimal text. */
  readonly amount: string;
  /** Base units. */
  readonly rawAmount: string;
};

/** One request to a provider. */
export type ProviderCall = {
  readonly place: Place;
  readonly service: ExecutableService;
  readonly contract: Contract;
  readonly machineId: string;
  readonly orderId: string | null;
  /** The same for every request of this run. */
  readonly sellerKey: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly payment: PaymentProof | null;
  /** The buyer's credentials for this provider; empty when it needs none. */
  readonly credentials: Readonly<Record<string, string>>;
};

/** What a request came to. Messages can be shown to the buyer. */
export type Verdict =
  /** `text` is the provider's JSON, byte for byte. */
  | { readonly kind: "delivered"; readonly result: unknown; readonly text: string }
  /** The provider says that it did nothing, and why. */
  | { readonly kind: "refused"; readonly message: string }
  /** Nothing was sent. */
  | { readonly kind: "unreachable"; readonly message: string }
  /** It may have been done: asked again with the same key. */
  | { readonly kind: "lost"; readonly message: string }
  /** The provider is still at it. */
  | { readonly kind: "pending"; readonly message: string; readonly afterMs: number }
  /** Answered, with something that cannot count as an answer. */
  | { readonly kind: "broken"; readonly message: string }
  /** This process is being stopped. */
  | { readonly kind: "stopped" };

export type Planned = { readonly place: Place; readonly handoff: Handoff | null };

export type Adapter = {
  readonly name: string;
  /**
   * Where the operation leads this way, or null when this way is not for it. Nothing is called.
   *
   * @throws HttpError ENDPOINT_UNREACHABLE, EXECUTION_UNSUPPORTED when it is, and cannot be gone.
   */
  plan(
    service: ExecutableService,
    contract: Contract,
    machineId: string,
    /** Credential names the buyer has for the provider. */
    credentials: ReadonlySet<string>,
  ): Promise<Planned | null>;
  perform(call: ProviderCall, signal: AbortSignal): Promise<Verdict>;
};
