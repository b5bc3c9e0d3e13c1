/** Entry `@peaqos/rating/score`: the rating model alone, for whoever wants to recompute or reuse it. No service behind it. */
export * from "./days.ts";
export * from "./explain.ts";
export { dayOf, isQualifying } from "./figures.ts";
export * from "./history.ts";
export * from "./inputs.ts";
export * from "./parameters.ts";
export { score } from "./score.ts";
export * from "./standing.ts";
export type * from "./types.ts";
