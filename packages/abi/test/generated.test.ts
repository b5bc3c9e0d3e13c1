import { expect, it } from "vitest";
import { staleFiles } from "../scripts/generate.ts";

it("src/generated is what the lists and artifacts give (else: npm run generate)", () => {
  expect(staleFiles()).toEqual([]);
});
