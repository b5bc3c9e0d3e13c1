import { z } from "zod";

/** A start-up setting that is missing, unknown or does not fit. The message lists every one of them. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export type ConfigOptions = {
  /** Variables whose values must not be shown. */
  readonly secrets: readonly string[];
  /** Prefixes that belong to this service alone: any other variable that begins so is a spelling mistake. */
  readonly ownPrefixes: readonly string[];
};

/**
 * Reads a service's settings from environment variables. The schema's keys are the variables' names; an empty
 * value counts as absent.
 *
 * @throws ConfigError naming each variable, its value (unless secret) and the rule it breaks.
 * @example
 * const config = readConfig(z.object({ DATABASE_URL: z.url() }), process.env,
 *   { secrets: ["DATABASE_URL"], ownPrefixes: ["PEAQOS_MCR_"] });
 */
export function readConfig<T extends z.ZodObject>(
  schema: T,
  env: Readonly<Record<string, string | undefined>>,
  options: ConfigOptions,
): z.output<T> {
  const known = Object.keys(schema.shape);
  const given: Record<string, string> = {};
  for (const name of known) {
    const value = env[name]?.trim();
    if (value !== undefined && value !== "") given[name] = value;
  }
  const problems: string[] = [];
  for (const name of Object.keys(env)) {
    const isOwn = options.ownPrefixes.some((prefix) => name.startsWith(prefix));
    if (isOwn && !known.includes(name))
      problems.push(`${name}: unknown variable. Known with that beginning: ${sameBeginning(name, known)}`);
  }
  const result = schema.safeParse(given);
  if (!result.success)
    for (const issue of result.error.issues) {
      const name = String(issue.path[0] ?? "settings");
      const value = given[name];
      const shown = value === undefined ? "not set" : options.secrets.includes(name) ? "[hidden]" : value;
      problems.push(`${name}: ${issue.message} (${shown})`);
    }
  if (!result.success || problems.length > 0)
    throw new ConfigError(`wrong settings:\n${problems.map((line) => `  ${line}`).join("\n")}`);
  return result.data;
}

function sameBeginning(name: string, known: readonly string[]): string {
  const beginning = name.split("_").slice(0, 2).join("_");
  return known.filter((candidate) => candidate.startsWith(beginning)).join(", ") || "none";
}

/** Settings as they may be shown: secrets replaced, bigints as text. */
export function showConfig(
  config: Readonly<Record<string, unknown>>,
  options: ConfigOptions,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      value !== undefined && options.secrets.includes(name) ? "[hidden]" : value,
    ]),
  );
}

/** `true`, `false`, `1`, `0`. */
export const envBoolean = z
  .enum(["true", "false", "1", "0"], "must be true or false")
  .transform((value) => value === "true" || value === "1");

/** A whole number between `min` and `max`. */
export function envInteger(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
}

/** A TCP port; 0 lets the system choose. */
export const envPort = envInteger(0, 65_535);

/** An http or https URL. */
export const envHttpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** JSON text that fits `schema`. */
export function envJson<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "must be JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
