import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  ApiError,
  decodeRevert,
  PeaqosError,
  RateLimitExceeded,
  RpcError,
  RuntimeError,
  ValidationError,
  ValueCapExceeded,
} from "./index.ts";

test("the tree is the published one: cap and rate errors are no RuntimeErrors", () => {
  const rpc = new RpcError("m", { code: "X" });
  const api = new ApiError("m", { code: "X" });
  for (const error of [rpc, api]) {
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toBeInstanceOf(PeaqosError);
    expect(error).toBeInstanceOf(Error);
  }
  expect(rpc).not.toBeInstanceOf(ApiError);
  expect(api).not.toBeInstanceOf(RpcError);
  for (const error of [
    new ValueCapExceeded(2n, 1n),
    new RateLimitExceeded(1n, 2, 2, 60),
    new ValidationError("a", "b"),
  ]) {
    expect(error).toBeInstanceOf(PeaqosError);
    expect(error).not.toBeInstanceOf(RuntimeError);
  }
  expect(rpc.name).toBe("RpcError");
  expect(new PeaqosError("m").code).toBe("");
  expect({} as unknown).not.toBeInstanceOf(PeaqosError);
  expect(null as unknown).not.toBeInstanceOf(PeaqosError);
});

describe("two copies of the package", () => {
  let other: typeof import("./index.ts");
  beforeAll(async () => {
    vi.resetModules();
    other = await import("./index.ts");
  });
  afterAll(() => vi.resetModules());

  test("instanceof works across them, and still tells classes apart", () => {
    expect(other.RpcError).not.toBe(RpcError);
    const theirs = new other.RpcError("m", { code: "X" });
    expect(theirs).toBeInstanceOf(RpcError);
    expect(theirs).toBeInstanceOf(RuntimeError);
    expect(theirs).not.toBeInstanceOf(ApiError);
    expect(theirs).not.toBeInstanceOf(ValidationError);
  });

  test("a class derived outside is recognised by its own prototype only", () => {
    class Mine extends ApiError {}
    expect(new Mine("m", { code: "X" })).toBeInstanceOf(Mine);
    expect(new Mine("m", { code: "X" })).toBeInstanceOf(other.ApiError);
    expect(new ApiError("m", { code: "X" })).not.toBeInstanceOf(Mine);
  });
});

/** Guarantees that a secret given as an argument never reaches a message, a field or JSON. */
test("secrets are masked", () => {
  for (const field of ["privateKey", "apiKey", "passphrase", "mnemonic", "pairingToken"]) {
    const error = new ValidationError(field, "something else", "hunter2");
    expect(`${error.message} ${JSON.stringify(error)} ${error.stack}`).not.toContain("hunter2");
    expect(error.value).toBe("[hidden]");
  }
});

test("messages say what happened, which value, which rule, what next", () => {
  expect(
    new ValidationError("currency", "3 to 10 characters A-Z or 0-9", "usd", { hint: "Use capitals." })
      .message,
  ).toBe('currency must be 3 to 10 characters A-Z or 0-9, got "usd". Use capitals.');
  expect(new ValueCapExceeded(1001n, 1000n).message).toBe(
    "The event's value 1001 is above the client's cap of 1000 per transaction. Raise operationalLimits.maxValuePerTx or send less.",
  );
  expect(new RateLimitExceeded(7n, 5, 5, 60).message).toBe(
    "Machine 7 has submitted 5 events in the last 60 s; the client allows 5. Wait, or raise operationalLimits.rateLimitMaxEvents.",
  );
  expect(new ValidationError("rawData", "short", new Uint8Array(3)).message).toBe(
    'rawData must be short, got "3 bytes".',
  );
});

describe("decodeRevert reads every style of node", () => {
  const text = `0x08c379a0${"0".repeat(62)}20${"0".repeat(62)}14${Buffer.from("Cannot find the item").toString("hex").padEnd(64, "0")}`;
  const cases: [name: string, error: unknown, code: string | null][] = [
    ["geth and Anvil", { code: 3, message: "execution reverted", data: "0xc2322582" }, "MachineNotBonded"],
    [
      "data as an object",
      { message: "VM Exception", data: { message: "revert", data: "0xddefae28" } },
      "AlreadyMinted",
    ],
    [
      "Ganache, by transaction hash",
      { data: { [`0x${"1".repeat(64)}`]: { return: "0x3a81d6fc" } } },
      "AlreadyRegistered",
    ],
    [
      "Parity",
      { code: -32015, message: "VM execution error.", data: "Reverted 0x70436860" },
      "MachineNotFound",
    ],
    [
      "Frontier text",
      { code: -32603, message: "VM Exception while processing transaction: revert Cannot find the item" },
      "AttributeNotFound",
    ],
    [
      "Frontier hex in the message",
      { code: -32603, message: "VM Exception while processing transaction: revert 0x96995981" },
      "NotMachineOwner",
    ],
    ["Error(string)", { data: text }, "AttributeNotFound"],
    [
      "DID pallet",
      {
        message:
          'execution reverted: Dispatched call failed with error: Module(ModuleError { index: 100, error: [1, 0, 0, 0], message: Some("AttributeAlreadyExist") })',
      },
      "AttributeAlreadyExist",
    ],
    ["nested causes", { cause: { cause: { data: "0xcd13a65b" } } }, "RecipientMustBeMachineOwner"],
    ["bytes", { data: new Uint8Array([0xc2, 0x32, 0x25, 0x82]) }, "MachineNotBonded"],
    ["no reason", { message: "execution reverted", data: "0x" }, "TX_REVERTED"],
    ["unknown selector", { message: "execution reverted", data: "0xdeadbeef" }, "TX_REVERTED"],
    ["out of gas", { message: "out of gas" }, "OUT_OF_GAS"],
    ["no revert at all", { message: "connection refused" }, null],
    ["nothing", null, null],
  ];
  test.each(cases)("%s", (_, error, code) => {
    expect(decodeRevert(error)?.code ?? null).toBe(code);
  });

  test("arguments, panics and plain texts are kept", () => {
    const address = "0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D";
    const bound = decodeRevert({ data: `0xe2f460db${address.slice(2).toLowerCase().padStart(64, "0")}` });
    expect(bound).toMatchObject({ code: "WalletAlreadyBound", args: [address] });
    expect(decodeRevert({ data: `0x4e487b71${"11".padStart(64, "0")}` })).toMatchObject({
      code: "TX_REVERTED",
      meaning: "the contract panicked: an arithmetic overflow (17)",
    });
    expect(decodeRevert({ message: "execution reverted: only on Sundays" })).toMatchObject({
      code: "TX_REVERTED",
      meaning: "only on Sundays",
    });
    expect(decodeRevert({ data: "0xdeadbeef" })?.meaning).toContain("0xdeadbeef");
  });

  test("names are whole words", () => {
    expect(decodeRevert({ message: "execution reverted: NotMachineOwnerOrOperator" })?.code).toBe(
      "TX_REVERTED",
    );
  });
});
