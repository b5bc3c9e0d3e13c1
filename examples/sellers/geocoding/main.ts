import { configFromEnvironment, run } from "../../seller-template/run.ts";
import { createGeocodingSeller } from "./seller.ts";

await run(createGeocodingSeller(configFromEnvironment("geocoding", 8557)));
