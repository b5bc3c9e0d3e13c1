import {
  type ConfigOptions,
  envBoolean,
  envHttpUrl,
  envInteger,
  envJson,
  envPort,
  readConfig,
} from "@peaqos/service-kit";
import type { Address } from "viem";
import { z } from "zod";

/** Settings of the rating service: environment variables, read once at the start. */

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "must be an address: 0x and 40 hexadecimal digits")
  .transform((text) => text.toLowerCase() as Address);

const evidenceChain = z.strictObject({
  chainId: z.int().min(1),
  rpcUrl: envHttpUrl,
  confirmations: z.int().min(1).default(1),
});

const paymentToken = z.strictObject({
  chainId: z.int().min(1),
  address,
  decimals: z.int().min(0).max(36),
  symbol: z.string().min(1),
});

export const didPrecompile = "0x0000000000000000000000000000000000000800";

export const configSchema = z.object({
  PEAQOS_RPC_URL: envHttpUrl.optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL")
    .optional(),
  /** Empty: test mode, every question about data is answered 503. */
  IDENTITY_REGISTRY_ADDRESS: address.optional(),
  IDENTITY_STAKING_ADDRESS: address.optional(),
  EVENT_REGISTRY_ADDRESS: address.optional(),
  MACHINE_NFT_ADDRESS: address.optional(),
  DID_REGISTRY_ADDRESS: address.default(didPrecompile),
  ADMIN_FLAGS_ADDRESS: address.optional(),
  PEAQOS_MCR_HOST: z.string().default("127.0.0.1"),
  PEAQOS_MCR_PORT: envPort.default(8_000),
  /** Requests a minute and IP address; 0 is off. */
  PEAQOS_MCR_RATE_LIMIT: envInteger(0, 1_000_000).default(90),
  PEAQOS_INTERNAL_KEY: z.string().min(16, "must have at least 16 characters").optional(),
  PEAQOS_TRUST_POLICY: z.enum(["verified", "claimed"], "must be verified or claimed").default("verified"),
  PEAQOS_EVIDENCE_CHAINS: envJson(z.array(evidenceChain)).default([]),
  PEAQOS_PAYMENT_TOKENS: envJson(z.array(paymentToken)).default([]),
  PEAQOS_HARDWARE_ATTESTORS: envJson(z.array(address)).default([]),
  PEAQOS_FX_URL: envHttpUrl.optional(),
  /** Which addresses beside the public ones a machine's data API may have. */
  PEAQOS_ALLOW_PRIVATE_URLS: z
    .enum(["false", "loopback", "true"], "must be false, loopback or true")
    .default("false"),
  /** First block that can hold anything of these contracts. */
  PEAQOS_MCR_START_BLOCK: envInteger(0, Number.MAX_SAFE_INTEGER).default(0),
  /** How often the node is asked for its newest block; the default spares a node that bills its calls. */
  PEAQOS_MCR_POLL_MS: envInteger(5, 60_000).default(1_000),
  /** Follow the chain in this process; one of all that do is elected. */
  PEAQOS_MCR_FOLLOW: envBoolean.default(true),
  /** Believe X-Forwarded-For: only behind a proxy of one's own. */
  PEAQOS_MCR_TRUST_PROXY: envBoolean.default(false),
  /** Check every answer against its schema: for tests and the devnet. */
  PEAQOS_MCR_CHECK_ANSWERS: envBoolean.default(false),
  PEAQOS_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  /** Where the log goes; absent: standard output. */
  PEAQOS_LOG_FILE: z.string().optional(),
});

export type RatingConfig = z.output<typeof configSchema>;

export const configOptions: ConfigOptions = {
  secrets: [
    "DATABASE_URL",
    "PEAQOS_RPC_URL",
    "PEAQOS_INTERNAL_KEY",
    "PEAQOS_EVIDENCE_CHAINS",
    "PEAQOS_FX_URL",
  ],
  ownPrefixes: ["PEAQOS_MCR_"],
};

/** A client's variable that shares our beginning: it names the service, it does not set it up. */
const clientVariables = new Set(["PEAQOS_MCR_API_URL"]);

/**
 * @throws ConfigError naming every wrong variable.
 * @example
 * const { PEAQOS_MCR_PORT } = readRatingConfig(process.env);
 */
export function readRatingConfig(env: Readonly<Record<string, string | undefined>>): RatingConfig {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !clientVariables.has(name)));
  return readConfig(complete, own, configOptions);
}

/** Everything that must be there once a registry is configured. */
const required = [
  "PEAQOS_RPC_URL",
  "DATABASE_URL",
  "IDENTITY_STAKING_ADDRESS",
  "EVENT_REGISTRY_ADDRESS",
  "MACHINE_NFT_ADDRESS",
] as const;

const complete = configSchema.superRefine((config, context) => {
  if (config.IDENTITY_REGISTRY_ADDRESS === undefined) return;
  for (const name of required)
    if (config[name] === undefined)
      context.addIssue({
        code: "custom",
        path: [name],
        message: "must be set when IDENTITY_REGISTRY_ADDRESS is (without it the service runs in test mode)",
      });
});
