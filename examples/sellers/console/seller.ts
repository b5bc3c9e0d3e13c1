import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSeller } from "../../seller-template/seller.ts";
import type { Seller, SellerConfig, SellerDefinition } from "../../seller-template/types.ts";
import contract from "./open-console.contract.json" with { type: "json" };

const PAGE = "/console";

/** A hand-off: the order ends with a link to the page that this seller serves. Free. */
export function createConsoleSeller(config: SellerConfig): Promise<Seller> {
  const page = readFileSync(join(import.meta.dirname, "console.html"));
  const definition: SellerDefinition = {
    service: {
      id: "svc_c05e0a7e0001",
      skillKey: "roaming-console",
      providerKey: "example-network",
      providerLabel: "Charging Network (example)",
      serviceType: "network.partner-console",
      name: "Roaming partner console",
      description: "Takes a person to the console in which a charging network's roaming contract is signed.",
      capabilities: ["roaming", "handoff"],
      region: "global",
      freshnessSeconds: 0,
    },
    price: null,
    operations: [{ contract, run: () => ({}) }],
    handoff: {
      label: "Open the partner console",
      path: PAGE,
      notes: ["A person signs there; confirm the order afterwards."],
    },
    routes(app) {
      app.get(PAGE, (_request, reply) =>
        reply
          .type("text/html; charset=utf-8")
          .header(
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
          )
          .send(page),
      );
    },
  };
  return createSeller(definition, config);
}
