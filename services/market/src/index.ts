export { configSchema, type MarketConfig, readMarketConfig } from "./config.ts";
export { createMarketService, type MarketDeps, type MarketService } from "./service.ts";
