import { type DestinationStream, type Logger, pino } from "pino";

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** Names whose values never reach a log, wherever they stand in the first two levels of an entry. */
const secretNames = [
  "password",
  "privateKey",
  "private_key",
  "internalKey",
  "apiKey",
  "api_key",
  "token",
  "secret",
  "authorization",
  "cookie",
  "DATABASE_URL",
  "databaseUrl",
];

/**
 * A JSON logger to standard output, or to `file`. Secrets are replaced by name; URLs with credentials must be passed through `withoutCredentials`.
 */
export function createLogger(
  options: { service: string; level: LogLevel; file?: string | undefined },
  destination: DestinationStream | undefined = options.file === undefined
    ? undefined
    : pino.destination({ dest: options.file, mkdir: true, mode: 0o600 }),
): Logger {
  const paths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: "[redacted]" },
      serializers: { err: pino.stdSerializers.err },
    },
    destination,
  );
}

/**
 * A URL as it may be shown: user, password and query are left out, since any of them can hold a key.
 *
 * @example
 * withoutCredentials("postgres://me:secret@db:5432/rating"); // "postgres://db:5432/rating"
 */
export function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return "[not a URL]";
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}
