import { type ClientContext, createContext } from "@peaqos/peaq-os-sdk";
import { privateKeyToAccount } from "viem/accounts";
import type { Key } from "../config/key.ts";
import type { Settings } from "../config/settings.ts";
import { CONTRACT_VARIABLES } from "../config/variables.ts";
import { configError } from "../engine/errors.ts";
import type { Ui } from "../engine/ui.ts";

/** Never asked: the market alone needs neither chain nor contracts. */
const NO_CHAIN = "http://127.0.0.1:9";
const NO_CONTRACT = "0x0000000000000000000000000000000000000001";
const contracts = Object.fromEntries(CONTRACT_VARIABLES.map(({ field }) => [field, NO_CONTRACT])) as Record<
  (typeof CONTRACT_VARIABLES)[number]["field"],
  string
>;

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The market's client: its address is all it needs; the key is sent where there is one. */
export function marketContext(settings: Settings, ui: Pick<Ui, "warn">): ClientContext {
  const url = settings.requireUrl("PEAQOS_ORCHESTRATION_URL");
  const { protocol, hostname } = new URL(url);
  if (protocol === "http:" && !loopback.test(hostname))
    ui.warn(
      `PEAQOS_ORCHESTRATION_URL uses plain http to ${hostname}: keys and tokens can be read on the way`,
    );
  const apiKey = settings.get("PEAQOS_ORCH_API_KEY");
  if (apiKey !== undefined && !/^[\x20-\x7e]+$/.test(apiKey))
    throw configError({
      code: "BAD_SETTING",
      message: "PEAQOS_ORCH_API_KEY is no key that a request can carry",
      value: `(hidden: ${apiKey.length} characters)`,
      rule: "it must be one line of printable ASCII characters",
      next: "paste it again",
      details: { variable: "PEAQOS_ORCH_API_KEY" },
    });
  return createContext({
    rpcUrl: NO_CHAIN,
    contracts,
    orchestrationUrl: url,
    ...(apiKey !== undefined && { apiKey }),
  });
}

/** A wallet on the chain of a payment. */
export function walletContext(rpcUrl: string, key: Key): ClientContext {
  return createContext({ rpcUrl, contracts, account: privateKeyToAccount(key.privateKey) });
}
