import type { IncomingHttpHeaders } from "node:http";
import type { BodyOf, Operation, ParamsOf, QueryOf } from "@peaqos/protocol";
import type { Logger } from "pino";

/** A request as a handler sees it: validated, free of the HTTP framework. */
export type HandlerRequest<T extends Operation> = {
  readonly params: ParamsOf<T>;
  readonly query: QueryOf<T>;
  readonly body: BodyOf<T>;
  readonly headers: IncomingHttpHeaders;
  readonly id: string;
  readonly ip: string;
  readonly log: Logger;
};

/** What a handler answers with. */
export type Answer = {
  readonly status: number;
  /** A value to write as JSON (bigints become raw integers). */
  readonly body?: unknown;
  /** A body that is written already; wins over `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Handler<T extends Operation> = (request: HandlerRequest<T>) => Answer | Promise<Answer>;

/** Marks an operation that a plugin serves (the API page); it is documented and counted, but not mounted here. */
export const mountedElsewhere = Symbol("mounted elsewhere");

/** One handler for each operation: forgetting one is a type error. */
export type Handlers<T extends Readonly<Record<string, Operation>>> = {
  readonly [K in keyof T]: Handler<T[K]> | typeof mountedElsewhere;
};
