import { run } from "../../seller-template/run.ts";
import { paidConfigFromEnvironment } from "../config.ts";
import { createPriceFeedSeller } from "./seller.ts";

await run(createPriceFeedSeller(paidConfigFromEnvironment("price-feed", 8555, "USDC")));
