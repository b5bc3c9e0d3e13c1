/** Builders of a seeded machine's events. Money in US cents unless a currency says otherwise. */
import { blockTime } from "./calendar.ts";
import type { SeedEvent, SeedEvidence, SeedTrick } from "./types.ts";

type Days = readonly number[];

/** Makes the events of one machine; `slot` keeps several events of a day apart. */
export class History {
  readonly events: SeedEvent[] = [];
  readonly #now: number;
  readonly #slots = new Map<number, number>();

  constructor(now: number) {
    this.#now = now;
  }

  /** Work done, said by the machine itself. */
  activity(days: Days, value = 0): this {
    for (const daysAgo of days) this.#add(daysAgo, 1, value, "", 0, { kind: "none" });
    return this;
  }

  /** Revenue said by the machine itself. */
  claimedRevenue(days: Days, value: number, currency = "USD"): this {
    for (const daysAgo of days) this.#add(daysAgo, 0, value, currency, 0, { kind: "none" });
    return this;
  }

  /** Revenue with the payment on the chain. */
  paidRevenue(days: Days, cents: number): this {
    for (const daysAgo of days) this.#add(daysAgo, 0, cents, "USD", 1, { kind: "payment", cents });
    return this;
  }

  /** Revenue with the payment on the chain, signed by the machine's hardware. */
  signedRevenue(days: Days, cents: number): this {
    for (const daysAgo of days) this.#add(daysAgo, 0, cents, "USD", 2, { kind: "hardware", cents });
    return this;
  }

  /** Work done, signed by the machine's hardware. */
  signedActivity(days: Days, value = 0): this {
    for (const daysAgo of days) this.#add(daysAgo, 1, value, "", 2, { kind: "hardware", cents: 0 });
    return this;
  }

  /** Revenue whose claim does not hold. */
  refusedRevenue(days: Days, cents: number, trick: SeedTrick): this {
    const trust = trick === "hardware_not_attested" ? 2 : 1;
    for (const daysAgo of days) this.#add(daysAgo, 0, cents, "USD", trust, { kind: "refused", trick });
    return this;
  }

  #add(
    daysAgo: number,
    type: 0 | 1,
    value: number,
    currency: string,
    trust: 0 | 1 | 2,
    evidence: SeedEvidence,
  ): void {
    const slot = this.#slots.get(daysAgo) ?? 0;
    this.#slots.set(daysAgo, slot + 1);
    const block = blockTime(this.#now, daysAgo);
    const timestamp = block - 60 * slot + shift(evidence);
    this.events.push({ daysAgo, timestamp, type, value, currency, trust, evidence });
  }
}

/** Two tricks are about the event's date: its payment is `DATE_TRICK` seconds away from it. */
const DATE_TRICK = 3 * 86_400;

function shift(evidence: SeedEvidence): number {
  // Recorded on the day of the payment and dated days before it.
  return evidence.kind === "refused" && evidence.trick === "tx_after_event" ? -DATE_TRICK : 0;
}
