import { describe, expect, test } from "vitest";
import {
  closedOrderStatuses,
  marketStateMachines,
  nextState,
  orderStates,
  paymentStates,
  type StateMachine,
  statesBefore,
} from "./states.ts";
import { disputeResolutions } from "./words.ts";

describe.each(Object.entries(marketStateMachines) as [string, StateMachine][])("%s", (_, machine) => {
  test("every state can be reached from nothing", () => {
    const reached = new Set<string | null>([null]);
    for (let before = 0; before !== reached.size; ) {
      before = reached.size;
      for (const { from, to } of machine.transitions) if (reached.has(from)) reached.add(to);
    }
    expect(machine.states.filter((state) => !reached.has(state))).toEqual([]);
  });

  test("terminal states are exactly those that nothing leaves", () => {
    const left = new Set(machine.transitions.map(({ from }) => from));
    expect(machine.states.filter((state) => !left.has(state)).sort()).toEqual([...machine.terminal].sort());
  });

  test("every event has an actor, is known in its states, and leads to one state only", () => {
    const seen = new Set<string>();
    for (const { from, event, to, actors } of machine.transitions) {
      expect(actors.length, event).toBeGreaterThan(0);
      expect(new Set(actors).size, event).toBe(actors.length);
      for (const state of [from, to]) if (state !== null) expect(machine.states).toContain(state);
      expect(from, event).not.toBe(to);
      expect(seen.has(`${from} ${event}`), `${from} ${event}`).toBe(false);
      seen.add(`${from} ${event}`);
    }
  });

  test("from every state some terminal state can be reached: nothing stays open for ever", () => {
    const ends = new Set<string | null>(machine.terminal);
    for (let before = 0; before !== ends.size; ) {
      before = ends.size;
      for (const { from, to } of machine.transitions) if (ends.has(to)) ends.add(from);
    }
    expect(machine.states.filter((state) => !ends.has(state))).toEqual([]);
  });
});

/** Guarantees that money is never released or refunded twice, and never before it was held. */
test("payments: one way out, only after the money was held", () => {
  expect(statesBefore(paymentStates, "release")).toEqual(["release_pending"]);
  expect(statesBefore(paymentStates, "refund")).toEqual(["held", "release_pending"]);
  for (const state of ["released", "refunded", "not_required"] as const)
    for (const event of ["release", "refund", "dispute", "reversed", "resolveRefund"])
      expect(nextState(paymentStates, state, event)).toBeUndefined();
  for (const resolution of disputeResolutions)
    expect(
      nextState(
        paymentStates,
        "frozen",
        `resolve${resolution.charAt(0).toUpperCase()}${resolution.slice(1)}`,
      ),
    ).toBeDefined();
});

test("orders: the published steps", () => {
  expect(nextState(orderStates, "created", "execute")).toBe("executing");
  expect(nextState(orderStates, "handoff", "confirm")).toBe("confirmed");
  expect(nextState(orderStates, "confirmed", "dispute")).toBeUndefined();
  expect(nextState(orderStates, "payment_pending", "execute")).toBeUndefined();
  expect(closedOrderStatuses).toEqual(["confirmed", "disputed", "cancelled"]);
});

test("a confirmation or a dispute can only be caused by the agent or a deadline", () => {
  for (const { event, actors } of orderStates.transitions)
    if (event === "confirm" || event === "dispute") expect(actors).not.toContain("operator");
});
