import { OrchestrationConfigError } from "./errors.ts";

/** Where the market is, and what every request has in common. */
export type OrchestrationApi = {
  readonly baseUrl: string;
  /** The platform's key. A function, so that no inspector shows it. */
  readonly apiKey: () => string | undefined;
  /** Further attempts after a failure that may pass; 0 unless asked for. */
  readonly maxRetries: number;
  readonly fetch?: typeof fetch;
  /** Waits; ends early when the signal does. */
  readonly wait: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Milliseconds, for deadlines. */
  readonly now: () => number;
  /** From 0 up to 1, for the spread of waits. */
  readonly random: () => number;
  /** A key nobody used before. */
  readonly newKey: () => string;
};

/** What the standalone functions work on: a `PeaqosClient`, or what `createContext` makes. */
export type OrchestrationContext = {
  /** Market access; null where no `orchestrationUrl` is set. Not part of the stable surface. */
  readonly orchestrationApi: OrchestrationApi | null;
};

export type OrchestrationSettings = {
  readonly baseUrl: string | null;
  readonly apiKey?: string | undefined;
  readonly maxRetries?: number | undefined;
  readonly fetch?: typeof fetch | undefined;
};

/** Market access from checked client options. @throws OrchestrationConfigError for a key no header can carry. */
export function orchestrationApiOf(settings: OrchestrationSettings): OrchestrationApi | null {
  if (settings.baseUrl === null) return null;
  const apiKey = settings.apiKey === "" ? undefined : settings.apiKey;
  if (apiKey !== undefined && !/^[\x20-\x7e]+$/.test(apiKey))
    throw new OrchestrationConfigError(
      "apiKey (PEAQOS_API_KEY) must be one line of printable ASCII characters.",
    );
  const maxRetries = settings.maxRetries ?? 0;
  if (!Number.isInteger(maxRetries) || maxRetries < 0 || maxRetries > 10)
    throw new OrchestrationConfigError(
      `orchestrationMaxRetries must be a whole number from 0 to 10, got ${maxRetries}.`,
    );
  return {
    baseUrl: settings.baseUrl,
    apiKey: () => apiKey,
    maxRetries,
    ...(settings.fetch !== undefined && { fetch: settings.fetch }),
    wait,
    now: Date.now,
    random: Math.random,
    newKey: () => crypto.randomUUID(),
  };
}

/** The market access of a client. @throws OrchestrationConfigError when it has none. */
export function apiOf(client: OrchestrationContext): OrchestrationApi {
  if (client.orchestrationApi === null || client.orchestrationApi === undefined)
    throw new OrchestrationConfigError("This client does not know where the market is.", {
      hint: "Set orchestrationUrl (PEAQOS_ORCHESTRATION_URL).",
    });
  return client.orchestrationApi;
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The text of the warning for a market that is asked over plain http beyond this machine, or undefined. */
export function plainHttpWarning(baseUrl: string): string | undefined {
  const url = new URL(baseUrl);
  return url.protocol === "http:" && !loopback.test(url.hostname)
    ? `orchestrationUrl uses plain http to ${url.hostname}: keys and tokens can be read on the way. Use https.`
    : undefined;
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
