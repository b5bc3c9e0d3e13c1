import { expect, test } from "vitest";
import { realHosts } from "./hosts.ts";
import { permissive } from "./licences.ts";

test("a licence expression passes when permissive licences alone satisfy it", () => {
  for (const text of ["MIT", "(MIT OR GPL-3.0)", "Apache-2.0 AND MIT", "BSD-3-Clause"]) {
    expect(permissive(text), text).toBe(true);
  }
  for (const text of ["GPL-3.0", "MIT AND GPL-2.0", "UNLICENSED", "SEE LICENSE IN LICENSE"]) {
    expect(permissive(text), text).toBe(false);
  }
});

test("a real service's host is found in code and not in comments", () => {
  const source = [
    'const url = "https://rpc.peaq.network";',
    "// see https://docs.peaq.xyz",
    "/* mainnet.base.org */",
  ];
  expect(realHosts(source.join("\n"))).toEqual([{ line: 1, host: "peaq.network" }]);
  expect(realHosts('fetch("http://127.0.0.1:8000")')).toEqual([]);
});
