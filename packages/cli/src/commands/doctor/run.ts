import { examine } from "../../doctor/examine.ts";
import type { Check, Status } from "../../doctor/types.ts";
import { wrap } from "../../engine/output.ts";
import type { Style } from "../../engine/style.ts";
import type { Handler } from "../../engine/types.ts";
import type { spec } from "./spec.ts";

export const run: Handler<typeof spec> = async ({ io, settings }) => {
  const checks = await examine(io, await settings());
  const failures = checks.filter(({ status }) => status === "fail");
  const [first] = failures;
  return {
    json: { ok: !first, cause: first?.found ?? null, fix: first?.fix ?? null, checks: checks.map(plain) },
    text: (style) => show(checks, style),
    exitCode: first ? (first.kind === "config" ? 3 : 2) : 0,
  };
};

const plain = ({ id, status, found, fix }: Check) => ({ id, status, found, fix: fix ?? null });

const MARKS: Record<Status, string> = { ok: "ok", warn: "warn", fail: "FAIL", skip: "skip" };

function show(checks: readonly Check[], style: Style): string {
  const failures = checks.filter(({ status }) => status === "fail");
  const warnings = checks.filter(({ status }) => status === "warn");
  const [first] = failures;
  const paint = { ok: style.green, warn: style.yellow, fail: style.red, skip: style.dim };
  const head = first
    ? [
        `${style.red("Problem:")} ${first.found}`,
        `${style.bold("Do:")}      ${first.fix}`,
        ...(failures.length > 1 ? [`(and ${failures.length - 1} more below)`] : []),
      ]
    : [
        `${style.green("All is well:")} ${checks.filter(({ status }) => status === "ok").length} checks passed${warnings.length > 0 ? `, ${warnings.length} warning${warnings.length > 1 ? "s" : ""}` : ""}.`,
      ];
  const columns = Math.min(Math.max(style.columns, 40), 110);
  const rows = checks.map(({ status, found, fix }) => {
    const text = wrap(found, columns, " ".repeat(8)).trimStart();
    const advice = fix && status !== "ok" ? `\n${wrap(`-> ${fix}`, columns, " ".repeat(8))}` : "";
    return `  ${paint[status](MARKS[status].padEnd(4))}  ${text}${advice}`;
  });
  return [...head, "", ...rows].join("\n");
}
