import {
  ApiError,
  PeaqosError,
  RateLimitExceeded,
  RpcError,
  RuntimeError,
  ValidationError,
  ValueCapExceeded,
} from "@peaqos/peaq-os-sdk";
import { expect, test } from "vitest";
import { configError, networkError, usageError } from "./errors.ts";
import { errorJson, report } from "./report.ts";

const parts = { message: "m" };
const file = (code: string) => Object.assign(new Error("x"), { code, path: "/a" });

/** The exit codes of the published table, for every class of failure there is. */
test.each([
  ["user", usageError(parts), 1],
  ["validation", new ValidationError("value", "0 or more", -1), 1],
  ["cap", new ValueCapExceeded(2n, 1n), 1],
  ["rate limit", new RateLimitExceeded(1n, 2, 2, 60), 1],
  ["chain", new RpcError("m", { code: "MachineNotBonded" }), 2],
  ["HTTP", new ApiError("m", { code: "NOT_FOUND" }), 2],
  ["runtime", new RuntimeError("m", { code: "X" }), 2],
  ["any other of the SDK", new PeaqosError("m"), 2],
  ["network", networkError(parts), 2],
  ["configuration", configError(parts), 3],
  ["a missing file", file("ENOENT"), 1],
  ["a full disk", file("ENOSPC"), 1],
  ["a bug", new TypeError("x is undefined"), 1],
  ["a thrown text", "oops", 1],
])("%s: exit %#", (_name, error, code) => {
  expect(report(error).exitCode).toBe(code);
  expect(JSON.parse(errorJson(report(error))).error.exit_code).toBe(code);
});

test("an error of the SDK speaks of flags, and keeps the transaction hash", () => {
  expect(report(new ValidationError("sourceChainId", "one of 0, 1", 7))).toMatchObject({
    message: "--source-chain has a wrong value",
    value: "7",
    rule: "--source-chain must be one of 0, 1",
  });
  const hash = `0x${"a".repeat(64)}` as const;
  expect(report(new RpcError("No receipt.", { code: "RECEIPT_AWAIT_FAILED", txHash: hash })).details).toEqual(
    { tx_hash: hash },
  );
});
