import { readAttribute } from "./actions/did/read-attribute.ts";
import {
  type WriteMachineDIDOptions,
  writeMachineDIDAttributes,
} from "./actions/did/write-machine-did-attributes.ts";
import {
  type WriteProxyDIDOptions,
  writeProxyDIDAttributes,
} from "./actions/did/write-proxy-did-attributes.ts";
import { batchSubmitEvents } from "./actions/events/batch-submit-events.ts";
import { type GetEventsOptions, getEventCount, getEvents } from "./actions/events/get-events.ts";
import { submitEvent } from "./actions/events/submit-event.ts";
import { type SubmitEventsOptions, submitEvents } from "./actions/events/submit-events.ts";
import { bondStatus } from "./actions/machines/bond-status.ts";
import { balanceOf, chainIdOf, chainTime } from "./actions/machines/chain-time.ts";
import { flagsOf } from "./actions/machines/flags-of.ts";
import { getMachine } from "./actions/machines/get-machine.ts";
import { machineIdOf } from "./actions/machines/machine-id-of.ts";
import { mintNft } from "./actions/nft/mint-nft.ts";
import { nftOf, tokenIdOf } from "./actions/nft/token-id-of.ts";
import { queryMachine } from "./actions/query/query-machine.ts";
import { queryMcr } from "./actions/query/query-mcr.ts";
import {
  type ExplainOptions,
  type HistoryOptions,
  type InputsOptions,
  queryMcrExplain,
  queryMcrHistory,
  queryMcrInputs,
  queryMcrInputsAll,
} from "./actions/query/query-mcr-details.ts";
import {
  type PageOptions,
  queryOperatorMachines,
  queryOperatorMachinesAll,
} from "./actions/query/query-operator-machines.ts";
import type { RegisterOptions } from "./actions/registration/register.ts";
import { registerFor } from "./actions/registration/register-for.ts";
import { registerMachine } from "./actions/registration/register-machine.ts";
import type { Chain } from "./chain/chain.ts";
import { computeDataHash } from "./codec/data-hash.ts";
import { checkOptions, type PeaqosClientOptions, withoutSecrets } from "./config.ts";
import type { ClientContext } from "./context.ts";
import { contextOf } from "./create-context.ts";
import { optionsFromEnv } from "./env.ts";
import type { HttpApi } from "./http/api.ts";
import { generateKeypair } from "./keypair.ts";
import { checkOperationalLimits, type EventRateTracker } from "./limits/limits.ts";
import { apiOf, type OrchestrationApi, plainHttpWarning } from "./orchestration/api.ts";
import { OrchestrationClient } from "./orchestration/namespace.ts";
import type {
  Address,
  ContractAddresses,
  Id,
  Keypair,
  OperationalLimits,
  SubmitEventParams,
} from "./types.ts";
import type { MachineDIDAttributes, ProxyDIDAttributes } from "./validate/did.ts";
import { validateSubmitEventParams } from "./validate/event.ts";

const hidden = "[hidden]";

/**
 * Everything a machine or its operator does with peaqOS: identity, NFT, DID, events, ratings.
 *
 * Every method is also a standalone function that takes the client first (`queryMcr(client, did)`); the documentation
 * of each is there. Safe to use concurrently: parallel sends of one key share their nonces within a process. The
 * private key is not kept and appears in no text or JSON form of the client.
 *
 * @example
 * ```ts
 * import { PeaqosClient } from "@peaqos/peaq-os-sdk";
 * const peaqos = new PeaqosClient({ rpcUrl, privateKey, contracts });
 * const machineId = await peaqos.registerMachine();
 * ```
 */
export class PeaqosClient implements ClientContext {
  readonly address: Address;
  readonly contracts: ContractAddresses;
  readonly operationalLimits: OperationalLimits;
  /** JSON-RPC endpoint, as given. */
  readonly rpcUrl: string;
  /** Base URL of the rating API. */
  readonly apiUrl: string;
  /** Machine Markets service, or null. */
  readonly orchestrationUrl: string | null;
  readonly #context: ClientContext;
  readonly #hasApiKey: boolean;
  #orchestration: OrchestrationClient | undefined;

  /**
   * No I/O happens here.
   * @throws ValidationError with the option's name; OrchestrationConfigError.
   */
  constructor(options: PeaqosClientOptions) {
    const config = checkOptions(options);
    this.#context = contextOf(config);
    this.#hasApiKey = options.apiKey !== undefined && options.apiKey !== "";
    this.address = this.#context.address;
    this.contracts = config.chain.contracts;
    this.operationalLimits = config.operationalLimits;
    this.rpcUrl = config.chain.rpcUrl;
    this.apiUrl = config.api.baseUrl;
    this.orchestrationUrl = config.orchestrationUrl;
    // An endpoint's URL can hold a key: it is there for who asks, not for who prints the object.
    Object.defineProperty(this, "rpcUrl", { enumerable: false });
  }

  /**
   * A client from environment variables: PEAQOS_RPC_URL, PEAQOS_PRIVATE_KEY, the six contract addresses, and the
   * optional ones. Reads `process.env` only; load a .env file yourself.
   *
   * @throws ValidationError naming the first variable that is missing, empty or malformed.
   * @example
   * ```ts
   * import { PeaqosClient } from "@peaqos/peaq-os-sdk";
   * const peaqos = PeaqosClient.fromEnv();
   * ```
   */
  static fromEnv(overrides: Partial<PeaqosClientOptions> = {}): PeaqosClient {
    const env = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};
    return new PeaqosClient({ ...optionsFromEnv(env), ...overrides });
  }

  /** A new random key pair, frozen. */
  static generateKeypair(): Keypair {
    return generateKeypair();
  }

  get chain(): Chain {
    return this.#context.chain;
  }

  get api(): HttpApi {
    return this.#context.api;
  }

  get orchestrationApi(): OrchestrationApi | null {
    return this.#context.orchestrationApi;
  }

  /**
   * The market (Machine Markets). Made at the first use and kept; a plain http address beyond this machine is warned
   * of once.
   *
   * @throws OrchestrationConfigError when `orchestrationUrl` is not set.
   */
  get orchestration(): OrchestrationClient {
    if (this.#orchestration === undefined) {
      const warning = plainHttpWarning(apiOf(this.#context).baseUrl);
      if (warning !== undefined) console.warn(warning);
      this.#orchestration = new OrchestrationClient(this.#context);
    }
    return this.#orchestration;
  }

  get tracker(): EventRateTracker {
    return this.#context.tracker;
  }

  // Registration
  /** Registers the client's own address as a machine. See {@link registerMachine}. */
  registerMachine(options?: RegisterOptions) {
    return registerMachine(this.#context, options);
  }
  /** See {@link registerFor}. */
  registerFor(machineAddress: Address, options?: RegisterOptions) {
    return registerFor(this.#context, machineAddress, options);
  }

  // Machine NFT
  /** Mints the Machine NFT of a registered, bonded machine. See {@link mintNft}. */
  mintNft(machineId: Id, recipient: Address) {
    return mintNft(this.#context, machineId, recipient);
  }
  /** The Machine NFT's token id of a machine. See {@link tokenIdOf}. */
  tokenIdOf(machineId: Id) {
    return tokenIdOf(this.#context, machineId);
  }
  /** The Machine NFT of a machine and who holds it, or null when there is none. See {@link nftOf}. */
  nftOf(machineId: Id) {
    return nftOf(this.#context, machineId);
  }

  // DID
  /** Writes the six attributes of a machine to the own DID, all or none. See {@link writeMachineDIDAttributes}. */
  writeMachineDIDAttributes(params: MachineDIDAttributes, options?: WriteMachineDIDOptions) {
    return writeMachineDIDAttributes(this.#context, params, options);
  }
  /** Writes the operator's id and its list of machines to the own DID. See {@link writeProxyDIDAttributes}. */
  writeProxyDIDAttributes(params: ProxyDIDAttributes, options?: WriteProxyDIDOptions) {
    return writeProxyDIDAttributes(this.#context, params, options);
  }
  /** Reads one attribute of a DID from the chain. See {@link readAttribute}. */
  readAttribute(machineAddress: Address, name: string) {
    return readAttribute(this.#context, machineAddress, name);
  }

  // Events
  /** Submits one event to the EventRegistry and waits for its receipt. See {@link submitEvent}. */
  submitEvent(params: SubmitEventParams) {
    return submitEvent(this.#context, params);
  }
  /** Submits events in one transaction: all are stored or none. See {@link batchSubmitEvents}. */
  batchSubmitEvents(events: readonly SubmitEventParams[]) {
    return batchSubmitEvents(this.#context, events);
  }
  /** Submits any number of events, with a result for each. See {@link submitEvents}. */
  submitEvents(
    events: Iterable<SubmitEventParams> | AsyncIterable<SubmitEventParams>,
    options?: SubmitEventsOptions,
  ) {
    return submitEvents(this.#context, events, options);
  }
  /** A machine's events from the chain, oldest first, read page by page. See {@link getEvents}. */
  getEvents(machineId: Id, options?: GetEventsOptions) {
    return getEvents(this.#context, machineId, options);
  }
  /** How many events a machine has. See {@link getEventCount}. */
  getEventCount(machineId: Id) {
    return getEventCount(this.#context, machineId);
  }
  /** Checks an event without sending it. See {@link validateSubmitEventParams}. */
  readonly validateSubmitEventParams = validateSubmitEventParams;
  /** keccak256 of an event's raw data. See {@link computeDataHash}. */
  readonly computeDataHash = computeDataHash;
  /** Checks an event against caps. See {@link checkOperationalLimits}. */
  readonly checkOperationalLimits = checkOperationalLimits;

  // What the chain knows
  /** The machine id of an address, or `0n` when it has none. See {@link machineIdOf}. */
  machineIdOf(address: Address) {
    return machineIdOf(this.#context, address);
  }
  /** Reads a machine's registration, bond and NFT from the chain. See {@link getMachine}. */
  getMachine(machineId: Id) {
    return getMachine(this.#context, machineId);
  }
  /** Whether a machine is bonded, and with how much. See {@link bondStatus}. */
  bondStatus(machineId: Id) {
    return bondStatus(this.#context, machineId);
  }
  /** Reads a machine's negative flag and trust override. See {@link flagsOf}. */
  flagsOf(machineId: Id) {
    return flagsOf(this.#context, machineId);
  }
  /** Native balance of an address, in wei. See {@link balanceOf}. */
  balanceOf(address: Address) {
    return balanceOf(this.#context, address);
  }
  /** The chain's clock, Unix seconds: the time the next block will at least have. See {@link chainTime}. */
  chainTime() {
    return chainTime(this.#context);
  }
  /** The chain id of the endpoint. See {@link chainIdOf}. */
  chainId() {
    return chainIdOf(this.#context);
  }

  // What the rating service knows
  /** The Machine Credit Rating of a machine, from the rating service. See {@link queryMcr}. */
  queryMcr(did: string) {
    return queryMcr(this.#context, did);
  }
  /** See {@link queryMcrExplain}. */
  queryMcrExplain(did: string, options?: ExplainOptions) {
    return queryMcrExplain(this.#context, did, options);
  }
  /** A rating over time, at most 400 moments. See {@link queryMcrHistory}. */
  queryMcrHistory(did: string, options?: HistoryOptions) {
    return queryMcrHistory(this.#context, did, options);
  }
  /** See {@link queryMcrInputs}. */
  queryMcrInputs(did: string, options?: InputsOptions) {
    return queryMcrInputs(this.#context, did, options);
  }
  /** All events a rating follows from, page by page. See {@link queryMcrInputsAll}. */
  queryMcrInputsAll(did: string, options?: { readonly limit?: number }) {
    return queryMcrInputsAll(this.#context, did, options);
  }
  /** The full profile of a machine, from the rating service. See {@link queryMachine}. */
  queryMachine(did: string) {
    return queryMachine(this.#context, did);
  }
  /** See {@link queryOperatorMachines}: One page of the machines an operator manages, from the rating service. */
  queryOperatorMachines(did: string, page?: PageOptions) {
    return queryOperatorMachines(this.#context, did, page);
  }
  /** All machines an operator manages, page by page. See {@link queryOperatorMachinesAll}. */
  queryOperatorMachinesAll(did: string, options?: { readonly limit?: number }) {
    return queryOperatorMachinesAll(this.#context, did, options);
  }

  /** The settings without secrets, for logs and support requests. */
  toJSON(): Record<string, unknown> {
    return {
      address: this.address,
      rpcUrl: withoutSecrets(this.rpcUrl),
      contracts: this.contracts,
      apiUrl: withoutSecrets(this.apiUrl),
      operationalLimits: this.operationalLimits,
      orchestrationUrl: this.orchestrationUrl === null ? null : withoutSecrets(this.orchestrationUrl),
      apiKey: this.#hasApiKey ? hidden : null,
      privateKey: hidden,
    };
  }

  toString(): string {
    return `PeaqosClient(address=${this.address}, rpcUrl=${withoutSecrets(this.rpcUrl)}, privateKey=${hidden})`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
