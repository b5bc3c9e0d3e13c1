import type { DevnetFile } from "@peaqos/devnet";
import type { CatalogueServiceInput } from "@peaqos/protocol/market";
import type { Address } from "viem";
import { createFaultySeller } from "../../examples/sellers/faulty/seller.ts";

/** Services that only the cases need, all of one seller that does not check payments and can be told to fail. */
export type ExtraServices = {
  ids: Record<"echo" | "wdk" | "record" | "external" | "far" | "escrow", string>;
  services: CatalogueServiceInput[];
  stop(): Promise<void>;
};

const FAR_CHAIN = "eip155:424242";

export async function extraServices(
  chainId: number,
  { usdc, usdt }: Pick<DevnetFile["contracts"], "usdc" | "usdt">,
  payeeAddress: Address,
): Promise<ExtraServices> {
  const faulty = await createFaultySeller({ id: "svc_interop_echo" });
  const free = faulty.listing() as CatalogueServiceInput;
  const paid = (
    name: string,
    payment: Partial<NonNullable<CatalogueServiceInput["payment"]>>,
  ): CatalogueServiceInput => ({
    ...free,
    id: `svc_interop_${name}`,
    skillKey: `interop-${name}`,
    providerKey: `interop-${name}`,
    name: `interop ${name}`,
    pricing: { mode: "fixed", amount: 0.02, currency: "USD", rate: "per_request", notes: [] },
    payment: { defaultRail: "wallet", required: true, payeeAddress, ...payment },
  });
  const onChain = { chain: `eip155:${chainId}`, token: "USDT", tokenAddress: usdt };
  const services = {
    echo: free,
    /** Default rail `wallet`, and `wdk-usdt-transfer` among the others: the published CLI then chooses the latter. */
    wdk: paid("wdk", { ...onChain, supportedRails: ["wallet", "wdk-usdt-transfer"] }),
    record: paid("record", {
      defaultRail: "offchain-record",
      supportedRails: ["offchain-record"],
      ...onChain,
      token: "EUR",
      tokenAddress: null,
    }),
    external: paid("external", {
      defaultRail: "external",
      supportedRails: ["external"],
      externalUrl: "https://pay.example/interop",
      chain: "eip155:1",
      token: "EUR",
    }),
    /** Paid on a chain that this deployment has no node for. */
    far: paid("far", { chain: FAR_CHAIN, token: "USDC", tokenAddress: usdc }),
    /** A rail that this deployment does not offer. */
    escrow: paid("escrow", { ...onChain, defaultRail: "escrow", supportedRails: ["escrow"] }),
  };
  return {
    ids: Object.fromEntries(
      Object.entries(services).map(([name, { id }]) => [name, id]),
    ) as ExtraServices["ids"],
    services: Object.values(services),
    stop: () => faulty.stop(),
  };
}
