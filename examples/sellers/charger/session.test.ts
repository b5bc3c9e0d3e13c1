import { expect, test } from "vitest";
import { chargingSession } from "./session.ts";

test("a session starts, samples every five minutes and stops, its meter moved by what was charged", () => {
  const session = chargingSession({
    connectorId: 2,
    transactionId: 7,
    idTag: "mord_0123456789abcdef0123",
    meterStart: 1_000,
    energyWh: 5_000,
    startedAt: Date.parse("2026-03-01T12:00:00Z"),
  });
  expect(session.startTransaction).toEqual({
    connectorId: 2,
    idTag: "mord_0123456789abcde",
    meterStart: 1_000,
    timestamp: "2026-03-01T12:00:00.000Z",
  });
  const values = session.meterValues.meterValue.map(({ timestamp, sampledValue }) => [
    timestamp.slice(11, 19),
    sampledValue[0]?.context,
    sampledValue[0]?.value,
    sampledValue[1]?.value,
  ]);
  expect(values).toEqual([
    ["12:00:00", "Transaction.Begin", "1000", "0"],
    ["12:05:00", "Sample.Periodic", "2833", "22000"],
    ["12:10:00", "Sample.Periodic", "4666", "22000"],
    ["12:13:39", "Transaction.End", "6000", "0"],
  ]);
  expect(session.stopTransaction).toEqual({
    transactionId: 7,
    idTag: "mord_0123456789abcde",
    meterStop: 6_000,
    timestamp: "2026-03-01T12:13:39.000Z",
    reason: "Local",
  });
});
