import { type EventEntry, type MachineProfile, queryMachine } from "@peaqos/peaq-os-sdk";
import { ratingContext } from "../../client.ts";
import { alignedBlock, clean, dollars, isoSeconds, type Row, short } from "../../engine/output.ts";
import type { Handler } from "../../engine/types.ts";
import { snakeKeys } from "../../rating/snake.ts";
import type { spec } from "./spec.ts";

export const run: Handler<typeof spec> = async ({ args: [did], settings }) => {
  const profile = await queryMachine(ratingContext(await settings()), did);
  return { json: snakeKeys(profile), text: profileText(profile) };
};

export function profileText({ name, peaqos }: MachineProfile): string {
  const attributes: Row[] = [["documentation_url", clean(peaqos.documentationUrl ?? "—")]];
  if (peaqos.dataApi !== undefined) attributes.push(["data_api", clean(peaqos.dataApi)]);
  attributes.push(["data_visibility", clean(peaqos.dataVisibility)]);
  const sections = [
    `Machine: ${clean(peaqos.did)}`,
    alignedBlock(
      [
        ["Name", clean(name)],
        ["Machine ID", String(peaqos.machineId)],
        ["Operator", peaqos.operator ? clean(short(peaqos.operator)) : "self-managed"],
      ],
      4,
    ),
    "",
    "DID Attributes:",
    alignedBlock(attributes, 4),
    "",
    "MCR Snapshot:",
    alignedBlock(
      [
        ["Rating", peaqos.mcr],
        ["Score", String(peaqos.mcrScore)],
        ["Bond Status", peaqos.bondStatus],
        ["Negative Flag", peaqos.negativeFlag ? "yes" : "no"],
      ],
      4,
    ),
    "",
    "Recent Events:",
    alignedBlock(events(peaqos.eventCount, peaqos.eventData), 4),
  ];
  if (peaqos.partnerDataError !== undefined) {
    sections.push("", `Data API: ${clean(peaqos.partnerDataError)}`);
  } else if (peaqos.partnerData !== undefined) {
    const entries = Object.entries(peaqos.partnerData).slice(0, 20);
    sections.push(
      "",
      "Data API:",
      entries.length === 0
        ? "    (an empty object)"
        : alignedBlock(
            entries.map(([key, value]): Row => [clean(key), clean(JSON.stringify(value)).slice(0, 100)]),
            4,
          ),
    );
  }
  return sections.join("\n");
}

/** The service shows the first 100 events, so its newest is not always the machine's newest: the label says so. */
function events(total: number, shown: readonly EventEntry[] | undefined): Row[] {
  const rows: Row[] = [["Total", String(total)]];
  const newest = shown?.reduce<EventEntry | undefined>(
    (best, entry) => (best === undefined || entry.timestamp >= best.timestamp ? entry : best),
    undefined,
  );
  if (!shown || !newest) return rows;
  const which = shown.length < total ? `newest of the first ${shown.length}` : "newest";
  rows.push(
    ["Last Event", `${isoSeconds(newest.timestamp)} (${which})`],
    ["Last Origin Value", String(newest.originValue)],
  );
  if (newest.eventType === 1) return [...rows, ["Last Type", "activity"]];
  rows.push(["Last Currency", clean(newest.originCurrency ?? "—")]);
  if (newest.originSubunit != null) rows.push(["Last Subunit", String(newest.originSubunit)]);
  rows.push(["Last Status", newest.amountStatus ?? "—"]);
  rows.push([
    "Last USD Value",
    newest.amountStatus === "ok" && newest.usdValue != null ? dollars(newest.usdValue) : "—",
  ]);
  return rows;
}
