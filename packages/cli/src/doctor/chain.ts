import { readKey } from "../config/key.ts";
import { CliError } from "../engine/errors.ts";
import { peaq } from "../engine/output.ts";
import { isHttpUrl } from "../engine/values.ts";
import { hideCredentials, RpcAnswerError, rpc } from "../rpc.ts";
import { devnetState } from "./devnet.ts";
import { badService, badSetting, type Check, ok, type Patient, skip, warn } from "./types.ts";

const KNOWN: Readonly<Record<string, number>> = { mainnet: 3338, peaq: 3338, testnet: 9990, agung: 9990 };

/** Is there a node, is it the right chain, and does its clock agree with ours? `alive`: other chain checks make sense. */
export async function checkNodeRpc(
  patient: Patient,
): Promise<{ checks: Check[]; chainId: number | undefined }> {
  const { settings, io, timeoutMs } = patient;
  const url = settings.get("PEAQOS_RPC_URL");
  if (url === undefined || !isHttpUrl(url)) {
    return { checks: [skip("rpc", "Chain not asked: there is no usable RPC address")], chainId: undefined };
  }
  let answer: unknown;
  try {
    answer = await rpc(url, "eth_chainId", [], { timeoutMs });
  } catch (error) {
    return { checks: [await noNode(patient, url, error)], chainId: undefined };
  }
  const chainId = Number(answer);
  if (typeof answer !== "string" || !Number.isSafeInteger(chainId) || chainId <= 0) {
    return {
      checks: [
        badService(
          "rpc",
          `${hideCredentials(url)} answers no chain id: ${JSON.stringify(answer)}`,
          "check PEAQOS_RPC_URL",
        ),
      ],
      chainId: undefined,
    };
  }
  const checks: Check[] = [ok("rpc", `Chain ${chainId} at ${hideCredentials(url)}`)];
  const network = settings.get("PEAQOS_NETWORK");
  const expected = network === undefined ? undefined : KNOWN[network.toLowerCase()];
  if (expected !== undefined && expected !== chainId) {
    checks.push(
      badSetting(
        "chain-id",
        `PEAQOS_NETWORK is ${network} (chain ${expected}), but PEAQOS_RPC_URL leads to chain ${chainId}`,
        "make the two agree: change PEAQOS_RPC_URL, or PEAQOS_NETWORK",
      ),
    );
  }
  const devnet = await devnetState(io.cwd, settings);
  if (
    devnet &&
    devnet.chainId !== undefined &&
    settings.get("PEAQOS_NETWORK") === "devnet" &&
    devnet.chainId !== chainId
  ) {
    checks.push(
      badSetting(
        "chain-id",
        `PEAQOS_NETWORK is devnet (chain ${devnet.chainId} in ${devnet.file}), but PEAQOS_RPC_URL leads to chain ${chainId}`,
        "peaqos init, network devnet",
      ),
    );
  }
  checks.push(...(await checkClock(patient, url)));
  return { checks, chainId };
}

async function noNode(patient: Patient, url: string, error: unknown): Promise<Check> {
  const shown = hideCredentials(url);
  if (error instanceof RpcAnswerError) {
    return badService(
      "rpc",
      `PEAQOS_RPC_URL ${shown}: ${error.message}`,
      "check the key or plan of your RPC provider",
    );
  }
  if (!(error instanceof CliError)) throw error;
  const { code, message } = error.parts;
  if (code === "NOT_JSON_RPC") {
    const status = /HTTP (\d+)/.exec(message)?.[1];
    const why =
      status === "401" || status === "403"
        ? `refuses us (HTTP ${status}): a key is missing or wrong`
        : status === "429"
          ? "is limiting our rate (HTTP 429)"
          : status === "404"
            ? "has nothing at this path (HTTP 404)"
            : Number(status) >= 500
              ? `is failing (HTTP ${status})`
              : "answers, but not with JSON-RPC";
    return badService("rpc", `${shown} ${why}`, "check PEAQOS_RPC_URL, its path and its key");
  }
  const devnet = await devnetState(patient.io.cwd, patient.settings);
  if (devnet?.rpcUrl === url || (devnet && patient.settings.get("PEAQOS_NETWORK") === "devnet")) {
    return badService(
      "rpc",
      `The devnet of ${devnet.file} is not running: nothing answers at ${shown}`,
      "npm start in the clone of peaqOS",
    );
  }
  return badService(
    "rpc",
    `PEAQOS_RPC_URL: ${message.replace(/^Cannot/, "cannot")}`,
    error.parts.next ?? "check PEAQOS_RPC_URL",
  );
}

async function checkClock({ io, timeoutMs }: Patient, url: string): Promise<Check[]> {
  const checks: Check[] = [];
  try {
    const [block, syncing] = (await Promise.all([
      rpc(url, "eth_getBlockByNumber", ["latest", false], { timeoutMs }),
      rpc(url, "eth_syncing", [], { timeoutMs }).catch(() => false),
    ])) as [{ timestamp?: string; number?: string } | null, unknown];
    if (block === null || typeof block?.timestamp !== "string") {
      return [
        badService(
          "clock",
          "The node has no latest block",
          "wait until the node has synced, or use another RPC",
        ),
      ];
    }
    const ahead = Number(block.timestamp) - Math.floor(io.now() / 1000);
    if (syncing !== false && syncing !== null) {
      checks.push(
        badService("sync", "The node is still syncing: its state is old", "wait, or use another RPC"),
      );
    }
    if (ahead > 120) {
      checks.push(
        badService(
          "clock",
          `The clock of this computer is ${ahead} s behind the chain's`,
          "set the clock (NTP); events are dated by it",
        ),
      );
    } else checks.push(ok("clock", `Latest block ${Number(block.number)}, ${describeAge(-ahead)}`));
  } catch (error) {
    checks.push(
      badService("clock", `The node answers no blocks: ${(error as Error).message}`, "use another RPC"),
    );
  }
  return checks;
}

function describeAge(seconds: number): string {
  if (seconds < 0) return `${-seconds} s ahead of this computer`;
  if (seconds < 120) return `${seconds} s old`;
  return seconds < 7200
    ? `${Math.floor(seconds / 60)} min old (an idle chain)`
    : `${Math.floor(seconds / 3600)} h old (an idle chain)`;
}

/** Can the signer pay? */
export async function checkBalance({ settings, timeoutMs }: Patient): Promise<Check> {
  const key = readKey(settings.get("PEAQOS_PRIVATE_KEY") ?? "");
  const url = settings.get("PEAQOS_RPC_URL")!;
  if (!key) return skip("balance", "Balance not asked: there is no usable key");
  const balance = BigInt(String(await rpc(url, "eth_getBalance", [key.address, "latest"], { timeoutMs })));
  if (balance === 0n) {
    return warn(
      "balance",
      `${key.address} holds no PEAQ: it can sign, but not pay`,
      `send PEAQ to ${key.address}`,
    );
  }
  return ok("balance", `${key.address} holds ${peaq(balance)}`);
}
