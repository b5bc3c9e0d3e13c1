import type { MCRExplanation } from "@peaqos/peaq-os-sdk";
import { clean, isoSeconds, wrap } from "../engine/output.ts";
import type { Style } from "../engine/style.ts";

const LABELS: Readonly<Record<string, string>> = {
  revenue_level: "Revenue level",
  revenue_trend: "Revenue trend",
  cadence: "Cadence",
  trust: "Trust",
  history: "History",
  negative_flag: "Negative flag",
  bond: "Bond",
  event_count: "Event count",
  dated_span: "Days of history",
  raw_score: "Raw score",
};

const label = (id: string) => LABELS[id] ?? clean(id).replaceAll("_", " ");
const BAR = 20;

/** A bar of twenty cells for points of a maximum. */
export function bar(points: number, max: number, width = BAR): string {
  const full = max <= 0 ? 0 : Math.max(0, Math.min(width, Math.round((points / max) * width)));
  return `${"█".repeat(full)}${"░".repeat(width - full)}`;
}

/** Every point of a rating: gates, factors as bars, adjustments, the sum, evidence, and what would add more. */
export function explainText(answer: MCRExplanation, style: Style): string {
  const columns = Math.min(Math.max(style.columns, 60), 100);
  const parts = [gates(answer, style), factors(answer, style, columns), sum(answer, style)];
  parts.push(evidence(answer), improvements(answer, columns));
  parts.push(
    wrap(
      `Model ${clean(answer.model)}, trust policy ${answer.trustPolicy}; as of ${isoSeconds(answer.asOf)}, basis ${answer.basis}, block ${answer.blockNumber}`,
      columns,
      "  ",
    ),
  );
  return parts.filter((part) => part !== "").join("\n\n");
}

function gates({ gates: all }: MCRExplanation, style: Style): string {
  const lines = all.map(({ id, passed, value, needed }) => {
    const mark = passed ? style.green("passed") : style.red("missed");
    return `    ${label(id).padEnd(19)}${mark}  ${value} (needs ${needed})`;
  });
  return lines.length === 0 ? "" : ["  Gates:", ...lines].join("\n");
}

function factors({ factors: all, adjustments }: MCRExplanation, style: Style, columns: number): string {
  const lines = all.flatMap(({ id, points, max, reason, inputs }) => {
    const figures = Object.entries(inputs)
      .map(([name, value]) => `${clean(name)} ${value ?? "none"}`)
      .join(", ");
    return [
      `    ${label(id).padEnd(15)}${style.green(bar(points, max))}  ${String(points).padStart(3)} / ${max}`,
      wrap(clean(reason), columns, " ".repeat(19)),
      ...(figures === "" ? [] : [style.dim(wrap(`(${figures})`, columns, " ".repeat(19)))]),
    ];
  });
  const changes = adjustments.flatMap(({ id, points, until, reason }) => [
    `    ${label(id).padEnd(15)}${" ".repeat(BAR)}  ${style.red(String(points).padStart(3))}  until ${isoSeconds(until)}`,
    wrap(clean(reason), columns, " ".repeat(19)),
  ]);
  return ["  Factors:", ...lines, ...(changes.length > 0 ? ["  Adjustments:", ...changes] : [])].join("\n");
}

function sum(answer: MCRExplanation, style: Style): string {
  const terms = [
    ...answer.factors.map(({ points }) => String(points)),
    ...answer.adjustments.map(({ points }) => (points < 0 ? `(${points})` : String(points))),
  ].join(" + ");
  const outcome = {
    rated: `score ${answer.mcrScore}, ${answer.mcr}`,
    provisioned: `score 0, ${answer.mcr}: not enough history yet`,
    unbonded: `score 0, ${answer.mcr}: the machine is not bonded`,
    below_threshold: `score 0, ${answer.mcr}: the raw score is below the lowest rating`,
  }[answer.status];
  return `  Raw score: ${terms} = ${style.bold(String(answer.rawScore))} of 100 -> ${outcome}`;
}

function evidence({ evidence: found, degraded }: MCRExplanation): string {
  const counts = ({ self, onchain, hardware }: { self: number; onchain: number; hardware: number }) =>
    `${String(self).padStart(8)}${String(onchain).padStart(10)}${String(hardware).padStart(10)}`;
  const lines = [
    "  Evidence:             self  on-chain  hardware",
    `    claimed       ${counts(found.claimed)}`,
    `    believed      ${counts(found.effective)}`,
    `    paid          ${String(found.paid).padStart(8)} events backed by a payment`,
  ];
  for (const { reason, count } of found.downgraded) {
    lines.push(`    not believed  ${String(count).padStart(8)} ${clean(reason).replaceAll("_", " ")}`);
  }
  if (degraded.count > 0) {
    lines.push(
      `    FX degraded   ${String(degraded.count).padStart(8)} ${degraded.sources.map(clean).join(", ")}`,
    );
  }
  return lines.join("\n");
}

function improvements({ improvements: all }: MCRExplanation, columns: number): string {
  if (all.length === 0) return "";
  const lines = all.map(({ action, pointsGain, reaches }) => {
    const head = `    +${pointsGain}`.padEnd(9);
    return head + wrap(`${clean(action)} (reaches ${reaches})`, columns, " ".repeat(9)).trimStart();
  });
  return ["  What would raise it:", ...lines].join("\n");
}
