import { CliError } from "../engine/errors.ts";
import { isHttpUrl } from "../engine/values.ts";
import { hideCredentials, request } from "../rpc.ts";
import { devnetState } from "./devnet.ts";
import { badService, badSetting, type Check, ok, type Patient, skip } from "./types.ts";

/** Is the rating service there, ready, and looking at the same chain and registry as we do? */
export async function checkService(patient: Patient, chainId: number | undefined): Promise<Check[]> {
  const { settings, timeoutMs } = patient;
  const url = settings.get("PEAQOS_MCR_API_URL");
  if (url === undefined || !isHttpUrl(url))
    return [skip("mcr", "Rating service not asked: there is no usable address")];
  const base = url.replace(/\/+$/, "");
  const shown = hideCredentials(base);
  const get = (path: string) => request(base + path, "PEAQOS_MCR_API_URL", { timeoutMs });
  let health: { status: number; text: string };
  try {
    health = await get("/health");
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const devnet = await devnetState(patient.io.cwd, settings);
    const local = devnet?.values.PEAQOS_MCR_API_URL === url;
    return [
      badService(
        "mcr",
        local
          ? `The devnet's rating service is not running: nothing answers at ${shown}`
          : `PEAQOS_MCR_API_URL${settings.source("PEAQOS_MCR_API_URL") === "default" ? " (default)" : ""}: ${error.parts.message.replace(/^Cannot/, "cannot")}`,
        local ? "npm start in the clone of peaqOS" : (error.parts.next ?? "check PEAQOS_MCR_API_URL"),
      ),
    ];
  }
  if (health.status !== 200 || !/"status"\s*:\s*"ok"/.test(health.text)) {
    return [
      badService(
        "mcr",
        `${shown} is no rating service: /health answers HTTP ${health.status} ${health.text.slice(0, 40)}`,
        "check PEAQOS_MCR_API_URL",
      ),
    ];
  }
  const ready = await get("/ready").catch(() => undefined);
  const checks = [readiness(shown, ready)];
  checks.push(await sameChain(get, settings.get("IDENTITY_REGISTRY_ADDRESS"), chainId));
  return checks;
}

function readiness(shown: string, ready: { status: number; text: string } | undefined): Check {
  let body: { status?: string; rpc_connected?: boolean; contracts?: Record<string, boolean> } = {};
  try {
    body = JSON.parse(ready?.text ?? "{}");
  } catch {
    // Said below: not ready, without details.
  }
  if (ready?.status === 200 && body.status === "ready") return ok("mcr", `Rating service ready at ${shown}`);
  const failing = Object.entries(body.contracts ?? {}).filter(([, fine]) => !fine);
  if (
    body.rpc_connected === false &&
    failing.length === Object.keys(body.contracts ?? {}).length &&
    failing.length > 0
  ) {
    return badService(
      "mcr",
      `The rating service at ${shown} runs in test mode or has no chain: nothing is connected`,
      "give the service its IDENTITY_REGISTRY_ADDRESS and PEAQOS_RPC_URL, and see its log",
    );
  }
  if (body.rpc_connected === false) {
    return badService(
      "mcr",
      `The rating service at ${shown} has lost its chain`,
      "see the service's log; its PEAQOS_RPC_URL must be reachable",
    );
  }
  return badService(
    "mcr",
    `The rating service at ${shown} is not ready${failing.length > 0 ? `: ${failing.map(([name]) => name).join(", ")}` : ""}`,
    "see the service's log and its contract addresses",
  );
}

/** A machine card names chain and registry; without a machine there is nothing to compare. */
async function sameChain(
  get: (path: string) => Promise<{ status: number; text: string }>,
  registry: string | undefined,
  chainId: number | undefined,
): Promise<Check> {
  const card = await get("/machines/1").catch(() => undefined);
  const named = /eip155:(\d+):(0x[0-9a-fA-F]{40})/.exec(card?.text ?? "");
  if (!named || registry === undefined || chainId === undefined) {
    return skip("mcr-chain", "The rating service's chain was not compared (no machine to ask for)");
  }
  const [, serviceChain, serviceRegistry] = named as unknown as [string, string, string];
  if (Number(serviceChain) !== chainId) {
    return badSetting(
      "mcr-chain",
      `The rating service follows chain ${serviceChain}, but PEAQOS_RPC_URL is chain ${chainId}`,
      "make PEAQOS_MCR_API_URL and PEAQOS_RPC_URL the same network",
    );
  }
  if (serviceRegistry.toLowerCase() !== registry.toLowerCase()) {
    return badSetting(
      "mcr-chain",
      `The rating service follows the IdentityRegistry ${serviceRegistry}, but IDENTITY_REGISTRY_ADDRESS is ${registry}`,
      "take both from one deployment",
    );
  }
  return ok("mcr-chain", "The rating service follows the same chain and registry");
}
