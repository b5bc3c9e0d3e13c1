import type { Database, Metrics } from "@peaqos/service-kit";
import type { Logger } from "pino";
import type { MarketConfig } from "../config.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Clock } from "./clock.ts";
import type { Ids } from "./ids.ts";
import type { Sealing } from "./sealing.ts";
import type { Writes } from "./write.ts";

/** What every domain stands on. Domains get each other as arguments of their `create…` functions. */
export type Market = Writes & {
  readonly config: MarketConfig;
  readonly database: Database<unknown>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly sealing: Sealing;
  readonly jobs: Jobs;
};
