import { ConfigError, showConfig } from "@peaqos/service-kit";
import { configOptions, readMarketConfig } from "./config.ts";
import { createMarketService, serviceLogger } from "./service.ts";

/** The market as a process of its own: settings from the environment, SIGTERM ends it in order. */

async function main(): Promise<void> {
  const config = readMarketConfig(process.env);
  const logger = serviceLogger(config);
  logger.info({ settings: showConfig(config, configOptions) }, "starting");
  const service = await createMarketService(process.env, { logger });
  const end = (signal: string) => {
    logger.info({ signal }, "stopping");
    void service.stop().then(() => process.exit(0));
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  await service.start();
}

main().catch((error: unknown) => {
  // A wrong setting needs no stack: the message says what to change.
  process.stderr.write(`${error instanceof ConfigError ? error.message : (error as Error).stack}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
});
