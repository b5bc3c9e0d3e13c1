/** Where the time comes from. Logic never asks the system itself, so that tests can move it. */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };
