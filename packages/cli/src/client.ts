import { type ClientContext, createContext, PeaqosClient } from "@peaqos/peaq-os-sdk";
import { keccak256, type LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Key } from "./config/key.ts";
import type { Settings } from "./config/settings.ts";
import { CONTRACT_VARIABLES } from "./config/variables.ts";

/** Called with the hash of every transaction after it is signed and before it is sent. */
export type OnSigned = (txHash: `0x${string}`) => Promise<void> | void;

/** Chain ids that the published network names stand for: a label that lies must not lead to a signature. */
const CHAIN_IDS: Readonly<Record<string, number>> = { mainnet: 3338, peaq: 3338, testnet: 9990, agung: 9990 };

type ContractFields = Record<(typeof CONTRACT_VARIABLES)[number]["field"], `0x${string}`>;

function contractsOf(settings: Settings): ContractFields {
  return Object.fromEntries(
    CONTRACT_VARIABLES.map(({ name, field }) => [field, settings.requireAddress(name)]),
  ) as ContractFields;
}

/** A client that signs with `key`. Every setting is checked here, before the first request. */
export function signingClient(settings: Settings, key: Key, onSigned?: OnSigned): PeaqosClient {
  const expectedChainId = CHAIN_IDS[settings.get("PEAQOS_NETWORK")?.toLowerCase() ?? ""];
  return new PeaqosClient({
    rpcUrl: settings.requireUrl("PEAQOS_RPC_URL"),
    account: watched(privateKeyToAccount(key.privateKey), onSigned),
    contracts: contractsOf(settings),
    apiUrl: settings.requireUrl("PEAQOS_MCR_API_URL"),
    ...(expectedChainId === undefined ? {} : { expectedChainId }),
  });
}

function watched(account: LocalAccount, onSigned: OnSigned | undefined): LocalAccount {
  if (!onSigned) return account;
  return {
    ...account,
    signTransaction: async (transaction, options) => {
      const raw = await account.signTransaction(transaction, options);
      await onSigned(keccak256(raw));
      return raw;
    },
  };
}

/** Never asked: a context for the rating service alone still wants an endpoint and addresses. */
const NO_CHAIN = "http://127.0.0.1:9";
const NO_CONTRACT: `0x${string}` = "0x0000000000000000000000000000000000000001";

/** For commands that only ask the rating service: its address is all they need. */
export function ratingContext(settings: Settings): ClientContext {
  return createContext({
    rpcUrl: NO_CHAIN,
    contracts: Object.fromEntries(CONTRACT_VARIABLES.map(({ field }) => [field, NO_CONTRACT])) as Record<
      keyof ContractFields,
      string
    > as ContractFields,
    apiUrl: settings.requireUrl("PEAQOS_MCR_API_URL"),
  });
}
