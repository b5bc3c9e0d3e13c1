import { runProcess } from "@peaqos/service-kit";
import { configOptions, readRatingConfig } from "./config.ts";
import { createRatingService, serviceLogger } from "./service.ts";

/** The rating service as a process of its own. */
runProcess({
  readConfig: readRatingConfig,
  configOptions,
  logger: serviceLogger,
  create: createRatingService,
});
