import { PeaqosError } from "./base.ts";
import { addBrand } from "./brand.ts";

/** Names of fields whose value is never shown. */
const secretField = /key|secret|passphrase|mnemonic|token$|password/i;

/** The value as it may be shown: secrets as `[hidden]`, long texts cut. */
function shown(field: string, value: unknown): unknown {
  if (secretField.test(field)) return "[hidden]";
  if (typeof value === "string" && value.length > 120) return `${value.slice(0, 117)}...`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return value;
}

function inWords(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/**
 * Input that breaks a rule, found before anything is sent.
 *
 * @example
 * ```ts
 * import { ValidationError, validateSubmitEventParams } from "@peaqos/peaq-os-sdk";
 * try {
 *   validateSubmitEventParams({ machineId: 0, eventType: 1, value: 1, timestamp: 1735000000 });
 * } catch (error) {
 *   if (error instanceof ValidationError) console.log(error.field, error.constraint); // machineId ...
 * }
 * ```
 */
export class ValidationError extends PeaqosError {
  static override readonly brand: string = "ValidationError";
  override readonly name: string = "ValidationError";
  /** Name of the argument, in JavaScript spelling; `machineIds[1]` for an item of a list. */
  readonly field: string;
  /** The rule that was broken, in words. */
  readonly constraint: string;
  /** The value that broke it; `[hidden]` where it could be a secret. */
  readonly value: unknown;

  constructor(field: string, constraint: string, value?: unknown, options: { hint?: string } = {}) {
    const visible = shown(field, value);
    super(`${field} must be ${constraint}, got ${inWords(visible)}.`, {
      code: "VALIDATION_ERROR",
      ...(options.hint === undefined ? {} : { hint: options.hint }),
    });
    this.field = field;
    this.constraint = constraint;
    this.value = visible;
    addBrand(this, "ValidationError");
  }
}

/** A value above the client's own cap (`operationalLimits.maxValuePerTx`). Nothing was sent. */
export class ValueCapExceeded extends PeaqosError {
  static override readonly brand: string = "ValueCapExceeded";
  override readonly name: string = "ValueCapExceeded";
  /** The value asked for, in the event's minor units. */
  readonly value: bigint;
  /** The cap, in the same units. */
  readonly cap: bigint;

  constructor(value: bigint, cap: bigint) {
    super(`The event's value ${value} is above the client's cap of ${cap} per transaction.`, {
      code: "VALUE_CAP_EXCEEDED",
      hint: "Raise operationalLimits.maxValuePerTx or send less.",
    });
    this.value = value;
    this.cap = cap;
    addBrand(this, "ValueCapExceeded");
  }
}

/** More events for one machine than the client's own window allows. Nothing was sent. */
export class RateLimitExceeded extends PeaqosError {
  static override readonly brand: string = "RateLimitExceeded";
  override readonly name: string = "RateLimitExceeded";
  readonly machineId: bigint;
  /** Events already in the window. */
  readonly count: number;
  readonly maxEvents: number;
  readonly windowSeconds: number;

  constructor(machineId: bigint, count: number, maxEvents: number, windowSeconds: number) {
    super(
      `Machine ${machineId} has submitted ${count} events in the last ${windowSeconds} s; the client allows ${maxEvents}.`,
      {
        code: "RATE_LIMIT_EXCEEDED",
        retryable: true,
        hint: "Wait, or raise operationalLimits.rateLimitMaxEvents.",
      },
    );
    this.machineId = machineId;
    this.count = count;
    this.maxEvents = maxEvents;
    this.windowSeconds = windowSeconds;
    addBrand(this, "RateLimitExceeded");
  }
}
