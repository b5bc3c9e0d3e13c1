import { SellerError } from "../../seller-template/errors.ts";
import { createSeller } from "../../seller-template/seller.ts";
import type { Seller, SellerConfig } from "../../seller-template/types.ts";
import { readData } from "../csv.ts";
import contract from "./geocode-site.contract.json" with { type: "json" };

/** Free: where the charging sites of examples/data are. */
export function createGeocodingSeller(config: SellerConfig): Promise<Seller> {
  const sites = new Map(readData("sites.csv").map((row) => [row.site_id, row]));
  const service = {
    id: "svc_6e0c0de51a7e",
    skillKey: "site-geocoding",
    providerKey: "example-geocoding",
    providerLabel: "Site Atlas (example)",
    serviceType: "data.location",
    name: "Charging site geocoding",
    description: "Coordinates and stations of 25 workplace charging sites, free of charge.",
    capabilities: ["geocoding", "location"],
    region: "global",
    freshnessSeconds: 0,
  };
  const run = ({ siteId }: Record<string, unknown>) => {
    const site = sites.get(String(siteId));
    if (site === undefined)
      throw new SellerError(
        404,
        "unknown_site",
        `There is no site ${siteId}. Known ones are in examples/data/sites.csv.`,
      );
    return {
      siteId,
      latitude: Number(site.latitude),
      longitude: Number(site.longitude),
      datum: "WGS 84",
      stations: site.stations?.split(" "),
      sessions: Number(site.sessions),
    };
  };
  return createSeller({ service, price: null, operations: [{ contract, run }] }, config);
}
