import type { Ready } from "@peaqos/protocol";
import { type Database, guarded, RpcCallError, type RpcClient, type RpcRequest } from "@peaqos/service-kit";
import type { Hex } from "viem";
import type { FollowedContracts } from "./follow/logs.ts";

/** Whether this replica can do its work: the chain answers, every contract is what it should be, the data is there. */

export type ReadyProbe = { check(): Promise<Ready> };

type Contracts = Ready["contracts"];

const none: Contracts = {
  identity_registry: false,
  identity_staking: false,
  event_registry: false,
  machine_nft: false,
  admin_flags: false,
  did_registry: false,
};

/** Test mode: there is nothing to be ready for. */
export const neverReady: ReadyProbe = {
  check: async () => ({ status: "not_ready", rpc_connected: false, contracts: none }),
};

/** An answer is kept so long: probes of many load balancers must not become load on the chain's node. */
const keepMs = 1_000;
/** "Not ready" is kept shorter: whoever waits for the start should not wait a second longer than it takes. */
const keepNotReadyMs = 25;

const word = (address: Hex) => address.slice(2).padStart(64, "0");

export function createReadyProbe(options: {
  rpc: RpcClient;
  database: Database<unknown>;
  contracts: FollowedContracts;
  now: () => number;
  stopping: () => boolean;
}): ReadyProbe {
  const { rpc, database, contracts } = options;
  let kept: { at: number; forMs: number; result: Promise<Ready> } | undefined;

  const code = (address: Hex): RpcRequest => ({ method: "eth_getCode", params: [address, "latest"] });
  const call = (to: Hex, data: string): RpcRequest => ({
    method: "eth_call",
    params: [{ to, data }, "latest"],
  });
  /** readAttribute(0x0, "x") */
  const readNothing = `0xb2028b7d${"0".repeat(64)}${word("0x40")}${word("0x1")}78${"0".repeat(62)}`;

  const hasCode = (answer: unknown) => typeof answer === "string" && answer.length > 2;
  const isAddress = (answer: unknown, expected: Hex) => answer === `0x${word(expected)}`;

  async function checkContracts(): Promise<Contracts | null> {
    try {
      const [registry, staking, events, nft, flags, did, linked] = await rpc.batch([
        code(contracts.identityRegistry),
        code(contracts.identityStaking),
        code(contracts.eventRegistry),
        code(contracts.machineNft),
        contracts.adminFlags === null ? { method: "eth_chainId", params: [] } : code(contracts.adminFlags),
        call(contracts.didRegistry, readNothing),
        // An event registry of another identity registry takes events of other machines under the same ids.
        call(contracts.eventRegistry, "0xa759ee6f"),
      ]);
      return {
        identity_registry: hasCode(registry),
        identity_staking: hasCode(staking),
        event_registry: hasCode(events) && isAddress(linked, contracts.identityRegistry),
        machine_nft: hasCode(nft),
        admin_flags: contracts.adminFlags === null || hasCode(flags),
        // A precompile need not have code: that it refuses an unknown attribute shows that it is there.
        did_registry: did instanceof RpcCallError || hasCode(did),
      };
    } catch {
      return null;
    }
  }

  async function hasData(): Promise<boolean> {
    try {
      const { rows } = await guarded(() =>
        database.pool.query<{ complete: boolean }>("select complete from chain_head where id = 1"),
      );
      return rows[0]?.complete === true;
    } catch {
      return false;
    }
  }

  async function check(): Promise<Ready> {
    const [found, data] = await Promise.all([checkContracts(), hasData()]);
    const all = found !== null && Object.values(found).every(Boolean);
    return {
      status: all && data && !options.stopping() ? "ready" : "not_ready",
      rpc_connected: found !== null,
      contracts: found ?? none,
    };
  }

  return {
    check() {
      const now = options.now();
      if (kept === undefined || now - kept.at > kept.forMs || options.stopping()) {
        const fresh = { at: now, forMs: keepMs, result: check() };
        kept = fresh;
        void fresh.result.then(({ status }) => {
          if (status !== "ready") fresh.forMs = keepNotReadyMs;
        });
      }
      return kept.result;
    },
  };
}
