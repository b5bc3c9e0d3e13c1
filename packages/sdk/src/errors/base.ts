import { addBrand, hasBrand } from "./brand.ts";

/** What every error of this package can be made with. */
export type PeaqosErrorOptions = {
  /** Stable word for programs; the message is for people. */
  code?: string;
  /** What to do next, one sentence. */
  hint?: string;
  /** True when the same call can succeed later without any change. */
  retryable?: boolean;
  /** The error below; never holds a secret. */
  cause?: unknown;
};

/**
 * Base of every error this package throws.
 *
 * `instanceof` also recognises errors of another copy of the package. Messages never contain keys, tokens or
 * passphrases.
 *
 * @example
 * ```ts
 * import { PeaqosError } from "@peaqos/peaq-os-sdk";
 * try {
 *   await client.registerMachine();
 *   await client.registerMachine();
 * } catch (error) {
 *   if (error instanceof PeaqosError) console.log(error.code, error.hint);
 * }
 * ```
 */
export class PeaqosError extends Error {
  override readonly name: string = "PeaqosError";
  /** Stable word for programs, empty when there is nothing to tell apart. */
  readonly code: string;
  /** What to do next, when there is something to say. */
  readonly hint: string | undefined;
  /** True when the same call can succeed later without any change. */
  readonly retryable: boolean;

  constructor(message: string, options: PeaqosErrorOptions = {}) {
    super(
      options.hint === undefined ? message : `${message} ${options.hint}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = options.code ?? "";
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    addBrand(this, "PeaqosError");
  }

  /** Plain data for logs: name, code, message and the class's own fields. */
  toJSON(): Record<string, unknown> {
    const { cause: _cause, stack: _stack, ...fields } = this as Error & Record<string, unknown>;
    return { ...fields, name: this.name, message: this.message };
  }

  /** Name under which another copy of the package knows this class; a class derived outside has none of its own. */
  static readonly brand: string = "PeaqosError";

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: what stands right of `instanceof`, ours or derived, is the point
    return isInstance(this, value);
  }
}

/** By brand for our own classes, by prototype for classes that others derive from them. */
function isInstance(type: typeof PeaqosError, value: unknown): boolean {
  if (Object.hasOwn(type, "brand")) return hasBrand(value, type.brand);
  return Function.prototype[Symbol.hasInstance].call(type, value);
}
