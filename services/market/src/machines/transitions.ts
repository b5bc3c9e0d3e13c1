import { machineStates } from "@peaqos/protocol/market";
import { fail } from "../kit/errors.ts";
import type { Machine } from "./store.ts";

type Status = Machine["status"];

/** The event by which an operator takes a machine from one state to another; null when nothing changes. */
export function operatorEvent(from: Status, to: Status): string | null {
  if (from === to) return null;
  const possible = machineStates.transitions.filter(
    (each) => each.from === from && each.actors.includes("operator"),
  );
  const event = possible.find((each) => each.to === to)?.event;
  if (event !== undefined) return event;
  throw fail("CONFLICT", `a machine that is ${from} cannot become ${to}`, {
    reason: "status_transition",
    from,
    to,
    allowed: possible.map((each) => each.to),
  });
}
