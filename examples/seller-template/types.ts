import type { FastifyInstance } from "fastify";

/** What a seller describes. Everything else follows from it: routes, checks, listing. */

export type JsonObject = Record<string, unknown>;

/** JSON Schema, draft 7. Say `additionalProperties: false` unless anything may be sent. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** An operation as its contract file (`<operation>.contract.json`) holds it. */
export type Contract = {
  readonly operation: string;
  /** Begins with a slash; appended to the seller's URL. */
  readonly path: string;
  readonly summary: string;
  readonly notes: readonly string[];
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema;
  /** Can be executed at any time, again and again, side by side. */
  readonly exampleInput: JsonObject;
};

/** Payment on a chain, as the market tells it in `x-peaqos-payment`. */
export type Payment = {
  /** CAIP-2, such as eip155:33380. */
  readonly chain: string;
  readonly token: string | null;
  readonly transactionHash: `0x${string}`;
  readonly payer: `0x${string}`;
  readonly payee: `0x${string}`;
  /** Decimal text in units of the token. */
  readonly amount: string;
  /** Whole base units of the token, decimal text. */
  readonly rawAmount: string;
};

/** One execution. An effect outside of the answer must be tied to `orderId` or `key`, so that a repeat finds it done. */
export type Call = {
  readonly key: string;
  /** Null when the caller names no order (somebody tries the service by hand). */
  readonly orderId: string | null;
  readonly machineId: string | null;
  /** Verified on the chain before the handler runs. Null when the order was not paid on a chain. */
  readonly payment: Payment | null;
};

export type Operation = {
  readonly contract: Contract;
  /** Gets input that keeps the contract, defaults filled in. Throw `SellerError` when it cannot deliver. */
  run(input: JsonObject, call: Call): JsonObject | Promise<JsonObject>;
};

export type Token = {
  readonly chainId: number;
  readonly symbol: string;
  readonly address: `0x${string}`;
  readonly decimals: number;
};

/** A fixed price for each execution, paid to `payee` before it. */
export type Price = {
  /** Decimal text in units of the token: "0.05". */
  readonly amount: string;
  readonly rail: "wallet" | "wdk-usdt-transfer";
  readonly token: Token;
  readonly payee: `0x${string}`;
  readonly notes?: readonly string[];
};

export type Service = {
  /** `svc_` and 12 hexadecimal digits; never changes. */
  readonly id: string;
  readonly skillKey: string;
  readonly providerKey: string;
  readonly providerLabel: string;
  readonly serviceType: string;
  readonly name: string;
  readonly description: string;
  readonly capabilities: readonly string[];
  readonly region: string;
  /** How old a result may be. */
  readonly freshnessSeconds: number;
};

export type Handoff = { readonly label: string; readonly path: string; readonly notes: readonly string[] };

export type SellerDefinition = {
  readonly service: Service;
  /** Null: free. */
  readonly price: Price | null;
  readonly operations: readonly Operation[];
  /** The order ends with a link to a page of the seller: nothing is called, the operations are only described. */
  readonly handoff?: Handoff;
  /** Further routes, such as the page of a hand-off. */
  routes?(app: FastifyInstance): void;
};

export type SellerConfig = {
  /** 0: a free one. */
  readonly port: number;
  /** Default 127.0.0.1: only the market beside it reaches the seller. */
  readonly host?: string;
  /** The seller's own folder; one process at a time. */
  readonly dataDir: string;
  /** URL under which the market reaches the seller. Default: the address it listens on. */
  readonly publicUrl?: string;
  /** Node that shows the payments. Needed for a price. */
  readonly rpcUrl?: string;
  /** Blocks that must hold or follow a payment, its own included. Default 1. */
  readonly confirmations?: number;
  /** A call without a payment for something that has a price. Default "refuse"; "serve" is for trying. */
  readonly unpaid?: "refuse" | "serve";
  /** Largest input in bytes. Default 64 KiB. */
  readonly inputLimit?: number;
  /** How long a request waits for its handler. Default 10,000. */
  readonly waitMs?: number;
  /** How long `stop` waits for calls under way. Default 5,000. */
  readonly graceMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Told once for each call, without input and result. */
  readonly log?: (entry: JsonObject) => void;
};

export type Seller = {
  readonly url: string;
  /** The service as a catalogue file holds it. */
  listing(): CatalogueService;
  /** Takes no new calls, finishes those under way, closes the files. */
  stop(): Promise<void>;
};

/** The market's MarketService without what the market works out itself. */
export type CatalogueService = {
  id: string;
  skillKey: string;
  providerKey: string;
  providerId: string;
  providerLabel: string;
  companyName: string | null;
  serviceType: string;
  name: string;
  description: string;
  operations: string[];
  capabilities: string[];
  authType: "none";
  accessMode: "public";
  executionMode: "native" | "external-handoff";
  integrationStatus: "native" | "partner-required";
  distribution: "openapi";
  maturity: "reference";
  kind: "runtime" | "reference";
  region: string;
  freshnessSeconds: number;
  requiresHumanEnablement: boolean;
  pricing: { mode: "fixed"; amount: number; currency: string; rate: string; notes: string[] };
  payment: {
    defaultRail: "not-required" | Price["rail"];
    required: boolean;
    supportedRails: ("not-required" | Price["rail"])[];
    notes: string[];
    provider: null;
    chain: string | null;
    token: string | null;
    tokenAddress: string | null;
    tokenMint: null;
    walletAddress: null;
    externalUrl: null;
    payeeAddress: string | null;
  };
  endpoints: {
    label: string;
    operation: string;
    url: string;
    method: "POST";
    path: string;
    providerName: string;
    key: string;
    protocols: string[];
    networks: string[];
  }[];
  operationContracts: {
    operation: string;
    inputFields: ContractField[];
    outputFields: ContractField[];
    exampleInput: JsonObject;
    providerRequest: { method: "POST"; path: string } | null;
    summary: string;
    notes: string[];
  }[];
  metadata: {
    healthUrl: string;
    contracts: Record<string, { inputSchema: JsonSchema; outputSchema: JsonSchema }>;
  };
  referenceUrl: null;
  artifactUrl: null;
  handoff: { label: string; url: string; notes: string[] } | null;
};

export type ContractField = { key: string; type: string; description: string | null };

/** What a market reads its services from. */
export type Catalogue = { version: "1"; services: CatalogueService[] };
