/** Guarantees that only the DID's own account decides which hardware key is in force, and from which block on. */
import { type Address, encodeAbiParameters, type Hex, parseAbiParameters, stringToHex, toHex } from "viem";
import { describe, expect, it } from "vitest";
import {
  ATTRIBUTE_TOPICS,
  type AttributeLog,
  decodeAttributeLog,
  fetchAttributeChanges,
  hardwareTimeline,
} from "./attributes.ts";
import { address, CUSTOMER, hash, MACHINE } from "./test-fixtures.ts";
import type { BatchRpc } from "./transactions.ts";
import type { AttributeChange } from "./types.ts";

const SET = parseAbiParameters("address, address, bytes, bytes, uint32");
const REMOVE = parseAbiParameters("address, bytes");
const DID = address("08");

function setLog(
  name: string,
  value: string | Hex,
  at: [block: bigint, index: number],
  sender = MACHINE,
): AttributeLog {
  const bytes = value.startsWith("0x") ? (value as Hex) : stringToHex(value);
  return {
    topics: [ATTRIBUTE_TOPICS.add],
    data: encodeAbiParameters(SET, [sender, MACHINE, stringToHex(name), bytes, 0]),
    blockNumber: toHex(at[0]),
    logIndex: toHex(at[1]),
    transactionHash: hash("01"),
  };
}

function removeLog(
  name: string,
  at: [block: bigint, index: number],
  transactionHash = hash("02"),
): AttributeLog {
  return {
    topics: [ATTRIBUTE_TOPICS.remove],
    data: encodeAbiParameters(REMOVE, [MACHINE, stringToHex(name)]),
    blockNumber: toHex(at[0]),
    logIndex: toHex(at[1]),
    transactionHash,
  };
}

const decoded = (log: AttributeLog, removedBy: Address | null = null): AttributeChange =>
  decodeAttributeLog(log, removedBy)!;

describe("attribute logs", () => {
  it("are decoded with the sender of the log, or of the transaction for a removal", () => {
    expect(decoded(setLog("hardware_key", "k", [5n, 2]))).toEqual({
      didAccount: MACHINE,
      sender: MACHINE,
      name: "hardware_key",
      value: "k",
      blockNumber: 5n,
      logIndex: 2,
    });
    expect(decoded({ ...setLog("a", "b", [5n, 2]), topics: [ATTRIBUTE_TOPICS.update] })).toMatchObject({
      name: "a",
      value: "b",
    });
    expect(decoded(removeLog("hardware_key", [6n, 0]), CUSTOMER)).toMatchObject({
      sender: CUSTOMER,
      value: null,
    });
  });

  it("give nothing when they are not what they seem", () => {
    expect(decodeAttributeLog({ ...setLog("a", "b", [5n, 2]), topics: [hash("77")] }, null)).toBeNull();
    expect(decodeAttributeLog({ ...setLog("a", "b", [5n, 2]), data: "0x12" }, null)).toBeNull();
    expect(decodeAttributeLog(removeLog("a", [5n, 2]), null)).toBeNull();
    const noText: AttributeLog = {
      ...removeLog("a", [5n, 2]),
      data: encodeAbiParameters(REMOVE, [MACHINE, "0xff"]),
    };
    expect(decodeAttributeLog(noText, MACHINE)).toBeNull();
  });
});

describe("the key in force", () => {
  it("is the value at the end of the event's block, from the block on that set it", () => {
    const at = hardwareTimeline([
      decoded(setLog("data_api", "https://machine.test", [9n, 0])),
      decoded(setLog("hardware_key", "second", [20n, 0])),
      decoded(setLog("hardware_attestation", "att", [12n, 0])),
      decoded(setLog("hardware_key", "first", [10n, 7])),
      decoded(setLog("operator", "x", [11n, 0])),
    ]);
    expect(at(MACHINE, 9n)).toEqual({ key: null, attestation: null });
    expect(at(MACHINE, 10n)).toEqual({ key: "first", attestation: null });
    expect(at(MACHINE, 19n)).toEqual({ key: "first", attestation: "att" });
    expect(at(MACHINE.toUpperCase().replace("0X", "0x") as Address, 20n)).toEqual({
      key: "second",
      attestation: "att",
    });
    expect(at(CUSTOMER, 20n)).toEqual({ key: null, attestation: null });
  });

  it("ignores what a stranger wrote to the DID, removals too", () => {
    const own = decoded(setLog("hardware_key", "mine", [10n, 0]));
    const theirs = decoded(setLog("hardware_key", "theirs", [11n, 0], CUSTOMER));
    const removed = decoded(removeLog("hardware_key", [12n, 0]), CUSTOMER);
    expect(hardwareTimeline([own, theirs, removed])(MACHINE, 99n).key).toBe("mine");
  });

  it.each([
    ["removed by the account", decoded(removeLog("hardware_key", [11n, 0]), MACHINE)],
    ["set to an empty value", decoded(setLog("hardware_key", "0x", [11n, 0]))],
    ["set to bytes that are no text", decoded(setLog("hardware_key", "0xff", [11n, 0]))],
  ])("ends when it is %s", (_name, change) => {
    const at = hardwareTimeline([decoded(setLog("hardware_key", "mine", [10n, 0])), change]);
    expect([at(MACHINE, 10n).key, at(MACHINE, 11n).key]).toEqual(["mine", null]);
  });

  it("follows the order of logs within a block", () => {
    const logs = [1, 3, 2].map((index) => decoded(setLog("hardware_key", `k${index}`, [10n, index])));
    expect(hardwareTimeline(logs)(MACHINE, 10n).key).toBe("k3");
  });
});

describe("reading a block range", () => {
  it("asks for the logs, and for the senders of removals only", async () => {
    const asked: string[] = [];
    const rpc: BatchRpc = {
      async batch(requests) {
        return requests.map(({ method }) => {
          asked.push(method);
          return method === "eth_getLogs"
            ? [
                setLog("hardware_key", "k", [10n, 0]),
                removeLog("hardware_key", [10n, 1]),
                removeLog("x", [10n, 2]),
              ]
            : { from: MACHINE };
        });
      },
    };
    const changes = await fetchAttributeChanges(rpc, DID, 1n, 10n);
    expect(changes.map((change) => [change.name, change.value, change.sender])).toEqual([
      ["hardware_key", "k", MACHINE],
      ["hardware_key", null, MACHINE],
      ["x", null, MACHINE],
    ]);
    expect(asked).toEqual(["eth_getLogs", "eth_getTransactionByHash"]);
  });

  it("fails as a whole when the node does", async () => {
    const failing: BatchRpc = { batch: async () => [new Error("range too large")] };
    await expect(fetchAttributeChanges(failing, DID, 1n, 10n)).rejects.toThrow(
      "no DID logs for blocks 1 to 10",
    );
    const forgetful: BatchRpc = {
      batch: async (requests) =>
        requests.map(({ method }) => (method === "eth_getLogs" ? [removeLog("x", [10n, 2])] : null)),
    };
    await expect(fetchAttributeChanges(forgetful, DID, 1n, 10n)).rejects.toThrow("does not know transaction");
  });
});
