import { parseJson, stringifyJson } from "@peaqos/protocol";
import { type Allowed, FetchFailed, type GuardedAnswer, guardedFetch, UnsafeUrl } from "@peaqos/service-kit";
import { brokenPromise } from "../contract.ts";
import { masked, shown } from "../redaction.ts";
import type { ProviderCall, Verdict } from "./adapter.ts";

/** One JSON request to a provider and what its answer means. */

/** A seller's largest result in bytes. */
export const maxResultBytes = 1_048_576;
const maxDepth = 64;
/** Longest pause that a provider can ask for, in milliseconds. */
const maxPause = 10_000;

export type Limits = { readonly allow: Allowed; readonly timeoutMs: number };

export async function exchange(
  call: ProviderCall,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  limits: Limits,
  signal: AbortSignal,
): Promise<Verdict> {
  const options = { ...limits, maxBytes: maxResultBytes, userAgent: "peaqos-market", signal };
  try {
    const answer = await guardedFetch(url, options, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: stringifyJson(body),
    });
    return read(call, answer);
  } catch (error) {
    if (error instanceof UnsafeUrl) return { kind: "unreachable", message: error.message };
    if (!(error instanceof FetchFailed)) throw error;
    if (error.reason === "aborted") return { kind: "stopped" };
    if (!error.mayHaveArrived) return { kind: "unreachable", message: error.message };
    if (error.reason === "too_large") return { kind: "broken", message: error.message };
    return { kind: "lost", message: error.message };
  }
}

/** What every provider gets beside the input. */
export function commonHeaders(call: ProviderCall): Record<string, string> {
  return {
    "idempotency-key": call.sellerKey,
    ...(call.orderId === null ? {} : { "x-peaqos-order-id": call.orderId }),
    "x-peaqos-machine-id": call.machineId,
    ...(call.payment === null ? {} : { "x-peaqos-payment": asciiJson(call.payment) }),
  };
}

/** Headers hold ASCII only. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function read(call: ProviderCall, answer: GuardedAnswer): Verdict {
  const { status } = answer;
  if (status >= 300 && status < 400)
    return {
      kind: "broken",
      message: `the provider answered with a redirect (${status}), which is not followed`,
    };
  const json = jsonOf(answer);
  if (status >= 400) return readError(call, answer, json.value);
  if (status < 200) return { kind: "broken", message: `the provider answered ${status}` };
  if (json.problem !== null) return { kind: "broken", message: json.problem };
  const { value } = json;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { kind: "broken", message: "the provider's answer is not a JSON object" };
  const lie = brokenPromise(call.contract, value);
  if (lie !== null)
    return {
      kind: "broken",
      message: shown(`the provider's answer breaks its contract: ${lie}`, call.credentials),
    };
  const hidden = masked(value, call.credentials);
  return { kind: "delivered", result: hidden, text: hidden === value ? json.text : stringifyJson(hidden) };
}

type Json = { readonly text: string; readonly value: unknown; readonly problem: string | null };

function jsonOf({ headers, body }: GuardedAnswer): Json {
  const no = (problem: string): Json => ({ text: "", value: undefined, problem });
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !/^application\/[\w.-]+\+json$/.test(type))
    return no(`the provider's answer is not JSON but ${type === "" ? "of no type" : shown(type)}`);
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    value = parseJson(text);
  } catch {
    return no("the provider's answer is not valid JSON");
  }
  if (isDeeper(value, maxDepth)) return no(`the provider's answer is nested deeper than ${maxDepth} levels`);
  return { text, value, problem: null };
}

function isDeeper(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    level = level.filter((each) => typeof each === "object" && each !== null);
    if (depth >= limit) return level.length > 0;
    level = level.flatMap((each) => Object.values(each as object));
  }
  return false;
}

function readError(call: ProviderCall, { status, headers }: GuardedAnswer, value: unknown): Verdict {
  const error = errorOf(value);
  const { code } = error ?? { code: "" };
  const isPending =
    status === 429 ||
    (status === 409 && code === "in_progress") ||
    (status === 503 && (code === "still_running" || headers["retry-after"] !== undefined));
  if (isPending)
    return {
      kind: "pending",
      message: `the provider asks to come again (${status}${code === "" ? "" : ` ${shown(code)}`})`,
      afterMs: pauseOf(headers["retry-after"]),
    };
  if (error !== null) {
    const text = [error.code, error.message].filter((part) => part !== "").join(": ");
    const message = shown(`the provider answered ${status} ${text}`, call.credentials);
    // A 4xx is a decision; what a 5xx broke off may have been done, so its key stays the order's key.
    return { kind: status < 500 ? "refused" : "broken", message };
  }
  // A gateway in front of the provider: what happened behind it is not known.
  const message = `the provider answered ${status} without saying why`;
  return status >= 500 ? { kind: "lost", message } : { kind: "broken", message };
}

/** `{ "error": { "code", "message" } }`: the provider itself speaks, and says that nothing was done. */
function errorOf(value: unknown): { code: string; message: string } | null {
  const error = (value as { error?: unknown } | null | undefined)?.error;
  if (typeof error !== "object" || error === null) return null;
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof message !== "string" && typeof code !== "string") return null;
  return { code: typeof code === "string" ? code : "", message: typeof message === "string" ? message : "" };
}

function pauseOf(retryAfter: string | undefined): number {
  const seconds = Number(retryAfter ?? "1");
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1_000, maxPause) : 1_000;
}
