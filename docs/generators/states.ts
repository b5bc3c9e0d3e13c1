// Writes docs/states.md: every state machine of the market, drawn from its table.
import { marketStateMachines, type StateMachine, type Transition } from "@peaqos/protocol/market";
import { generatedBy, writeOrCheck } from "./page.ts";

const about: Record<keyof typeof marketStateMachines, string> = {
  machine:
    "Calls of the market need an `active` machine whose identity the rating service confirms. `archived` frees the identity for a new machine.",
  pairing:
    "A pause stops the agent at its next call and keeps everything else; a revoked pairing never comes back. A change of the policy, or a new session, ends the agent's earlier tokens.",
  order:
    "An unreachable endpoint takes an execution back to `ready`, so that it can be tried again. A payment that a reorganisation of its chain took away takes an order that was not delivered back to `payment_pending`; after delivery the system opens a dispute. An order that nobody confirms or disputes is confirmed at the time it states.",
  payment:
    "The market holds no money of its own: `held` means that it has verified the payment itself. An outcome that is not known yet is no state: the payment stays `intent_created`, keeps its reservation and says `outcome: unknown` until the chain has told.",
  dispute:
    "A dispute always ends: by the resolver, or at its deadline with the deployment's default outcome.",
};

function page(): string {
  const sections = Object.entries(marketStateMachines).map(([name, machine]) =>
    section(about[name as keyof typeof about], machine),
  );
  return `${[
    "# States",
    generatedBy("docs/generators/states.ts", "packages/protocol/src/market/states.ts"),
    [
      "What a machine, a pairing, an order, a payment and a dispute can be, and who can move them. The server's transitions and the",
      "database's constraints come from the tables that these pictures are drawn from. An event that does not leave a state is refused:",
      "`ORDER_CLOSED` in a state that nothing leaves, else the code that the [operation](market-api.md) names.",
    ].join("\n"),
    "Who: `operator` has a platform key, `agent` a pairing token, `resolver` a platform key with that scope; `system` are the market's own workers and deadlines.",
    ...sections,
  ].join("\n\n")}\n`;
}

function section(text: string, machine: StateMachine): string {
  const { name, transitions, terminal } = machine;
  return [
    `## ${name[0]?.toUpperCase()}${name.slice(1)}`,
    text,
    ["```mermaid", "stateDiagram-v2", ...merged(transitions).map(arrow), ...terminal.map(end), "```"].join(
      "\n",
    ),
    [
      "| From | Event | To | Who |",
      "|---|---|---|---|",
      ...transitions.map(
        ({ from, event, to, actors }) =>
          `| ${from === null ? "-" : `\`${from}\``} | ${words(event)} | \`${to}\` | ${actors.join(", ")} |`,
      ),
    ].join("\n"),
  ].join("\n\n");
}

/** One arrow for everything that leads from one state to another. */
function merged(transitions: readonly Transition[]): { from: string; to: string; label: string }[] {
  const arrows = new Map<string, { from: string; to: string; events: string[] }>();
  for (const { from, event, to } of transitions) {
    const key = `${from} ${to}`;
    const found = arrows.get(key) ?? { from: from ?? "[*]", to, events: [] };
    found.events.push(words(event));
    arrows.set(key, found);
  }
  return [...arrows.values()].map(({ events, ...rest }) => ({ ...rest, label: events.join(" / ") }));
}

const arrow = ({ from, to, label }: { from: string; to: string; label: string }) =>
  `    ${from} --> ${to}: ${label}`;
const end = (state: string) => `    ${state} --> [*]`;

/** paymentHeld -> payment held */
function words(event: string): string {
  return event.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

writeOrCheck("states.md", page());
