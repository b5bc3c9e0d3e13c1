import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { place, priced } from "../services/market/test/shop.ts";
import { type MarketWorld, marketWorld, type WorldAgent } from "../services/market/test/world.ts";

/**
 * The requests that the published client was recorded sending, replayed byte for byte against the real market: only
 * the made-up ids and the token are replaced by real ones. Proofs, signatures and transactions stay made up, so what
 * needs them answers with its own error, never with one about the request's form.
 */

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of many shapes
type Any = any;
const file = JSON.parse(readFileSync(new URL("orchestration.json", import.meta.url), "utf8"));
const recorded: { id: string; request: Any }[] = file.vectors
  .filter(({ fn }: Any) => fn.startsWith("client.orchestration."))
  .map(({ id, expect: { value } }: Any) => ({ id, request: value?.request ?? null }));

/** What the market answers: the status, the code of an error, and where that says little, its reason or field. */
const answers: Record<string, string> = {
  "wire/create-machine": "403 MACHINE_NOT_ACTIVATED",
  "wire/update-machine": "200",
  "wire/get-machine-id-not-encoded": "404 NOT_FOUND",
  "wire/list-machines": "400 VALIDATION_ERROR (cursor)",
  "wire/identity-challenge": "403 MACHINE_NOT_ACTIVATED",
  "wire/pairing-challenge": "201",
  "wire/pairing-create": "401 AGENT_PAIRING_PROOF_INVALID",
  "wire/pairing-session": "401 AGENT_PAIRING_PROOF_INVALID",
  "wire/agent-enroll-no-params": "201",
  "wire/agent-enroll": "201",
  "wire/agent-heartbeat": "401 AGENT_AUTH_INVALID",
  "wire/endpoint-upsert": "201",
  "wire/endpoint-delete": "204",
  "wire/skills-list": "200",
  "wire/skill-config": "200",
  "wire/services-list": "200",
  "wire/search": "201",
  "wire/orders-list": "200",
  "wire/order-create": "404 NOT_FOUND",
  "wire/payment-intent-empty": "200",
  "wire/payment-get": "200",
  "wire/payment-proof": "400 VALIDATION_ERROR (wrong_chain)",
  "wire/escrow-lock": "400 VALIDATION_ERROR (rail_not_offered)",
  "wire/execute": "402 PAYMENT_REQUIRED",
  "wire/execute-no-input": "402 PAYMENT_REQUIRED",
  "wire/confirm": "409 ORDER_NOT_DELIVERED",
  "wire/dispute": "409 CONFLICT (order_state)",
  "wire/release-none": "400 VALIDATION_ERROR (payment_state)",
  "wire/refund": "400 VALIDATION_ERROR (payment_state)",
  "wire/policy-create": "201",
  "wire/health": "200",
  "wire/readiness": "200",
  "wire/audit": "200",
  "wire/policies-no-api-key": "200",
  "wire/pairing-update": "200",
  "wire/pairing-revoke": "204",
  "wire/archive-machine": "204",
};

/** These end something the others need. */
const last = ["wire/pairing-update", "wire/pairing-revoke", "wire/archive-machine"];

let world: MarketWorld;
let agent: WorldAgent;
beforeAll(async () => {
  const key = createHash("sha256").update(file.meta.setup.apiKey).digest("hex");
  world = await marketWorld({ settings: { PEAQOS_API_KEYS: key } });
  agent = await world.agent(await world.machine("replayed"));
  await world.putService(priced(world, "svc_1", 1));
  await world.putService({ id: "svc_free", skillKey: "mock.paper" });
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());

/** JSON text with the numbers as Python wrote them. */
function bodyText(value: Any): string {
  return JSON.stringify(value).replaceAll(/\{"\$float":"([^"]+)"\}/g, "$1");
}

async function replay({ method, url, headers, body }: Any): Promise<string> {
  const orderId = url.includes("ord_1") ? (await place(world, agent, "svc_1")).body.item.id : "ord_1";
  const real: [string, string][] = [
    ["mach_1", agent.machine.id],
    ["pair_1", agent.pairingId],
    ["ord_1", orderId],
    ["pt_1", agent.token],
  ];
  const filled = (text: string) => real.reduce((all, [made, own]) => all.replaceAll(made, own), text);
  const response = await fetch(filled(url).replace(file.meta.setup.orchestrationUrl, world.market.url), {
    method,
    headers: Object.fromEntries(
      Object.entries<string>(headers).map(([name, value]) => [name, filled(value)]),
    ),
    ...(body !== undefined && { body: filled(bodyText(body)) }),
  });
  const text = await response.text();
  const error = text === "" ? undefined : JSON.parse(text).error;
  if (error === undefined) return String(response.status);
  const { reason, field } = error.details ?? {};
  const why = ["VALIDATION_ERROR", "CONFLICT"].includes(error.code) ? ` (${reason ?? field})` : "";
  return `${response.status} ${error.code}${why}`;
}

describe("the published client's recorded requests against the market", () => {
  const sent = recorded.filter(({ request }) => request !== null);
  const inOrder = [...sent].sort((a, b) => last.indexOf(a.id) - last.indexOf(b.id));
  test.each(inOrder.map(({ id, request }) => [id, request] as const))("%s", async (id, request) => {
    expect(await replay(request)).toBe(answers[id]);
  });
  test("all 44 are here; the others were refused by the client and never sent", () => {
    expect(recorded).toHaveLength(44);
    expect(Object.keys(answers).sort()).toEqual(sent.map(({ id }) => id).sort());
  });
});
