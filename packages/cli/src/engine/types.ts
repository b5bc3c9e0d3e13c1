import type { Settings } from "../config/settings.ts";
import type { Style } from "./style.ts";
import type { Ui } from "./ui.ts";

/** What one option or argument accepts. `parse` answers `undefined` when the text breaks the rule. */
export type ValueType<T> = {
  /** Placeholder in help, for example `N` or `PATH`. */
  readonly hint: string;
  /** The rule in words; printed when a value breaks it. */
  readonly rule: string;
  readonly parse: (raw: string) => T | undefined;
  /** The whole set of allowed words, where there is one (help, completion, did-you-mean). */
  readonly choices?: readonly string[];
  /** True when shells should complete file names. */
  readonly file?: boolean;
};

export type Option<T = unknown> = {
  readonly summary: string;
  /** Absent: a switch without a value. */
  readonly value?: ValueType<T>;
  readonly required?: boolean;
  readonly default?: NoInfer<T>;
  /** May be given more than once; the handler gets a list. */
  readonly many?: boolean;
  readonly short?: string;
  /** Other words people try for it: used by did-you-mean only, never accepted. */
  readonly alsoSought?: readonly string[];
  /** One line under "Default:" in help when the default is not a constant. */
  readonly defaultText?: string;
};

export type Argument<T = unknown> = {
  readonly name: string;
  readonly summary: string;
  readonly value: ValueType<T>;
  readonly optional?: boolean;
};

export type Example = { readonly command: string; readonly does: string };

/** One key of the `--json` answer, for help and docs/cli.md; tests hold the real answers against it. */
export type OutputField = { readonly name: string; readonly type: string; readonly meaning: string };

export type Options = Readonly<Record<string, Option>>;
export type Arguments = readonly Argument[];

export type CommandSpec<O extends Options = Options, A extends Arguments = Arguments> = {
  readonly path: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly options: O;
  readonly args: A;
  /** Other words people try for it: used by did-you-mean only. */
  readonly alsoSought?: readonly string[];
  readonly examples: readonly [Example, ...Example[]];
  readonly output: readonly OutputField[];
  /** What `--json` prints when it is not an object with the keys of `output`. */
  readonly outputNote?: string;
};

type ValueOf<O> = O extends { readonly value: ValueType<infer T> }
  ? O extends { readonly many: true }
    ? readonly T[]
    : O extends { readonly required: true } | { readonly default: unknown }
      ? T
      : T | undefined
  : boolean;

export type FlagValues<O extends Options> = { readonly [K in keyof O]: ValueOf<O[K]> };
export type ArgumentValues<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends { readonly optional: true; readonly value: ValueType<infer T> }
    ? T | undefined
    : A[K] extends { readonly value: ValueType<infer T> }
      ? T
      : never;
};

/** What a handler hands back: the same facts for programs and for people. */
export type Result = {
  readonly json: unknown;
  readonly text: string | ((style: Style) => string);
  /** 0 when absent. Only for results that are an answer and a failure at once (`doctor`, a partial import). */
  readonly exitCode?: ExitCode;
};

export type ExitCode = 0 | 1 | 2 | 3;

export type HandlerContext<S extends CommandSpec = CommandSpec> = {
  readonly flags: FlagValues<S["options"]>;
  readonly args: ArgumentValues<S["args"]>;
  readonly globals: GlobalFlags;
  readonly io: Io;
  readonly ui: Ui;
  /** Settings by flag, environment, `.env`, default; read when first asked for. */
  readonly settings: () => Promise<Settings>;
};

export type Handler<S extends CommandSpec = CommandSpec> = (context: HandlerContext<S>) => Promise<Result>;

export type Command = CommandSpec & { readonly load: () => Promise<{ readonly run: Handler }> };

export type GlobalFlags = {
  readonly help: boolean;
  readonly version: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly "no-color": boolean;
  readonly "env-file": string | undefined;
  readonly "orchestration-url": string | undefined;
  readonly "orch-api-key": string | undefined;
};

export type OutputStream = {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
};

/** Everything a run may touch of the world around it; tests pass their own. */
export type Io = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: NodeJS.ReadStream | (NodeJS.ReadableStream & { isTTY?: boolean });
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Lets a command end tidily on the first Ctrl-C or SIGTERM; the answer takes the wish back. */
  readonly onInterrupt: (end: () => void) => () => void;
};

/** Ties a spec to its handler, which is imported only when the command runs. */
export function defineCommand<const O extends Options, const A extends Arguments>(
  spec: CommandSpec<O, A>,
  load: () => Promise<{ readonly run: Handler<CommandSpec<O, A>> }>,
): Command {
  return { ...spec, load: load as unknown as Command["load"] };
}

/** Keeps the literal types of a spec, so that its handler sees each flag with its own type. */
export function defineSpec<const O extends Options, const A extends Arguments>(
  spec: CommandSpec<O, A>,
): CommandSpec<O, A> {
  return spec;
}
