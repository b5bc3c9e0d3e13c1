import { decodeRevert } from "../errors/revert.ts";
import { RpcError } from "../errors/runtime.ts";
import type { Hex } from "../types.ts";

/**
 * What went wrong with one JSON-RPC request, before it is known what it means.
 *
 * `answer`: the node answered with an error. `refused`: nobody listens there, so nothing was delivered.
 * `lost`: the connection or the answer was lost, so the request may have been delivered. `timeout`: the same, by
 * time. `malformed`: an answer that is no JSON-RPC.
 */
export type Fault = {
  readonly kind: "answer" | "refused" | "lost" | "timeout" | "malformed";
  readonly text: string;
  readonly rpcCode?: number;
  readonly data?: unknown;
  readonly status?: number;
};

type Loose = {
  name?: string;
  code?: unknown;
  status?: number;
  details?: string;
  message?: string;
  data?: unknown;
  cause?: unknown;
};

/** Reduces whatever viem or fetch threw to a fault. URLs and request bodies are left behind: they can hold keys. */
export function faultOf(error: unknown): Fault {
  if (isFault(error)) return error;
  const chain = causes(error);
  const answer = chain.find((link) => link.name === "RpcRequestError");
  if (answer !== undefined)
    return {
      kind: "answer",
      text: answer.details ?? "",
      data: answer.data,
      ...(typeof answer.code === "number" && { rpcCode: answer.code }),
    };
  if (chain.some((link) => link.name === "TimeoutError" || link.name === "AbortError"))
    return { kind: "timeout", text: "no answer in time" };
  const system = chain.map((link) => link.code).find((code) => typeof code === "string");
  if (system === "ECONNREFUSED" || system === "ENOTFOUND" || system === "EAI_AGAIN")
    return { kind: "refused", text: String(system) };
  const response = chain.find((link) => link.name === "HttpRequestError");
  if (response?.status !== undefined)
    return { kind: "malformed", text: `HTTP ${response.status}`, status: response.status };
  // An answer that is no JSON: a web page, a proxy's notice.
  if (chain.some((link) => link.name === "SyntaxError" || /JSON/.test(link.details ?? "")))
    return { kind: "malformed", text: "not JSON" };
  if (response !== undefined) return { kind: "lost", text: String(system ?? "connection failed") };
  return { kind: "malformed", text: "not a JSON-RPC answer" };
}

function isFault(error: unknown): error is Fault {
  return typeof error === "object" && error !== null && "kind" in error && !(error instanceof Error);
}

function causes(error: unknown): Loose[] {
  const links: Loose[] = [];
  let link = error as Loose | undefined;
  while (typeof link === "object" && link !== null && links.length < 12) {
    links.push(link);
    link = link.cause as Loose | undefined;
  }
  return links;
}

/** Turns a fault into the error a caller sees. */
export function explainFault(
  fault: Fault,
  context: { method: string; origin: string; doing?: string; txHash?: Hex },
): RpcError {
  if (!isFault(fault)) return fault as unknown as RpcError;
  const at = `RPC endpoint ${context.origin}`;
  const doing = context.doing === undefined ? "" : `${context.doing}: `;
  const common = context.txHash === undefined ? {} : { txHash: context.txHash };
  switch (fault.kind) {
    case "refused":
      return new RpcError(`${doing}Cannot reach the ${at} (${fault.text}).`, {
        ...common,
        code: "RPC_UNREACHABLE",
        retryable: true,
        hint: "Check rpcUrl (PEAQOS_RPC_URL) and that the node runs.",
      });
    case "lost":
      return new RpcError(`${doing}The connection to the ${at} was lost (${fault.text}).`, {
        ...common,
        code: "RPC_UNREACHABLE",
        retryable: true,
        hint: "Check rpcUrl (PEAQOS_RPC_URL) and that the node runs.",
      });
    case "timeout":
      return new RpcError(`${doing}The ${at} did not answer ${context.method} in time.`, {
        ...common,
        code: "RPC_TIMEOUT",
        retryable: true,
        hint: "Try again, use another endpoint, or raise rpcTimeoutMs.",
      });
    case "malformed":
      return new RpcError(`${doing}The ${at} gave no JSON-RPC answer (${fault.text}).`, {
        ...common,
        code: "RPC_BAD_RESPONSE",
        retryable: (fault.status ?? 0) >= 429,
        hint: "Check that rpcUrl (PEAQOS_RPC_URL) is the JSON-RPC address of a node.",
      });
    case "answer": {
      const revert = decodeRevert({ message: fault.text, data: fault.data });
      if (revert !== null)
        return new RpcError(`${doing}${sentence(revert.meaning)} (${revert.code}).`, {
          ...common,
          code: revert.code,
          args: revert.args,
          ...(revert.hint !== undefined && { hint: revert.hint }),
        });
      return new RpcError(
        `${doing}The ${at} refused ${context.method}: ${fault.text || "no reason given"}${fault.rpcCode === undefined ? "" : ` (${fault.rpcCode})`}.`,
        { ...common, code: "RPC_ERROR" },
      );
    }
  }
}

function sentence(text: string): string {
  return text === "" ? text : text[0]?.toUpperCase() + text.slice(1);
}

/** What a node says about a transaction it does not take. Wordings of geth, Anvil, Frontier, Nethermind, Erigon, Besu. */
export type Rejection = "nonce" | "known" | "underpriced" | "funds" | "fee" | "chain" | "gas" | "other";

const rejections: readonly (readonly [Rejection, RegExp])[] = [
  ["known", /already known|already imported|known transaction|alreadyknown/i],
  [
    "underpriced",
    /replacement transaction underpriced|could not replace existing|gas price too low to replace/i,
  ],
  [
    "nonce",
    /nonce too low|nonce is too low|invalid nonce|oldnonce|transaction is outdated|nonce has already been used/i,
  ],
  ["funds", /insufficient funds|insufficient balance|out of ?fund|not enough balance|upfront cost exceeds/i],
  [
    "fee",
    /max fee per gas less than block base fee|fee ?cap less than block base fee|gas ?price (?:is )?(?:less|lower) than|transaction underpriced|feetoolow/i,
  ],
  ["chain", /invalid chain ?id|chain ?id (?:mismatch|does not match)|invalid signature.*chain|wrong chain/i],
  [
    "gas",
    /exceeds? block gas limit|intrinsic gas too low|gas limit (?:too high|exceeded)|exceeds .*gas (?:limit|cap)/i,
  ],
];

/** Which of the usual refusals a node's answer is. */
export function rejectionOf(fault: Fault): Rejection {
  return rejections.find(([, pattern]) => pattern.test(fault.text))?.[0] ?? "other";
}
