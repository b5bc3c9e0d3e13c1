import { expect, test } from "vitest";
import { readReport as readForge } from "./forge.ts";
import { add, nothing, summaryLine, withExitCode } from "./runner.ts";
import { readReport as readVitest } from "./vitest.ts";

/** The counts decide whether a pipeline is green: nothing that failed may be missing from them. */

test("vitest: passed, failed and skipped tests are counted, a file that did not load is a failure", () => {
  const outcome = readVitest({
    testResults: [
      {
        name: "/x/a.test.ts",
        status: "failed",
        assertionResults: [
          { status: "passed", fullName: "a" },
          { status: "failed", fullName: "b", failureMessages: ["expected 1"] },
          { status: "pending", fullName: "c" },
        ],
      },
      { name: "/x/b.test.ts", status: "failed", message: "SyntaxError", assertionResults: [] },
    ],
  });
  expect(outcome).toMatchObject({ passed: 1, failed: 2, skipped: 1 });
  expect(outcome.failures[1]).toContain("SyntaxError");
});

test("forge: a failure keeps its reason and counterexample", () => {
  const outcome = readForge({
    "A.t.sol:A": {
      test_results: {
        "test_ok()": { status: "Success" },
        "test_no()": { status: "Failure", reason: "revert: x", counterexample: { args: "1" } },
        "test_later()": { status: "Skipped" },
      },
    },
  });
  expect(outcome).toMatchObject({ passed: 1, failed: 1, skipped: 1 });
  expect(outcome.failures[0]).toContain("revert: x");
  expect(outcome.failures[0]).toContain('"args":"1"');
});

test("a runner that ends badly without a failed test has failed", () => {
  expect(withExitCode({ ...nothing, passed: 3 }, 1, "line\nout of memory")).toMatchObject({
    passed: 3,
    failed: 1,
  });
  expect(withExitCode({ ...nothing, failed: 2 }, 1, "")).toMatchObject({ failed: 2 });
  expect(withExitCode({ ...nothing, passed: 3 }, 0, "")).toMatchObject({ passed: 3, failed: 0 });
});

test("the summary line is the plain line that pipelines read", () => {
  expect(summaryLine(add({ ...nothing, passed: 2 }, { ...nothing, passed: 1, failed: 1 }))).toBe(
    "3 passed, 1 failed",
  );
  expect(summaryLine({ ...nothing, skipped: 4 })).toBe("0 passed, 0 failed, 4 skipped");
});
