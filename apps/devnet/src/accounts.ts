import type { Address, Hex } from "viem";
import { keccak256, stringToBytes } from "viem";
import { privateKeyToAccount } from "viem/accounts";

/** What an account of the devnet is there for. */
export type DevnetRole = "admin" | "operator" | "developer" | "attestor" | "payer" | "agent" | "seller";

export type DevnetAccount = {
  role: DevnetRole;
  address: Address;
  /** Public knowledge by construction: never send real value to it. */
  privateKey: Hex;
  purpose: string;
};

export type DevnetAccounts = Record<DevnetRole, DevnetAccount>;

const PURPOSES: Record<DevnetRole, string> = {
  admin: "deploys and owns the contracts, sets admin flags",
  operator: "operates the seeded machines (proxy mode)",
  developer: "yours: PEAQOS_PRIVATE_KEY of devnet.env, holds PEAQ, test USDC and test USDT",
  attestor: "signs hardware evidence the devnet's rating service trusts",
  payer: "pays machines in test USDC",
  agent: "buys on the market for a seeded machine, holds PEAQ, test USDC and test USDT",
  seller: "is paid by the buyers of the example services",
};

/**
 * A key anybody can derive: keccak256 of "peaqos devnet <name>". Deterministic, so that addresses are the same
 * on every machine and after every reset; worthless elsewhere because the devnet has chain ids of its own.
 *
 * @example devnetKey("machine reference-aaa")
 */
export function devnetKey(name: string): Hex {
  return keccak256(stringToBytes(`peaqos devnet ${name}`));
}

let cache: DevnetAccounts | undefined;

/** The devnet's accounts by role. */
export function devnetAccounts(): DevnetAccounts {
  if (!cache) {
    const roles = Object.keys(PURPOSES) as DevnetRole[];
    cache = Object.fromEntries(roles.map((role) => [role, account(role)])) as DevnetAccounts;
  }
  return cache;
}

function account(role: DevnetRole): DevnetAccount {
  const privateKey = devnetKey(role);
  return { role, privateKey, address: privateKeyToAccount(privateKey).address, purpose: PURPOSES[role] };
}
