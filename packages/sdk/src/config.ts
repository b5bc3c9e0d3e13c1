import type { LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { ChainOptions } from "./chain/chain.ts";
import { DEFAULT_API_URL } from "./constants.ts";
import { ValidationError } from "./errors/validation.ts";
import { type OrchestrationApi, orchestrationApiOf } from "./orchestration/api.ts";
import { OrchestrationConfigError } from "./orchestration/errors.ts";
import type { Address, ContractAddresses, Hex, OperationalLimits } from "./types.ts";
import { checkAddress } from "./validate/values.ts";

/** What a `PeaqosClient` is made of. */
export type PeaqosClientOptions = {
  /** JSON-RPC endpoint, http or https. */
  rpcUrl: string;
  /** `0x` and 64 hexadecimal digits. Not kept by the client; needed unless `account` is given. */
  privateKey?: string;
  /** Signs instead of a private key: any viem `LocalAccount` (a wallet vault, a hardware key). Ours. */
  account?: LocalAccount;
  contracts: {
    identityRegistry: string;
    identityStaking: string;
    eventRegistry: string;
    machineNft: string;
    didRegistry: string;
    batchPrecompile: string;
    /** Only for smart accounts. */
    machineAccountFactory?: string;
    /** Only for bridging from peaq. */
    machineNftAdapter?: string;
    /** Only for `flagsOf`. Ours. */
    adminFlags?: string;
  };
  /** Rating (MCR) API. Default `http://127.0.0.1:8000`. */
  apiUrl?: string;
  /** Caps the client puts on itself. Default: none. */
  operationalLimits?: OperationalLimits;
  /** Machine Markets service, http or https. */
  orchestrationUrl?: string;
  /** Key for the Machine Markets service. */
  apiKey?: string;
  /** Further attempts of a market call after a failure that may pass; a write keeps its key. Ours; default 0. */
  orchestrationMaxRetries?: number;
  /** Refuse to work on any other chain. Ours; default: whatever the endpoint is on. */
  expectedChainId?: number;
  /** Source chains of events besides 0, the published six and the connected chain. Ours. */
  sourceChainIds?: readonly number[];
  /** Gas limit over estimate. Ours; default 1.2. */
  gasMultiplier?: number;
  /** The same where a precompile (DID, batch) is touched. Ours; default 1.5. */
  precompileGasMultiplier?: number;
  /** Events of one shape share their gas estimate for a minute. Ours; default true. */
  shareGasEstimates?: boolean;
  /** Time for one RPC request, in milliseconds. Ours; default 30,000. */
  rpcTimeoutMs?: number;
  /** Send JSON-RPC batches under load. Ours; default true. */
  rpcBatch?: boolean;
  /** Time to wait for a receipt, in milliseconds. Ours; default 120,000. */
  receiptTimeoutMs?: number;
  /** Longest pause between two looks at a receipt, in milliseconds. Ours; default 1,000. */
  pollingIntervalMs?: number;
  /** Time for one request to the rating API, in milliseconds. Ours; default 30,000. */
  apiTimeoutMs?: number;
  /** Ours; default the global one. */
  fetch?: typeof fetch;
  /** Wall clock in milliseconds. Ours; default `Date.now`. */
  now?: () => number;
};

/** Options after all checks. */
export type ClientConfig = {
  readonly chain: ChainOptions;
  readonly api: { readonly baseUrl: string; readonly timeoutMs: number; readonly fetch?: typeof fetch };
  readonly operationalLimits: OperationalLimits;
  readonly orchestrationUrl: string | null;
  readonly orchestrationApi: OrchestrationApi | null;
};

const required = [
  "identityRegistry",
  "identityStaking",
  "eventRegistry",
  "machineNft",
  "didRegistry",
  "batchPrecompile",
] as const;
const optional = ["machineAccountFactory", "machineNftAdapter", "adminFlags"] as const;

/** Checks every option without any I/O. @throws ValidationError, OrchestrationConfigError. */
export function checkOptions(options: PeaqosClientOptions, needsSigner = true): ClientConfig {
  if (typeof options !== "object" || options === null)
    throw new ValidationError("options", "an object with rpcUrl, privateKey and contracts", options);
  const rpcUrl = checkHttpUrl("rpcUrl", options.rpcUrl);
  const account = checkSigner(options, needsSigner);
  const contracts = checkContracts(options.contracts);
  const now = options.now ?? Date.now;
  const orchestrationUrl = checkOrchestrationUrl(options.orchestrationUrl);
  return {
    chain: {
      rpcUrl,
      contracts,
      ...(account !== undefined && { account }),
      ...(options.expectedChainId !== undefined && {
        expectedChainId: checkNumber("expectedChainId", options.expectedChainId, 1, Number.MAX_SAFE_INTEGER),
      }),
      gasMultiplier: checkNumber("gasMultiplier", options.gasMultiplier ?? 1.2, 1, 100, false),
      precompileGasMultiplier: checkNumber(
        "precompileGasMultiplier",
        options.precompileGasMultiplier ?? Math.max(1.5, options.gasMultiplier ?? 0),
        1,
        100,
        false,
      ),
      shareGasEstimates: options.shareGasEstimates ?? true,
      rpcTimeoutMs: checkNumber("rpcTimeoutMs", options.rpcTimeoutMs ?? 30_000, 1, 3_600_000),
      rpcBatch: options.rpcBatch ?? true,
      receiptTimeoutMs: checkNumber("receiptTimeoutMs", options.receiptTimeoutMs ?? 120_000, 0, 86_400_000),
      pollingIntervalMs: checkNumber("pollingIntervalMs", options.pollingIntervalMs ?? 1_000, 1, 60_000),
      sourceChainIds: options.sourceChainIds ?? [],
      ...(options.fetch !== undefined && { fetch: options.fetch }),
      now,
    },
    api: {
      baseUrl: checkHttpUrl("apiUrl", options.apiUrl || DEFAULT_API_URL),
      timeoutMs: checkNumber("apiTimeoutMs", options.apiTimeoutMs ?? 30_000, 1, 3_600_000),
      ...(options.fetch !== undefined && { fetch: options.fetch }),
    },
    operationalLimits: options.operationalLimits ?? {},
    orchestrationUrl,
    orchestrationApi: orchestrationApiOf({
      baseUrl: orchestrationUrl,
      apiKey: options.apiKey,
      maxRetries: options.orchestrationMaxRetries,
      fetch: options.fetch,
    }),
  };
}

function checkSigner(options: PeaqosClientOptions, needed: boolean): LocalAccount | undefined {
  if (options.account !== undefined) {
    if (options.privateKey !== undefined)
      throw new ValidationError("account", "given alone, without privateKey", "both");
    if (typeof options.account.signTransaction !== "function")
      throw new ValidationError("account", "a viem LocalAccount", typeof options.account);
    return options.account;
  }
  if (options.privateKey === undefined && !needed) return undefined;
  if (typeof options.privateKey !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(options.privateKey))
    throw new ValidationError("privateKey", "0x and 64 hexadecimal digits", options.privateKey);
  try {
    return privateKeyToAccount(options.privateKey as Hex);
  } catch {
    throw new ValidationError(
      "privateKey",
      "a valid secp256k1 key (above 0, below the curve's order)",
      options.privateKey,
    );
  }
}

function checkContracts(contracts: PeaqosClientOptions["contracts"]): ContractAddresses {
  if (typeof contracts !== "object" || contracts === null)
    throw new ValidationError("contracts", `an object with ${required.join(", ")}`, contracts);
  const checked: Partial<Record<keyof ContractAddresses, Address>> = {};
  for (const name of required) {
    checkAddress(name, contracts[name]);
    checked[name] = contracts[name] as Address;
  }
  for (const name of optional) {
    const address = contracts[name];
    if (address === undefined || address === null || address === "") continue;
    checkAddress(name, address);
    checked[name] = address as Address;
  }
  return Object.freeze(checked) as ContractAddresses;
}

function checkHttpUrl(field: string, value: unknown): string {
  if (typeof value !== "string" || !/^https?:$/.test(tryUrl(value)?.protocol ?? ""))
    throw new ValidationError(
      field,
      "an http or https URL",
      typeof value === "string" ? withoutSecrets(value) : value,
    );
  return value;
}

function checkOrchestrationUrl(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const url = typeof value === "string" ? tryUrl(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "")
    throw new OrchestrationConfigError(
      "orchestrationUrl (PEAQOS_ORCHESTRATION_URL) must be an http or https URL with a host.",
    );
  return value as string;
}

function checkNumber(field: string, value: unknown, min: number, max: number, whole = true): number {
  if (typeof value !== "number" || !(value >= min && value <= max) || (whole && !Number.isInteger(value)))
    throw new ValidationError(field, `${whole ? "a whole number" : "a number"} from ${min} to ${max}`, value);
  return value;
}

function tryUrl(value: string): URL | null {
  try {
    return new URL(value);
  } catch {
    return null;
  }
}

/** A URL as it may be shown: user, password, query and path can hold a key. */
export function withoutSecrets(value: string): string {
  const url = tryUrl(value);
  if (url === null) return "[not a URL]";
  const hidden = url.username !== "" || url.pathname.length > 1 || url.search !== "";
  return hidden ? `${url.protocol}//${url.host}/[hidden]` : `${url.protocol}//${url.host}`;
}
