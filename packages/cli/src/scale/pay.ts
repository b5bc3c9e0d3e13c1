import { join } from "node:path";
import { networks } from "@peaqos/abi";
import { type ClientContext, createContext } from "@peaqos/peaq-os-sdk";
import { fileJournal } from "@peaqos/peaq-os-sdk/node";
import { type PaymentRequest, type PurchaseJournal, payWithWallet } from "@peaqos/peaq-os-sdk/orchestration";
import { type Key, readKeyFile, signingKey } from "../config/key.ts";
import type { Settings } from "../config/settings.ts";
import { configError, usageError } from "../engine/errors.ts";
import type { Io } from "../engine/types.ts";
import type { Ui } from "../engine/ui.ts";
import { isHttpUrl } from "../engine/values.ts";
import { hideCredentials } from "../rpc.ts";
import { walletContext } from "./client.ts";
import { warnIfOpen } from "./files.ts";
import { chainLabel } from "./values.ts";

/** How an order is paid: with a key here, with a transaction made elsewhere, or with one that is pasted. */

export type PayFlags = {
  readonly pay: boolean;
  readonly "payment-key-file": string | undefined;
  readonly "payment-tx-hash": `0x${string}` | undefined;
  readonly "payment-chain": string | undefined;
  readonly "payment-token": string | undefined;
  readonly "payment-rpc-url": string | undefined;
};

export type Means =
  | { readonly kind: "key"; readonly key: Key }
  | { readonly kind: "hash"; readonly hash: `0x${string}`; readonly chain: string; readonly token: string }
  | { readonly kind: "ask" };

/** The folder beside `peaqos.log` where drafts of orders and signed transfers are kept, mode 0600 each. */
export const ordersJournal = (io: Pick<Io, "cwd">): PurchaseJournal =>
  fileJournal(join(io.cwd, "peaqos-orders"));

/** The one way to pay that the flags name. Everything is checked before anything is ordered. */
export async function meansOf(
  io: Pick<Io, "cwd">,
  ui: Pick<Ui, "warn">,
  settings: Settings,
  flags: PayFlags,
): Promise<Means> {
  const given = [
    flags.pay && "--pay",
    flags["payment-key-file"] !== undefined && "--payment-key-file",
    flags["payment-tx-hash"] !== undefined && "--payment-tx-hash",
  ].filter((name) => name !== false);
  if (given.length > 1)
    throw usageError({
      message: `${given.join(" and ")} exclude each other`,
      value: given.join(" "),
      rule: "an order is paid in one way",
      next: "leave one of them out",
    });
  const hash = flags["payment-tx-hash"];
  const chain = flags["payment-chain"];
  const token = flags["payment-token"];
  if ((hash === undefined) !== (chain === undefined) || (hash === undefined) !== (token === undefined))
    throw usageError({
      code: "MISSING_OPTION",
      message: "--payment-tx-hash, --payment-chain and --payment-token belong together",
      value: [hash, chain, token].filter(Boolean).join(" "),
      rule: "a transaction that paid is named with its chain and token",
      next: "--payment-tx-hash 0x... --payment-chain base --payment-token USDC",
    });
  const url = flags["payment-rpc-url"];
  if (url !== undefined && !isHttpUrl(url))
    throw usageError({
      message: "--payment-rpc-url is not a web address",
      value: hideCredentials(url),
      rule: "it must begin with http:// or https:// and name a host",
      next: "--payment-rpc-url https://...",
    });
  if (hash !== undefined && chain !== undefined && token !== undefined)
    return { kind: "hash", hash, chain, token };
  const file = flags["payment-key-file"];
  if (file !== undefined) {
    const key = await readKeyFile(io, file, "--payment-key-file");
    await warnIfOpen(io, ui, file, "the private key");
    return { kind: "key", key };
  }
  return flags.pay ? { kind: "key", key: signingKey(settings) } : { kind: "ask" };
}

/** Sends the transfer with a key, once for an order, and waits until it is mined. */
export async function transfer(
  io: Pick<Io, "cwd">,
  settings: Settings,
  flags: Pick<PayFlags, "payment-rpc-url">,
  key: Key,
  request: PaymentRequest,
): Promise<`0x${string}`> {
  const rpcUrl = await rpcOf(settings, flags["payment-rpc-url"], request.chain);
  return payWithWallet(walletContext(rpcUrl, key), ordersJournal(io))(request);
}

/** A node of the payment's chain: the flag's, PEAQOS_RPC_URL where it is that chain, else a public one. */
async function rpcOf(settings: Settings, flag: string | undefined, chain: string): Promise<string> {
  if (flag !== undefined) return flag;
  const own = settings.get("PEAQOS_RPC_URL");
  if (own !== undefined && isHttpUrl(own) && (await chainOf(own)) === chain) return own;
  const known = Object.values(networks).find(({ chainId }) => `eip155:${chainId}` === chain);
  const [url] = known?.rpcUrls ?? [];
  if (url !== undefined) return url;
  throw configError({
    code: "PAYMENT_RPC",
    message: `No node of the payment's chain ${chainLabel(chain)} is known`,
    value: own === undefined ? "PEAQOS_RPC_URL is not set" : hideCredentials(own),
    rule: "the transfer is sent on the chain that the order names",
    next: `--payment-rpc-url URL, a node of ${chain}`,
  });
}

async function chainOf(rpcUrl: string): Promise<string | undefined> {
  const none = "0x0000000000000000000000000000000000000001";
  const context: ClientContext = createContext({
    rpcUrl,
    contracts: {
      identityRegistry: none,
      identityStaking: none,
      eventRegistry: none,
      machineNft: none,
      didRegistry: none,
      batchPrecompile: none,
    },
  });
  return context.chain.chainId().then(
    (id) => `eip155:${id}`,
    () => undefined,
  );
}
