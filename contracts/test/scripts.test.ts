import { describe, expect, it } from "vitest";
import { parseLcov } from "../scripts/coverage.ts";
import { mutantsOf } from "../scripts/mutate.ts";

describe("coverage gate", () => {
  it("counts our files only and names the lines that no test reaches", () => {
    const report = [
      "SF:contracts/src/A.sol",
      "FNDA:3,f",
      "DA:10,3",
      "DA:11,0",
      "BRDA:12,0,0,3",
      "BRDA:12,0,1,-",
      "end_of_record",
      "SF:node_modules/lib/B.sol",
      "DA:1,0",
    ].join("\n");
    expect([...parseLcov(report)]).toEqual([
      [
        "contracts/src/A.sol",
        {
          lines: { found: 2, hit: 1 },
          branches: { found: 2, hit: 1 },
          functions: { found: 1, hit: 1 },
          missedLines: [11, 12],
        },
      ],
    ]);
  });
});

describe("changes for the tests to notice", () => {
  it("are one change of one line each and leave declarations alone", () => {
    const source = [
      "error Refused();",
      "    // a == b",
      "    function f() external onlyOwner {",
      "        require(a <= b && c, Refused());",
      "        stored = a + 1;",
      "        emit Done(a);",
    ].join("\n");
    expect(mutantsOf("A.sol", source).map(({ line, after }) => `${line}:${after.trim()}`)).toEqual([
      "3:function f() external {",
      "4:",
      "4:require(a < b && c, Refused());",
      "4:require(a <= b || c, Refused());",
      "5:",
      "5:stored = a - 1;",
      "5:stored = a + 2;",
      "6:",
    ]);
  });
});
