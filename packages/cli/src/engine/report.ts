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
  const code = word(error.code) ?? { usage: "VALIDATION", network: "NETWORK", config: "CONFIG" }[kind];
  return {
    kind,
    code,
    message: error.message,
    value: shown(error.value),
    rule: word(error.constraint),
    next: word(error.hint) ?? NEXT[code],
    details,
    exitCode: EXIT_CODES[kind],
    unexpected: false,
    cause: error,
  };
}

function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return undefined;
}

/** What helps after an error of the SDK that brings no hint of its own. */
const NEXT: Readonly<Record<string, string>> = {
  NETWORK_ERROR: "check the address and that the service runs: `peaqos doctor`",
  TIMEOUT: "the service did not answer in time: `peaqos doctor` shows which part is slow or away",
  NOT_FOUND: "check the DID; a machine that was just registered is known after its block",
  SERVICE_UNAVAILABLE: "the rating service is not ready: `peaqos doctor` shows why",
  BAD_RESPONSE: "the address answers something else: check PEAQOS_MCR_API_URL with `peaqos doctor`",
  RECEIPT_AWAIT_FAILED:
    "the transaction may still be mined: look it up by its hash before you send anything again",
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
