import { CliError, type ErrorKind, type ErrorParts, EXIT_CODES } from "./errors.ts";
import { toJson } from "./json.ts";
import { clean, wrap } from "./output.ts";
import type { Style } from "./style.ts";
import type { ExitCode } from "./types.ts";

/**
 * The one table from SDK errors to exit codes (class name -> family). Names, not `instanceof`: the SDK is loaded only
 * by the commands that need it, and an error must be told apart without loading it.
 */
export const SDK_ERRORS: Readonly<Record<string, ErrorKind>> = {
  OrchestrationValidationError: "usage",
  OrchestrationConfigError: "config",
  ValidationError: "usage",
  ValueCapExceeded: "usage",
  RateLimitExceeded: "usage",
  RpcError: "network",
  ApiError: "network",
  RuntimeError: "network",
  PeaqosError: "network",
};

export type Report = ErrorParts & { readonly exitCode: ExitCode; readonly unexpected: boolean };

/** Reads any thrown thing as: what happened, which value, which rule, what next, and the exit code. */
export function report(error: unknown): Report {
  if (error instanceof CliError) {
    return { ...error.parts, exitCode: EXIT_CODES[error.parts.kind], unexpected: false };
  }
  const kind = sdkKind(error);
  if (kind) return fromSdk(error as SdkError, kind);
  const file = fileError(error);
  if (file) return { ...file, exitCode: EXIT_CODES[file.kind], unexpected: false };
  return {
    kind: "usage",
    code: "INTERNAL",
    message: `Unexpected failure: ${error instanceof Error ? error.message : String(error)}`,
    next: "run it again with --verbose for the place in the code, and report it",
    exitCode: 1,
    unexpected: true,
    cause: error,
  };
}

type SdkError = Error & {
  code?: unknown;
  field?: unknown;
  constraint?: unknown;
  value?: unknown;
  hint?: unknown;
  meaning?: unknown;
  txHash?: unknown;
  statusCode?: unknown;
  status?: unknown;
  requestId?: unknown;
  details?: unknown;
};

function sdkKind(error: unknown): ErrorKind | undefined {
  if (!(error instanceof Error)) return undefined;
  if (Object.hasOwn(SDK_ERRORS, error.name)) return SDK_ERRORS[error.name];
  for (let proto = Object.getPrototypeOf(error); proto; proto = Object.getPrototypeOf(proto)) {
    const name = proto.constructor?.name as string | undefined;
    if (name !== undefined && Object.hasOwn(SDK_ERRORS, name)) return SDK_ERRORS[name];
  }
  return undefined;
}

function fromSdk(error: SdkError, kind: ErrorKind): Report {
  const word = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
  const details: Record<string, unknown> = {};
  if (word(error.field)) details.field = error.field;
  if (word(error.txHash)) details.tx_hash = error.txHash;
  const status = error.statusCode ?? error.status;
  if (typeof status === "number") details.status = status;
  if (word(error.requestId)) details.request_id = error.requestId;
  const market = error.name.startsWith("Orchestration");
  if (market && error.details !== undefined) details.details = withoutSecrets(error.details);
  const code = word(error.code) ?? { usage: "VALIDATION", network: "NETWORK", config: "CONFIG" }[kind];
  const hint = word(error.hint);
  const rule = word(error.constraint);
  const flag = FLAGS[word(error.field) ?? ""];
  // The SDK ends its messages with the hint; here it has a line of its own.
  const said =
    hint && error.message.endsWith(hint) ? error.message.slice(0, -hint.length).trim() : error.message;
  return {
    kind,
    code,
    message: flag && rule ? `${flag} has a wrong value` : said,
    value: shown(error.value),
    rule: flag && rule ? `${flag} must be ${rule}` : rule,
    next:
      (market ? MARKET_NEXT[code] : NEXT[code]) ??
      hint ??
      (flag ? "correct it; --help shows examples" : undefined),
    details,
    exitCode: EXIT_CODES[kind],
    unexpected: false,
    cause: error,
  };
}

/** A server may repeat what it was sent: values under names of secrets never reach an output. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET.test(name) && !HARMLESS.test(name) ? "[REDACTED]" : withoutSecrets(inner),
    ]),
  );
}

const SECRET = /token|key|secret|password|credential|auth/i;
const HARMLESS = /^(skill|provider)Keys?$|^(allowed|denied)SkillKeys$/;

/** The SDK's arguments by the flags that fill them. */
const FLAGS: Readonly<Record<string, string>> = {
  machineId: "--machine-id",
  value: "--value",
  currency: "--currency",
  timestamp: "--ts",
  rawData: "--raw-data",
  metadata: "--metadata",
  trustLevel: "--trust",
  sourceChainId: "--source-chain",
  sourceTxHash: "--source-tx",
  documentationUrl: "--doc-url",
  dataApi: "--data-api",
};

function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return undefined;
}

/** What to type after errors that any command can meet; other errors bring a hint of their own. */
const NEXT: Readonly<Record<string, string>> = {
  NETWORK_ERROR: "check PEAQOS_MCR_API_URL and that the service runs: `peaqos doctor`",
  TIMEOUT: "the service did not answer in time: `peaqos doctor` shows which part is slow or away",
  SERVICE_UNAVAILABLE: "the rating service is not ready: `peaqos doctor` shows why",
  BAD_RESPONSE: "something else answers there: check PEAQOS_MCR_API_URL with `peaqos doctor`",
  NOT_FOUND: "check the DID; a machine is known to the rating service once its registration is in a block",
  RPC_UNREACHABLE: "check PEAQOS_RPC_URL and that the node runs: `peaqos doctor`",
  RPC_TIMEOUT: "the node did not answer in time: `peaqos doctor` shows which part is slow or away",
  RPC_BAD_RESPONSE: "something else answers there: check PEAQOS_RPC_URL with `peaqos doctor`",
  NO_CONTRACT: "check the addresses and that PEAQOS_RPC_URL is their chain: `peaqos doctor`",
  WRONG_CHAIN: "make PEAQOS_NETWORK and PEAQOS_RPC_URL agree: `peaqos doctor`",
  RECEIPT_AWAIT_FAILED:
    "run the same command again: it looks the transaction up and does not send it a second time",
};

/** What to type after an error of the market. */
export const nextOfMarket = (code: string): string | undefined => MARKET_NEXT[code];

/** The same for the market. Its own messages already say what to do; these name the command or setting that does it. */
const MARKET_NEXT: Readonly<Record<string, string>> = {
  NETWORK_ERROR: "check PEAQOS_ORCHESTRATION_URL and that the market runs: `peaqos doctor`",
  TIMEOUT: "the market did not answer in time: `peaqos doctor` shows which part is slow or away",
  BAD_RESPONSE: "something else answers there: check PEAQOS_ORCHESTRATION_URL with `peaqos doctor`",
  AUTH_REQUIRED: "set PEAQOS_ORCH_API_KEY to a key of this market",
  AUTH_INVALID: "check PEAQOS_ORCH_API_KEY: the market does not know this key, or it is revoked or expired",
  FORBIDDEN: "use a key that has the scope; `peaqos scale key create --scope ...` makes one",
  AGENT_AUTH_REQUIRED: "give the agent's token: --pairing-token-file FILE",
  AGENT_AUTH_INVALID: "get a new token: `peaqos scale agent rotate PAIRING_ID --machine-id ...`",
  AGENT_AUTH_EXPIRED: "get a new token: `peaqos scale agent rotate PAIRING_ID --machine-id ...`",
  AGENT_PAIRING_INACTIVE:
    "`peaqos scale agent list --machine-id ...` shows the pairings; a revoked one needs `peaqos scale agent pair`",
  AGENT_PAIRING_REQUIRED: "pair the agent with this machine: `peaqos scale agent pair`",
  AGENT_POLICY_DENIED: "`peaqos scale policy show` shows what the agent may do, `policy set` changes it",
  AGENT_SPEND_LIMIT_EXCEEDED:
    "choose a cheaper service, or raise the limit: `peaqos scale policy set --per-tx-limit ...`",
  AGENT_DAILY_LIMIT_EXCEEDED:
    "`peaqos scale allowance` shows what is left and when it starts anew; `policy set --daily-limit ...` raises it",
  MACHINE_NOT_ACTIVE:
    "`peaqos scale machine status MACHINE_ID` shows why; `peaqos scale machine activate MACHINE_ID` activates a draft",
  MACHINE_IDENTITY_EXISTS:
    "`peaqos scale machine list` shows it; `peaqos scale machine activate MACHINE_ID` finishes a draft",
  QUOTE_EXPIRED: "search again and order at once: `peaqos scale search`",
  ORDER_CLOSED: "`peaqos scale order status ORDER_ID` shows how it ended",
  ORDER_NOT_DELIVERED: "`peaqos scale order resume ORDER_ID` goes on with it",
  RATE_LIMITED: "wait a moment, then run the same command again",
};

function fileError(error: unknown): ErrorParts | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const path = "path" in error && typeof error.path === "string" ? error.path : undefined;
  const known: Record<string, [what: string, next: string]> = {
    ENOENT: ["No such file", "check the path"],
    EACCES: ["No permission", "check the owner and mode of the file and its folder"],
    EPERM: ["No permission", "check the owner and mode of the file and its folder"],
    EISDIR: ["A folder stands where a file is needed", "give the path of a file"],
    ENOSPC: ["No space left on the disk", "free some space, then run the same command again"],
    EROFS: ["The file system is read-only", "use a folder that can be written"],
  };
  const entry = known[error.code];
  if (!entry) return undefined;
  return {
    kind: "usage",
    code: error.code,
    message: path ? `${entry[0]}: ${path}` : entry[0],
    value: path,
    rule: "the file has to be readable and, where it is written, writable",
    next: entry[1],
    cause: error,
  };
}

/** For people: the sentence, then the value, the rule and the next step under each other. */
export function errorText(entry: Report, style: Style, verbose: boolean): string {
  const columns = Math.min(style.columns, 110);
  const lines = [`${style.red("Error:")} ${clean(entry.message)}`];
  const add = (label: string, value: string | undefined) => {
    if (value === undefined) return;
    lines.push(
      `  ${label.padEnd(6)} ${wrap(clean(value), Math.max(columns, 40), " ".repeat(9)).trimStart()}`,
    );
  };
  add("Value:", entry.value);
  add("Rule:", entry.rule);
  const hash = entry.details?.tx_hash;
  if (typeof hash === "string") add("Tx:", hash);
  add("Next:", entry.next);
  if (verbose || entry.unexpected) {
    const stack = entry.cause instanceof Error ? entry.cause.stack : undefined;
    if (stack && verbose) lines.push(style.dim(clean(stack).replaceAll("\\u000a", "\n")));
  }
  return `${lines.join("\n")}\n`;
}

/** For programs: one line of JSON, the last one on stderr. */
export function errorJson(entry: Report): string {
  const { code, message, value, rule, next, details, exitCode } = entry;
  return `${toJson({ error: { code, message, value, rule, next, details, exit_code: exitCode } }, 0)}\n`;
}
