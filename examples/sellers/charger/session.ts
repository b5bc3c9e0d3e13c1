/** A charging session in the words of OCPP 1.6: what the station would send to its central system. */

export type Sample = {
  value: string;
  context: "Transaction.Begin" | "Sample.Periodic" | "Transaction.End";
  measurand: "Energy.Active.Import.Register" | "Power.Active.Import";
  unit: "Wh" | "W";
};

export type Session = {
  energyWh: number;
  startTransaction: { connectorId: number; idTag: string; meterStart: number; timestamp: string };
  meterValues: {
    connectorId: number;
    transactionId: number;
    meterValue: { timestamp: string; sampledValue: Sample[] }[];
  };
  stopTransaction: {
    transactionId: number;
    idTag: string;
    meterStop: number;
    timestamp: string;
    reason: "Local";
  };
};

/** Power of a connector, in watts. */
const POWER = 22_000;
/** Seconds between two meter values. */
const SAMPLE_SECONDS = 300;
/** Longest id tag of OCPP 1.6. */
const ID_TAG_LENGTH = 20;

export type Plug = {
  readonly connectorId: number;
  readonly transactionId: number;
  /** Who charges; cut to what OCPP takes. */
  readonly idTag: string;
  /** Register of the connector's meter, in Wh. */
  readonly meterStart: number;
  readonly energyWh: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
};

/** The whole session, at full power from start to stop. */
export function chargingSession(plug: Plug): Session {
  const { connectorId, transactionId, meterStart, energyWh, startedAt } = plug;
  const idTag = plug.idTag.slice(0, ID_TAG_LENGTH);
  const seconds = Math.ceil((energyWh * 3_600) / POWER);
  const at = (elapsed: number) => new Date(startedAt + elapsed * 1_000).toISOString();
  const value = (elapsed: number, context: Sample["context"]) => {
    const charged = Math.min(energyWh, Math.floor((elapsed * POWER) / 3_600));
    const power = context === "Sample.Periodic" ? POWER : 0;
    return {
      timestamp: at(elapsed),
      sampledValue: [
        sample(meterStart + charged, context, "Energy.Active.Import.Register", "Wh"),
        sample(power, context, "Power.Active.Import", "W"),
      ],
    };
  };
  const meterValue = [value(0, "Transaction.Begin")];
  for (let elapsed = SAMPLE_SECONDS; elapsed < seconds; elapsed += SAMPLE_SECONDS)
    meterValue.push(value(elapsed, "Sample.Periodic"));
  meterValue.push(value(seconds, "Transaction.End"));
  const meterStop = meterStart + energyWh;
  return {
    energyWh,
    startTransaction: { connectorId, idTag, meterStart, timestamp: at(0) },
    meterValues: { connectorId, transactionId, meterValue },
    stopTransaction: { transactionId, idTag, meterStop, timestamp: at(seconds), reason: "Local" },
  };
}

function sample(
  value: number,
  context: Sample["context"],
  measurand: Sample["measurand"],
  unit: Sample["unit"],
): Sample {
  return { value: String(value), context, measurand, unit };
}
