import { CliError } from "../engine/errors.ts";
import { clean } from "../engine/output.ts";
import { isHttpUrl } from "../engine/values.ts";
import { hideCredentials, request } from "../rpc.ts";
import { devnetState } from "./devnet.ts";
import { badService, badSetting, type Check, ok, type Patient, skip, warn } from "./types.ts";

/** Is the market there, can it work, and does it take our key? */
export async function checkMarket(patient: Patient): Promise<Check[]> {
  const { settings, timeoutMs } = patient;
  const url = settings.get("PEAQOS_ORCHESTRATION_URL");
  if (url === undefined)
    return [skip("market", "Market not asked: PEAQOS_ORCHESTRATION_URL is not set (only `scale` needs it)")];
  if (!isHttpUrl(url))
    return [
      badSetting(
        "market",
        `PEAQOS_ORCHESTRATION_URL is no web address: ${clean(hideCredentials(url))}`,
        "set it to http://host:port or https://host",
      ),
    ];
  const base = `${url.replace(/\/+$/, "")}/api/v1`;
  const shown = hideCredentials(url);
  const get = (path: string, headers?: Record<string, string>) =>
    request(base + path, "PEAQOS_ORCHESTRATION_URL", { timeoutMs, ...(headers && { headers }) });
  let health: { status: number; text: string };
  try {
    health = await get("/health");
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const devnet = await devnetState(patient.io.cwd, settings);
    const local = devnet?.values.PEAQOS_ORCHESTRATION_URL === url;
    return [
      badService(
        "market",
        local
          ? `The devnet's market is not running: nothing answers at ${shown}`
          : `PEAQOS_ORCHESTRATION_URL: ${error.parts.message.replace(/^Cannot/, "cannot")}`,
        local ? "npm start in the clone of peaqOS" : (error.parts.next ?? "check PEAQOS_ORCHESTRATION_URL"),
      ),
    ];
  }
  if (health.status !== 200 || !/"ok"\s*:\s*true/.test(health.text))
    return [
      badService(
        "market",
        `${shown} is no market: /api/v1/health answers HTTP ${health.status} ${clean(health.text.slice(0, 40))}`,
        "check PEAQOS_ORCHESTRATION_URL",
      ),
    ];
  return [readiness(shown, await get("/readiness").catch(() => undefined)), await key(patient, get)];
}

function readiness(shown: string, answer: { status: number; text: string } | undefined): Check {
  let body: { status?: unknown; checks?: { name?: unknown; status?: unknown; message?: unknown }[] } = {};
  try {
    body = JSON.parse(answer?.text ?? "{}");
  } catch {
    // Said below: not ready, without details.
  }
  if (body.status === "ready") return ok("market", `Market ready at ${shown}`);
  const failing = (Array.isArray(body.checks) ? body.checks : [])
    .filter(({ status }) => status === "fail")
    .map(({ name, message }) => `${clean(String(name))}${message ? ` (${clean(String(message))})` : ""}`);
  return badService(
    "market",
    `The market at ${shown} is not ready${failing.length > 0 ? `: ${failing.join(", ")}` : ""}`,
    "see the market's log and its settings",
  );
}

type Get = (path: string, headers?: Record<string, string>) => Promise<{ status: number; text: string }>;

async function key({ settings }: Patient, get: Get): Promise<Check> {
  const value = settings.get("PEAQOS_ORCH_API_KEY");
  if (value === undefined)
    return warn(
      "market-key",
      "PEAQOS_ORCH_API_KEY is not set: only agents' commands with a pairing token work",
      "export PEAQOS_ORCH_API_KEY=... for the operator's part of `scale`",
    );
  if (!/^[\x20-\x7e]+$/.test(value))
    return badSetting(
      "market-key",
      `PEAQOS_ORCH_API_KEY is no key that a request can carry (hidden: ${value.length} characters)`,
      "paste it again: one line of printable ASCII characters",
    );
  const answer = await get("/machines?limit=1", { "x-api-key": value }).catch(() => undefined);
  if (answer?.status === 200) return ok("market-key", "PEAQOS_ORCH_API_KEY is accepted by the market");
  if (answer?.status === 401)
    return badSetting(
      "market-key",
      "The market does not know PEAQOS_ORCH_API_KEY, or it is revoked or expired",
      "set a valid key; `peaqos scale key create` makes one with a key that may",
    );
  if (answer?.status === 403)
    return warn(
      "market-key",
      "PEAQOS_ORCH_API_KEY is accepted, but lacks the scope read",
      "use a key with the scopes read and write for `scale`",
    );
  return badService(
    "market-key",
    `Whether the market takes PEAQOS_ORCH_API_KEY is unknown: ${answer === undefined ? "no answer" : `HTTP ${answer.status}`}`,
    "run it again; see the market's log",
  );
}
