import type { MCRHistory } from "@peaqos/peaq-os-sdk";
import { isoSeconds, table } from "../engine/output.ts";
import type { Style } from "../engine/style.ts";

const TICKS = "▁▂▃▄▅▆▇█";

/** Scores from 0 to 100 as a line of blocks; more points than room are thinned out, the newest stays. */
export function sparkline(scores: readonly number[], room: number): string {
  const count = Math.min(scores.length, Math.max(1, room));
  const picked = Array.from({ length: count }, (_, index) => {
    const at = count === 1 ? scores.length - 1 : Math.round((index * (scores.length - 1)) / (count - 1));
    return scores[at] ?? 0;
  });
  return picked.map((score) => TICKS[Math.min(7, Math.max(0, Math.floor((score * 8) / 100)))]).join("");
}

/** The line of raw scores and a table, newest last. */
export function historyText({ items, basis }: MCRHistory, style: Style): string {
  if (items.length === 0) return "  History: none yet";
  const factors = Object.keys(items[0]!.factors);
  const short: Record<string, string> = {
    revenue_level: "Revenue",
    revenue_trend: "Trend",
    cadence: "Cadence",
    trust: "Trust",
    history: "History",
  };
  const kept = items.filter(
    (item, index) => index === 0 || index === items.length - 1 || changed(item, items[index - 1]!),
  );
  const rows = table(
    [
      { title: "Date" },
      { title: "Rating" },
      { title: "Score", right: true },
      { title: "Raw", right: true },
      ...factors.map((id) => ({ title: short[id] ?? id, right: true })),
    ],
    kept.map((item) => [
      isoSeconds(item.asOf).slice(0, 10),
      item.mcr,
      String(item.mcrScore),
      String(item.rawScore),
      ...factors.map((id) => String(item.factors[id] ?? 0)),
    ]),
  );
  const line = sparkline(
    items.map(({ rawScore }) => rawScore),
    Math.min(style.columns, 100) - 4,
  );
  const left = items.length - kept.length;
  return [
    `  History (raw score, ${basis}):`,
    `    ${style.green(line)}`,
    "",
    ...rows.split("\n").map((row) => `    ${row}`),
    ...(left > 0 ? [style.dim(`    (${left} entries without a change are left out; --json has all)`)] : []),
  ].join("\n");
}

type Item = MCRHistory["items"][number];

function changed(item: Item, before: Item): boolean {
  return (
    item.mcr !== before.mcr ||
    item.rawScore !== before.rawScore ||
    Object.entries(item.factors).some(([id, points]) => before.factors[id] !== points)
  );
}
