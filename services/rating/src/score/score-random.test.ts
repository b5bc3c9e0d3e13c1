/** The script that prints random histories for other implementations: the same seed gives the same lines. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../../../../vectors/score-random.ts", import.meta.url));

function print(...args: string[]): string {
  const node = ["--conditions=@peaqos/source", "--disable-warning=ExperimentalWarning", script];
  return execFileSync(process.execPath, [...node, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: "pipe",
  });
}

it("prints complete lines, the same for the same seed", () => {
  const text = print("--seed", "3", "--count", "20");
  expect(print("--seed", "3", "--count", "20")).toBe(text);
  expect(print("--seed", "4", "--count", "20")).not.toBe(text);
  const lines = text.trimEnd().split("\n");
  expect(lines).toHaveLength(20);
  for (const line of lines) {
    const { inputs, explain, ...rest } = JSON.parse(line);
    expect(Object.keys(rest)).toEqual(["did", "as_of", "basis", "revenue_trend"]);
    expect(Object.keys(inputs)).toEqual(["machine", "items"]);
    const sum = [...explain.factors, ...explain.adjustments].reduce((total, { points }) => total + points, 0);
    expect(sum).toBe(explain.raw_score);
  }
});

it("refuses a seed that is no whole number", () => {
  expect(() => print("--seed", "one")).toThrow(/--seed must be a whole number, got "one"/);
});
