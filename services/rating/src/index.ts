export { configSchema, didPrecompile, type RatingConfig, readRatingConfig } from "./config.ts";
export { createRatingService, type RatingDeps, type RatingService } from "./service.ts";
