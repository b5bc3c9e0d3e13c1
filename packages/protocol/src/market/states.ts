import {
  disputeStatuses,
  machineStatuses,
  orderStatuses,
  pairingStatuses,
  paymentStatuses,
} from "./words.ts";

/**
 * The market's state machines as tables. The database's check constraints, the server's transitions and the drawings in
 * the documentation come from here.
 */

/**
 * Who can cause an event: the operator with the platform's key, the agent with its pairing token, the resolver of
 * disputes (an operator's key with that role), or the system (workers and deadlines).
 */
export type Actor = "operator" | "agent" | "resolver" | "system";

export type Transition<S extends string = string> = {
  /** Null: the record does not exist yet. */
  readonly from: S | null;
  readonly event: string;
  readonly to: S;
  readonly actors: readonly Actor[];
};

export type StateMachine<S extends string = string> = {
  readonly name: string;
  readonly states: readonly S[];
  /** Nothing leads out of these. */
  readonly terminal: readonly S[];
  readonly transitions: readonly Transition<S>[];
};

/** The same event from several states. */
function from<S extends string>(
  states: readonly (S | null)[],
  event: string,
  to: S,
  ...actors: readonly Actor[]
): Transition<S>[] {
  return states.map((state) => ({ from: state, event, to, actors }));
}

type Machine = (typeof machineStatuses)[number];
type Pairing = (typeof pairingStatuses)[number];
type Order = (typeof orderStatuses)[number];
type Payment = (typeof paymentStatuses)[number];
type Dispute = (typeof disputeStatuses)[number];

export const machineStates: StateMachine<Machine> = {
  name: "machine",
  states: machineStatuses,
  terminal: ["archived"],
  transitions: [
    ...from<Machine>([null], "create", "draft", "operator"),
    ...from<Machine>(["draft"], "activate", "active", "operator"),
    ...from<Machine>(["active", "blocked"], "degrade", "degraded", "operator", "system"),
    ...from<Machine>(["active", "degraded"], "block", "blocked", "operator", "system"),
    ...from<Machine>(["degraded", "blocked"], "restore", "active", "operator", "system"),
    ...from<Machine>(["draft", "active", "degraded", "blocked"], "archive", "archived", "operator"),
  ],
};

export const pairingStates: StateMachine<Pairing> = {
  name: "pairing",
  states: pairingStatuses,
  terminal: ["revoked"],
  transitions: [
    ...from<Pairing>([null], "create", "active", "operator"),
    ...from<Pairing>(["active"], "pause", "paused", "operator"),
    ...from<Pairing>(["paused"], "resume", "active", "operator"),
    ...from<Pairing>(["active", "paused"], "revoke", "revoked", "operator"),
  ],
};

/**
 * An unreachable endpoint takes an execution back to `ready`. A payment that a reorganisation took away takes an order
 * that was not delivered back to `payment_pending`; after delivery the system opens a dispute. A confirmed order stays
 * confirmed even then: the dispute and the frozen payment tell.
 */
export const orderStates: StateMachine<Order> = {
  name: "order",
  states: orderStatuses,
  terminal: ["confirmed", "disputed", "cancelled"],
  transitions: [
    ...from<Order>([null], "create", "created", "agent"),
    ...from<Order>(["created"], "intent", "payment_pending", "agent"),
    ...from<Order>(["created"], "paymentNotRequired", "ready", "agent"),
    ...from<Order>(["created", "payment_pending"], "paymentHeld", "ready", "agent", "system"),
    ...from<Order>(["ready", "failed"], "paymentReversed", "payment_pending", "system"),
    ...from<Order>(["created", "ready"], "execute", "executing", "agent"),
    ...from<Order>(["executing"], "deliver", "delivered", "system"),
    ...from<Order>(["executing"], "handOff", "handoff", "system"),
    ...from<Order>(["executing"], "fail", "failed", "system"),
    ...from<Order>(["executing"], "unreachable", "ready", "system"),
    ...from<Order>(["failed"], "retry", "ready", "agent"),
    ...from<Order>(["delivered", "handoff"], "confirm", "confirmed", "agent", "system"),
    ...from<Order>(["ready", "failed"], "dispute", "disputed", "agent"),
    ...from<Order>(["delivered", "handoff"], "dispute", "disputed", "agent", "system"),
    ...from<Order>(["created", "payment_pending", "ready", "failed"], "cancel", "cancelled", "agent"),
  ],
};

/** An unknown outcome is no state: the payment stays `intent_created`, keeps its reservation and says so in `outcome`. */
export const paymentStates: StateMachine<Payment> = {
  name: "payment",
  states: paymentStatuses,
  terminal: ["not_required", "released", "refunded"],
  transitions: [
    ...from<Payment>([null], "intentWithoutPayment", "not_required", "agent"),
    ...from<Payment>([null], "intent", "intent_created", "agent"),
    ...from<Payment>(["intent_created"], "proofAccepted", "held", "agent", "system"),
    ...from<Payment>(["intent_created"], "escrowLocked", "held", "agent", "system"),
    ...from<Payment>(["held"], "reversed", "intent_created", "system"),
    ...from<Payment>(["held"], "confirm", "release_pending", "agent", "system"),
    ...from<Payment>(["release_pending"], "release", "released", "agent", "system"),
    ...from<Payment>(["held", "release_pending"], "refund", "refunded", "agent", "system"),
    ...from<Payment>(["held", "release_pending"], "dispute", "frozen", "agent", "system"),
    ...from<Payment>(["frozen"], "resolveRelease", "released", "resolver", "system"),
    ...from<Payment>(["frozen"], "resolveRefund", "refunded", "resolver", "system"),
    ...from<Payment>(["frozen"], "resolveDismiss", "release_pending", "resolver", "system"),
  ],
};

export const disputeStates: StateMachine<Dispute> = {
  name: "dispute",
  states: disputeStatuses,
  terminal: ["resolved"],
  transitions: [
    ...from<Dispute>([null], "open", "open", "agent", "system"),
    ...from<Dispute>(["open"], "resolve", "resolved", "resolver", "system"),
  ],
};

export const marketStateMachines = {
  machine: machineStates,
  pairing: pairingStates,
  order: orderStates,
  payment: paymentStates,
  dispute: disputeStates,
} as const;

/** Orders that take no further writes: ORDER_CLOSED. An order whose payment was refunded is closed too. */
export const closedOrderStatuses = orderStates.terminal;

/**
 * The state an event leads to, or undefined when it cannot happen there.
 *
 * @example
 * nextState(orderStates, "failed", "retry"); // "ready"
 * nextState(orderStates, "confirmed", "cancel"); // undefined
 */
export function nextState<S extends string>(
  machine: StateMachine<S>,
  state: S | null,
  event: string,
): S | undefined {
  return machine.transitions.find((each) => each.from === state && each.event === event)?.to;
}

/** States an event can happen in: the `WHERE status IN (...)` of its update. */
export function statesBefore<S extends string>(machine: StateMachine<S>, event: string): S[] {
  return machine.transitions.flatMap((each) =>
    each.event === event && each.from !== null ? [each.from] : [],
  );
}
