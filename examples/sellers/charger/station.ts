import { Journal, type Place } from "../../seller-template/journal.ts";
import type { Payment } from "../../seller-template/types.ts";
import { chargingSession, type Session } from "./session.ts";

/** A session as the station keeps it. `scope` is the order, or the key of a call without one: one session for each. */
export type Delivered = {
  readonly scope: string;
  readonly session: Session;
  /** What paid for it; null when nothing did. */
  readonly payment: Payment | null;
  /** Events the machine had on the chain before the session: those after it are looked through for its own. */
  readonly eventsBefore: string;
};

/** What is known of a session's revenue event. */
export type Report = { sent: `0x${string}` | null; recorded: { transactionHash: string | null } | null };

type StationRecord =
  | ({ kind: "session" } & Delivered)
  | { kind: "sent"; scope: string; raw: `0x${string}` }
  | { kind: "recorded"; scope: string; transactionHash: string | null };

/**
 * The station's memory: its meters, its sessions and what became of their revenue events, all of it in one journal, so
 * that a session and the meter's move are one record.
 */
export class Station {
  readonly #journal: Journal;
  readonly #sessions: Map<string, Place>;
  readonly #reports: Map<string, Report>;
  readonly #meters: Map<number, number>;
  #lastTransaction: number;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    journal: Journal,
    sessions: Map<string, Place>,
    reports: Map<string, Report>,
    meters: Map<number, number>,
    lastTransaction: number,
  ) {
    this.#journal = journal;
    this.#sessions = sessions;
    this.#reports = reports;
    this.#meters = meters;
    this.#lastTransaction = lastTransaction;
  }

  static async open(path: string): Promise<Station> {
    const sessions = new Map<string, Place>();
    const reports = new Map<string, Report>();
    const meters = new Map<number, number>();
    let last = 0;
    const journal = await Journal.open(path, (found, place) => {
      const record = found as StationRecord;
      if (record.kind === "session") {
        const { startTransaction, stopTransaction } = record.session;
        sessions.set(record.scope, place);
        meters.set(startTransaction.connectorId, stopTransaction.meterStop);
        last = Math.max(last, stopTransaction.transactionId);
        if (record.payment !== null) reports.set(record.scope, { sent: null, recorded: null });
      } else {
        const report = reports.get(record.scope);
        if (report !== undefined && record.kind === "sent") report.sent = record.raw;
        if (report !== undefined && record.kind === "recorded") report.recorded = record;
      }
      return true;
    });
    return new Station(journal, sessions, reports, meters, last);
  }

  /** The session of this scope: the one delivered before, else a new one, on the disk when it resolves. */
  async deliver(
    scope: string,
    wanted: { connectorId: number; energyWh: number; idTag: string; startedAt: number },
    payment: Payment | null,
    eventsBefore: bigint,
  ): Promise<Delivered> {
    const mine = this.#turn.then(async () => {
      const known = await this.find(scope);
      if (known !== null) return known;
      const transactionId = this.#lastTransaction + 1;
      const meterStart = this.#meters.get(wanted.connectorId) ?? 0;
      const session = chargingSession({ ...wanted, transactionId, meterStart });
      const delivered: Delivered = { scope, session, payment, eventsBefore: String(eventsBefore) };
      const place = await this.#write({ kind: "session", ...delivered });
      this.#sessions.set(scope, place);
      this.#meters.set(wanted.connectorId, session.stopTransaction.meterStop);
      this.#lastTransaction = transactionId;
      if (payment !== null) this.#reports.set(scope, { sent: null, recorded: null });
      return delivered;
    });
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async find(scope: string): Promise<Delivered | null> {
    const place = this.#sessions.get(scope);
    return place === undefined ? null : ((await this.#journal.read(place)) as Delivered);
  }

  /** Null for a session that nobody paid for. */
  report(scope: string): Readonly<Report> | null {
    return this.#reports.get(scope) ?? null;
  }

  /** Paid sessions whose event is not known to be on the chain, oldest first. */
  unreported(): string[] {
    return [...this.#reports].filter(([, { recorded }]) => recorded === null).map(([scope]) => scope);
  }

  /** Keeps the signed transaction of a session's event before it goes out. */
  async sending(scope: string, raw: `0x${string}`): Promise<void> {
    await this.#write({ kind: "sent", scope, raw });
    this.#change(scope).sent = raw;
  }

  async recorded(scope: string, transactionHash: string | null): Promise<void> {
    await this.#write({ kind: "recorded", scope, transactionHash });
    this.#change(scope).recorded = { transactionHash };
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#journal.close();
  }

  #change(scope: string): Report {
    const report = this.#reports.get(scope);
    if (report === undefined) throw new Error(`session ${scope} was not paid for`);
    return report;
  }

  #write(record: StationRecord): Promise<Place> {
    return this.#journal.append(record);
  }
}
