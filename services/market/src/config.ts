import {
  type ConfigOptions,
  envBoolean,
  envHttpUrl,
  envInteger,
  envJson,
  envPort,
  readConfig,
} from "@peaqos/service-kit";
import { z } from "zod";

/** Settings of the market: environment variables, read once at the start. */

const chainName = z.string().regex(/^eip155:[1-9]\d{0,15}$/, "must be CAIP-2 such as eip155:3338");
const paymentToken = z.strictObject({
  chainId: z.int().min(1),
  address: z.string().regex(/^0x[0-9a-fA-F]{40}$/, "must be 0x and 40 hexadecimal digits"),
  decimals: z.int().min(0).max(36),
  symbol: z.string().min(1),
});
const rootKey = /^(?:(?<tenant>[a-z0-9][a-z0-9-]{0,62})=)?(?:sha256:)?(?<hash>[0-9a-f]{64})$/;

export const configSchema = z.object({
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL"),
  PEAQOS_MARKET_HOST: z.string().default("127.0.0.1"),
  PEAQOS_MARKET_PORT: envPort.default(8_080),
  /** Connections to the database at most. */
  PEAQOS_MARKET_DATABASE_CONNECTIONS: envInteger(2, 500).default(20),
  /** Platform key needed on platform calls. */
  PEAQOS_REQUIRE_API_AUTH: envBoolean.default(false),
  /**
   * SHA-256 hashes of platform keys with all scopes, separated by commas: `<hash>` for the default tenant,
   * `<tenant>=<hash>` for another.
   */
  PEAQOS_API_KEYS: z
    .string()
    .transform((text) =>
      text
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== ""),
    )
    .refine(
      (list) => list.every((part) => rootKey.test(part)),
      "must be SHA-256 hashes in lower-case hex, each with its tenant and = before it if it has one",
    )
    .transform((list) =>
      list.map((part) => {
        const { tenant = "default", hash = "" } = rootKey.exec(part)?.groups ?? {};
        return { tenantId: tenant, hash };
      }),
    )
    .default([]),
  /** Pairing token needed on agent calls. */
  PEAQOS_REQUIRE_AGENT_PAIRING_AUTH: envBoolean.default(true),
  PEAQOS_MACHINE_IDENTITY_VERIFICATION: z.enum(["required", "optional", "off"]).default("required"),
  PEAQOS_AGENT_PAIRING_VERIFICATION: z.enum(["required", "optional", "off"]).default("required"),
  /** At least 32 bytes; the same on every replica. Without it no pairing token can be made. */
  PEAQOS_SESSION_SECRET: z.string().min(32, "must have at least 32 characters").optional(),
  PEAQOS_SESSION_TTL_SECONDS: envInteger(10, 31_536_000).default(3_600),
  PEAQOS_CHALLENGE_TTL_SECONDS: envInteger(70, 86_400).default(300),
  PEAQOS_QUOTE_TTL_SECONDS: envInteger(1, 86_400).default(300),
  /** What tokens and challenges name as their issuer; the public host of this deployment. */
  PEAQOS_MARKET_ISSUER: z.string().min(1).max(200).default("peaqos-market"),
  /** 32 bytes in hex: encrypts credentials at rest. Absent: derived from PEAQOS_SESSION_SECRET. */
  PEAQOS_ENCRYPTION_KEY: z
    .string()
    .regex(/^(0x)?[0-9a-fA-F]{64}$/, "must be 32 bytes in hexadecimal")
    .optional(),
  PEAQOS_MCR_API_URL: envHttpUrl,
  PEAQOS_MCR_TIMEOUT_MS: envInteger(50, 60_000).default(5_000),
  /** Shared by our own services. */
  PEAQOS_INTERNAL_KEY: z.string().min(16, "must have at least 16 characters").optional(),
  /** Nodes that payments are verified on: `{"eip155:3338":"https://…"}`. */
  PEAQOS_PAYMENT_RPC_URLS: envJson(z.record(chainName, envHttpUrl)).default({}),
  /** Confirmations a payment needs, per chain: `{"eip155:3338":12}`; chains not named need 12. */
  PEAQOS_PAYMENT_CONFIRMATIONS: envJson(z.record(chainName, z.int().min(1).max(10_000))).default({}),
  /** Tokens whose decimals need not be read from their contracts: `[{"chainId":3338,"address":"0x…","decimals":6,"symbol":"USDC"}]`. */
  PEAQOS_PAYMENT_TOKENS: envJson(z.array(paymentToken)).default([]),
  /** How often the payment chains are asked for their newest block. */
  PEAQOS_PAYMENT_POLL_MS: envInteger(5, 60_000).default(500),
  /** So many blocks below the head a verified payment can still be taken away by a reorganisation and is watched. */
  PEAQOS_PAYMENT_WATCH_BLOCKS: envInteger(1, 100_000).default(128),
  /** How often the sums of the ledger are checked: paid in = held + releasing + released + frozen + refunded. */
  PEAQOS_PAYMENT_CONSERVATION_SECONDS: envInteger(1, 86_400).default(300),
  PEAQOS_PAYMENT_RPC_TIMEOUT_MS: envInteger(50, 60_000).default(5_000),
  /** How long a payment proof waits for its verification before it is told to come again. */
  PEAQOS_PAYMENT_WAIT_MS: envInteger(100, 55_000).default(20_000),
  /** Rails beyond a service's supportedRails are refused. */
  PEAQOS_ENFORCE_SERVICE_PAYMENT_RAILS: envBoolean.default(true),
  PEAQOS_CATALOGUE_FILE: z.string().optional(),
  /** How often the sellers' health checks are asked; 0 is never. */
  PEAQOS_MARKET_HEALTH_SECONDS: envInteger(0, 86_400).default(30),
  PEAQOS_AGENT_LEASE_SECONDS: envInteger(30, 3_600).default(120),
  /** One request to a seller. */
  PEAQOS_EXECUTION_TIMEOUT_MS: envInteger(100, 55_000).default(45_000),
  /** How long an execute call waits for its run before it is told to come again; clients give up after 60 s. */
  PEAQOS_EXECUTION_WAIT_MS: envInteger(50, 58_000).default(55_000),
  /** Requests of one run, all with the same key, whose fate is not learnt; then the order fails. */
  PEAQOS_EXECUTION_ATTEMPTS: envInteger(1, 20).default(3),
  /** Pause before the second request; it doubles. */
  PEAQOS_EXECUTION_RETRY_MS: envInteger(1, 60_000).default(1_000),
  /** A run that has no end after so long fails. */
  PEAQOS_EXECUTION_DEADLINE_MS: envInteger(1_000, 86_400_000).default(600_000),
  /** Executions at once in this process: at one seller, and altogether. */
  PEAQOS_EXECUTION_PER_SELLER: envInteger(1, 1_000).default(16),
  PEAQOS_EXECUTION_CONCURRENCY: envInteger(1, 1_000).default(24),
  /** Transport failures in a row after which a seller is left alone, and for how long at first. */
  PEAQOS_EXECUTION_BREAKER_FAILURES: envInteger(1, 1_000).default(5),
  PEAQOS_EXECUTION_BREAKER_SECONDS: envInteger(1, 3_600).default(30),
  /** A delivered order nobody confirms or disputes is confirmed after so long. */
  PEAQOS_CONFIRM_AFTER_SECONDS: envInteger(1, 31_536_000).default(86_400),
  /** A dispute nobody resolves ends with the default outcome after so long. */
  PEAQOS_DISPUTE_AFTER_SECONDS: envInteger(1, 31_536_000).default(604_800),
  PEAQOS_DISPUTE_DEFAULT: z.enum(["refund", "release"]).default("refund"),
  /** What was spent on a day is kept for so many days, and as long as an order of it can give something back. */
  PEAQOS_SPEND_KEEP_DAYS: envInteger(1, 36_500).default(32),
  /** How often the heads of the audit chains are signed. */
  PEAQOS_AUDIT_HEAD_SECONDS: envInteger(1, 86_400).default(60),
  /** Which addresses beside the public ones sellers and runtime endpoints may have. */
  PEAQOS_ALLOW_PRIVATE_URLS: z.enum(["false", "loopback", "true"]).default("false"),
  /** Requests a minute and caller (key, pairing or IP address); 0 is off. */
  PEAQOS_MARKET_RATE_LIMIT: envInteger(0, 10_000_000).default(600),
  PEAQOS_MARKET_TRUST_PROXY: envBoolean.default(false),
  /** Check every answer against its schema: for tests and the devnet. */
  PEAQOS_MARKET_CHECK_ANSWERS: envBoolean.default(false),
  /** Run jobs in this process. */
  PEAQOS_MARKET_WORKERS: envBoolean.default(true),
  /** How often a replica looks for jobs that others left. */
  PEAQOS_MARKET_JOB_POLL_MS: envInteger(10, 60_000).default(1_000),
  PEAQOS_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  PEAQOS_LOG_FILE: z.string().optional(),
  NODE_ENV: z.string().optional(),
});

export type MarketConfig = z.output<typeof configSchema>;

export const configOptions: ConfigOptions = {
  secrets: [
    "DATABASE_URL",
    "PEAQOS_API_KEYS",
    "PEAQOS_SESSION_SECRET",
    "PEAQOS_ENCRYPTION_KEY",
    "PEAQOS_INTERNAL_KEY",
    "PEAQOS_PAYMENT_RPC_URLS",
  ],
  ownPrefixes: ["PEAQOS_MARKET_"],
};

const complete = configSchema.superRefine((config, context) => {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  if (config.PEAQOS_REQUIRE_AGENT_PAIRING_AUTH && config.PEAQOS_SESSION_SECRET === undefined)
    refuse("PEAQOS_SESSION_SECRET", "must be set while PEAQOS_REQUIRE_AGENT_PAIRING_AUTH is on");
  if (config.NODE_ENV !== "production") return;
  for (const name of ["PEAQOS_MACHINE_IDENTITY_VERIFICATION", "PEAQOS_AGENT_PAIRING_VERIFICATION"] as const)
    if (config[name] === "off") refuse(name, "must not be off when NODE_ENV is production");
});

/**
 * @throws ConfigError naming every wrong variable.
 * @example
 * const { PEAQOS_MARKET_PORT } = readMarketConfig(process.env);
 */
export function readMarketConfig(env: Readonly<Record<string, string | undefined>>): MarketConfig {
  return readConfig(complete, env, configOptions);
}
