import type { Logger } from "pino";
import { ConfigError, type ConfigOptions, showConfig } from "./config.ts";

/** What a process runs: a service with its settings read. */
export type ProcessService = { start(): Promise<void>; stop(): Promise<void> };

export type ProcessOptions<C> = {
  /** @throws ConfigError for wrong settings. */
  readonly readConfig: (env: NodeJS.ProcessEnv) => C;
  readonly configOptions: ConfigOptions;
  readonly logger: (config: C) => Logger;
  readonly create: (env: NodeJS.ProcessEnv, deps: { readonly logger: Logger }) => Promise<ProcessService>;
};

/**
 * A service as a process of its own: settings from the environment, SIGTERM or SIGINT ends it in order. Wrong settings
 * end it with 2 and say what to change, any other failure of the start with 1 and its stack.
 *
 * @example
 * runProcess({ readConfig: readRatingConfig, configOptions, logger: serviceLogger, create: createRatingService });
 */
export function runProcess<C extends Readonly<Record<string, unknown>>>(options: ProcessOptions<C>): void {
  start(options).catch((error: unknown) => {
    // A wrong setting needs no stack: the message says what to change.
    process.stderr.write(`${error instanceof ConfigError ? error.message : (error as Error).stack}\n`);
    process.exit(error instanceof ConfigError ? 2 : 1);
  });
}

async function start<C extends Readonly<Record<string, unknown>>>(options: ProcessOptions<C>): Promise<void> {
  const config = options.readConfig(process.env);
  const logger = options.logger(config);
  logger.info({ settings: showConfig(config, options.configOptions) }, "starting");
  const service = await options.create(process.env, { logger });
  const end = (signal: string) => {
    logger.info({ signal }, "stopping");
    void service.stop().then(() => process.exit(0));
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  await service.start();
}
