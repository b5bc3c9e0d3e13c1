import { createRpcClient, type RpcClient, RpcUnavailable } from "@peaqos/service-kit";
import type { MarketConfig } from "../../config.ts";

/** The chains payments are verified on. */

export type PaymentChain = {
  /** CAIP-2. */
  readonly id: string;
  readonly rpc: RpcClient;
  /** Blocks that must hold or follow a transaction, itself included: 1 is "mined". */
  readonly confirmations: number;
  /**
   * Asks the node once which chain it serves.
   *
   * @throws RpcUnavailable when the node serves another chain: nothing it says may count.
   */
  checkId(): Promise<void>;
};

const defaultConfirmations = 12;

export function createChains(config: MarketConfig): ReadonlyMap<string, PaymentChain> {
  return new Map(
    Object.entries(config.PEAQOS_PAYMENT_RPC_URLS).map(([id, url]): [string, PaymentChain] => {
      const rpc = createRpcClient({ url, timeoutMs: config.PEAQOS_PAYMENT_RPC_TIMEOUT_MS, parallel: 16 });
      let checked = false;
      return [
        id,
        {
          id,
          rpc,
          confirmations: config.PEAQOS_PAYMENT_CONFIRMATIONS[id] ?? defaultConfirmations,
          async checkId() {
            if (checked) return;
            const told = await rpc.call<unknown>("eth_chainId", []);
            if (!servesChain(id, told))
              throw new RpcUnavailable(`the node configured for ${id} serves another chain`);
            checked = true;
          },
        },
      ];
    }),
  );
}

/** Whether an answer to eth_chainId is that of the CAIP-2 chain. */
export function servesChain(id: string, told: unknown): boolean {
  return typeof told === "string" && /^0x[0-9a-fA-F]{1,16}$/.test(told) && `eip155:${BigInt(told)}` === id;
}
