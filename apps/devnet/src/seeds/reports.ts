import { eventRegistryAbi } from "@peaqos/abi";
import { encodeFunctionData, type Hex, keccak256, stringToHex, zeroHash } from "viem";
import type { SeedChain } from "./chain.ts";
import type { Fleet, Member } from "./fleet.ts";
import { hardwareMetadata } from "./hardware.ts";
import type { Call, Signed } from "./signer.ts";
import { flag, override, payment } from "./tokens.ts";
import type { SeedEvent } from "./types.ts";

/** Gas of one event with room to spare; its hardware signature makes the metadata longer. */
const EVENT_GAS = 350_000n;
const METADATA_GAS = 250_000n;

/** A payment of a disbelieved machine is this share of what its event says. */
const PAID_OF_MISMATCH = 0.01;

/** Days between a payment and the event that cites it too late. */
const STALE_DAYS = 3;

type Report = { readonly member: Member; readonly event: SeedEvent };

/** Turns the plan into the transactions of each report day. Ask for the days in their order: nonces count up. */
export class Reports {
  readonly #on: SeedChain;
  readonly #fleet: Fleet;
  /** The payer's transaction of each report day so far. */
  readonly #payments = new Map<number, Hex>();

  constructor(on: SeedChain, fleet: Fleet) {
    this.#on = on;
    this.#fleet = fleet;
  }

  /** Everything that happens on one report day, in the order in which the block should hold it. */
  async block(daysAgo: number): Promise<Signed[]> {
    const { operator, payer } = this.#on.roles;
    const { batchPrecompile } = this.#on.deployment;
    const reports = this.#fleet.members.flatMap((member) =>
      member.machine.events.filter((event) => event.daysAgo === daysAgo).map((event) => ({ member, event })),
    );
    const transactions: Signed[] = [];

    const payments = reports
      .map(({ member, event }) => ({ to: member.address, cents: paidBy(event) }))
      .filter(({ cents }) => cents > 0)
      .map(({ to, cents }) => payment(this.#on, to, cents));
    if (payments.length > 0) {
      const paid = await payer.sendAll(batchPrecompile, payments);
      this.#payments.set(daysAgo, paid.hash);
      transactions.push(paid);
    }

    const batch: Call[] = [];
    for (const report of reports) {
      const source = await this.#source(report, transactions);
      const call = await submission(this.#on, report, source);
      if (report.member.machine.management === "operator") batch.push(call);
      else transactions.push(await report.member.signer.send(call));
    }
    if (batch.length > 0) transactions.push(await operator.sendAll(batchPrecompile, batch));
    return [...transactions, ...(await this.#marks(daysAgo))];
  }

  /** The transaction an event cites. The operator's payment to its own machine is made here and joins the block. */
  async #source({ member, event }: Report, transactions: Signed[]): Promise<Hex> {
    const { evidence, daysAgo } = event;
    const today = this.#payments.get(daysAgo) ?? zeroHash;
    if (evidence.kind === "payment" || (evidence.kind === "hardware" && evidence.cents > 0)) return today;
    if (evidence.kind !== "refused" || evidence.trick === "hardware_not_attested") return zeroHash;
    if (evidence.trick === "tx_too_old") return this.#payments.get(daysAgo + STALE_DAYS) ?? zeroHash;
    if (evidence.trick !== "self_payment") return today;
    const own = await this.#on.roles.operator.send(payment(this.#on, member.address, event.value));
    transactions.push(own);
    return own.hash;
  }

  /** Flags and overrides that an administrator sets on that day. */
  async #marks(daysAgo: number): Promise<Signed[]> {
    const signed: Signed[] = [];
    for (const { machine, machineId } of this.#fleet.members) {
      if (machine.flaggedDaysAgo === daysAgo) signed.push(await flag(this.#on, machineId));
      if (machine.override?.daysAgo === daysAgo)
        signed.push(await override(this.#on, machineId, machine.override.value));
    }
    return signed;
  }
}

/** What the payer pays for an event on the day it is recorded. */
function paidBy({ evidence, value }: SeedEvent): number {
  if (evidence.kind === "payment" || evidence.kind === "hardware") return evidence.cents;
  if (evidence.kind !== "refused") return 0;
  if (evidence.trick === "amount_mismatch") return Math.floor(value * PAID_OF_MISMATCH);
  return evidence.trick === "tx_after_event" ? value : 0;
}

async function submission(on: SeedChain, { member, event }: Report, source: Hex): Promise<Call> {
  const dataHash = keccak256(stringToHex(`${member.machine.name} ${event.type} ${event.timestamp}`));
  const signs = event.trust === 2;
  const metadata = signs ? await hardwareMetadata(on, member, event, dataHash) : "0x";
  return {
    to: on.deployment.eventRegistry,
    data: encodeFunctionData({
      abi: eventRegistryAbi,
      functionName: "submitEvent",
      args: [
        member.machineId,
        event.type,
        BigInt(event.value),
        event.currency,
        BigInt(event.timestamp),
        dataHash,
        event.trust,
        0n,
        source,
        metadata,
      ],
    }),
    gas: EVENT_GAS + (signs ? METADATA_GAS : 0n),
  };
}
