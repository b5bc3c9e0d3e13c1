/** The market's wire: shapes, operations, errors, words and states (`@peaqos/protocol/market`). */
export * from "./agents.ts";
export * from "./errors.ts";
export * from "./machines.ts";
export * from "./money.ts";
export * from "./operation.ts";
export * from "./operations.ts";
export * from "./orders.ts";
export * from "./pairings.ts";
export * from "./payments.ts";
export * from "./policies.ts";
export { readerOf } from "./reading.ts";
export * from "./search.ts";
export * from "./services.ts";
export * from "./skills.ts";
export * from "./states.ts";
export * from "./values.ts";
export * from "./words.ts";
export * from "./work.ts";
