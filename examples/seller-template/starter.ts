/** A whole seller. Copy this file and its contract, change what they say. */
import { configFromEnvironment, run } from "./run.ts";
import contract from "./say-hello.contract.json" with { type: "json" };
import { createSeller } from "./seller.ts";
import type { Seller, SellerConfig } from "./types.ts";

export function createGreeter(config: SellerConfig): Promise<Seller> {
  const service = {
    id: "svc_0123456789ab",
    skillKey: "greeter",
    providerKey: "greeter",
    providerLabel: "Greeter",
    serviceType: "machine.commerce",
    name: "Greetings",
    description: "Greets whoever is named.",
    capabilities: ["greeting"],
    region: "global",
    freshnessSeconds: 0,
  };
  const sayHello = {
    contract,
    run: ({ name }: Record<string, unknown>) => ({ greeting: `Hello, ${name}!` }),
  };
  return createSeller({ service, price: null, operations: [sayHello] }, config);
}

if (import.meta.main) await run(createGreeter(configFromEnvironment("greeter", 9_100)));
