import { getMarketSearch, type MarketSearch, searchMarket } from "@peaqos/peaq-os-sdk/orchestration";
import { usageError } from "../../engine/errors.ts";
import { clean, table } from "../../engine/output.ts";
import type { Handler, HandlerContext } from "../../engine/types.ts";
import { marketContext } from "../../scale/client.ts";
import { readObject, readToken } from "../../scale/files.ts";
import { searchJson } from "../../scale/shapes.ts";
import { money } from "../../scale/text.ts";
import type { spec } from "./search.spec.ts";

type Flags = HandlerContext<typeof spec>["flags"];

export const run: Handler<typeof spec> = async ({ flags, settings, ui, io }) => {
  const loaded = await settings();
  const client = marketContext(loaded, ui);
  const token = await readToken(io, ui, flags["pairing-token-file"]);
  const budget = budgetOf(flags);
  const credentials = flags["provider-credentials"];
  ui.line(`Searching the market for ${clean(flags["service-type"])} ...`);
  let { item: search } = await searchMarket(
    client,
    {
      machineId: flags["machine-id"],
      serviceType: flags["service-type"],
      ...(flags["agent-pairing-id"] !== undefined && { agentPairingId: flags["agent-pairing-id"] }),
      ...(flags.operation !== undefined && { operation: flags.operation }),
      ...(flags.capabilities !== undefined && { requiredCapabilities: [...flags.capabilities] }),
      ...(flags.region !== undefined && { region: flags.region }),
      ...(flags["max-results"] !== undefined && { maxResults: flags["max-results"] }),
      ...(budget !== undefined && { budget }),
      ...(flags["native-only"] && { requireNativeExecution: true }),
      ...(flags["allow-handoff"] && { allowExternalHandoff: true }),
      ...(credentials !== undefined && {
        providerCredentials: (await readObject(io, "--provider-credentials", credentials)) as never,
      }),
    },
    token,
  );
  // What the market kept; an agent without the platform's key goes by the answer to the search itself.
  if (loaded.get("PEAQOS_ORCH_API_KEY") !== undefined)
    ({ item: search } = await getMarketSearch(client, search.id));
  return { json: inOrder(search), text: searchText(search, flags) };
};

function budgetOf(flags: Flags) {
  const amount = flags["budget-amount"];
  const max = flags["budget-max"];
  const currency = flags["budget-currency"];
  if (amount === undefined && max === undefined && currency === undefined) return undefined;
  if (currency === undefined)
    throw usageError({
      code: "MISSING_OPTION",
      message: "A budget needs --budget-currency",
      value: "(nothing)",
      rule: "an amount means nothing without its currency",
      next: "--budget-currency USD",
      details: { missing: ["budget-currency"] },
    });
  return { ...(amount !== undefined && { amount }), ...(max !== undefined && { max }), currency };
}

/** The published order of the keys. */
function inOrder(search: MarketSearch): Record<string, unknown> {
  const { created_at, agent_pairing_id, quotes, status, ...rest } = searchJson(search);
  const { id, machine_id, request_payload, normalized_task, ...more } = rest;
  return {
    id,
    machine_id,
    request_payload,
    normalized_task,
    status,
    quotes,
    created_at,
    agent_pairing_id,
    ...more,
  };
}

/** What a quote costs, in one word. */
export function priceText(quote: MarketSearch["quotes"][number]): string {
  const { pricing, payment } = quote;
  if (payment.defaultRail === "not-required" && !payment.required) return "free";
  const rate = pricing.rate === null || pricing.rate === "per_request" ? "" : ` ${clean(pricing.rate)}`;
  return pricing.amount === null ? clean(pricing.mode) : `${money(pricing.amount, pricing.currency)}${rate}`;
}

/** What left the services out, where the market says so. */
function droppedText(search: MarketSearch): string[] {
  const dropped = Object.entries(search.matches?.dropped ?? {});
  if (search.matches === null || dropped.length === 0) return [];
  const reasons = dropped.map(([reason, count]) => `${count} ${clean(reason)}`).join(", ");
  return [`${search.matches.considered} services of this type were looked at: ${reasons}.`, ""];
}

function searchText(search: MarketSearch, flags: Flags): string {
  if (search.quotes.length === 0)
    return [
      "No matching services found.",
      `Search ID: ${clean(search.id)}`,
      "",
      ...droppedText(search),
      "Broaden your search: fewer --capabilities, no --region, a higher --budget-max, or --allow-handoff.",
    ].join("\n");
  const rows = search.quotes.map((quote) => [
    clean(quote.serviceId),
    clean(quote.id),
    clean(quote.operation),
    clean(quote.providerKey),
    quote.score.toFixed(2),
    clean(quote.executionMode),
    clean(quote.integrationStatus),
    priceText(quote),
  ]);
  const best = search.quotes[0]!;
  const pairing = search.agentPairingId ?? flags["agent-pairing-id"] ?? "PAIRING_ID";
  return [
    `Found ${search.quotes.length} matching service${search.quotes.length === 1 ? "" : "s"}.`,
    "",
    table(
      [
        { title: "Service ID" },
        { title: "Quote ID" },
        { title: "Operation" },
        { title: "Provider" },
        { title: "Score", right: true },
        { title: "Execution" },
        { title: "Integration" },
        { title: "Price", right: true },
      ],
      rows,
    ),
    "",
    `Search ID: ${clean(search.id)}`,
    `Next: peaqos scale order ${clean(best.serviceId)} --search-id ${clean(search.id)} --quote-id ${clean(best.id)} \\`,
    `        --operation ${clean(best.operation)} --machine-id ${flags["machine-id"]} \\`,
    `        --agent-pairing-id ${clean(pairing)} --pairing-token-file ${flags["pairing-token-file"]}`,
  ].join("\n");
}
