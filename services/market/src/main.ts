import { runProcess } from "@peaqos/service-kit";
import { configOptions, readMarketConfig } from "./config.ts";
import { createMarketService, serviceLogger } from "./service.ts";

/** The market as a process of its own. */
runProcess({
  readConfig: readMarketConfig,
  configOptions,
  logger: serviceLogger,
  create: createMarketService,
});
