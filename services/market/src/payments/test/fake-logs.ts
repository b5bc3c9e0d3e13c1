import { keccak256, toHex } from "viem";
import type { FakeClass } from "./fake-classes.ts";
import { inParallel, type Kit, none, notFound, type Placed, payeeOf, stranger } from "./fake-kit.ts";
import { type FakeLog, transferLog, transferTopic, word } from "./log-emitter.ts";

/** Logs of the right token that look like the transfer and are not. */

/** A transaction in which the right token writes a log that is no such transfer. */
const oddLog =
  (logs: (placed: Placed, units: bigint) => FakeLog[]) => (kit: Kit, placed: readonly Placed[]) =>
    inParallel(placed, 8, async (one) =>
      none(kit, one, await kit.write(one.agent.account, kit.oddToken, logs(one, kit.units))),
    );

export const fakeLogs: readonly FakeClass[] = [
  {
    name: "a token that keeps a fee",
    service: "svc_odd",
    refusals: notFound("wrong_amount"),
    make: oddLog((one, units) => [
      transferLog(one.agent.address, payeeOf(one), units - 500n),
      transferLog(one.agent.address, stranger, 500n),
    ]),
  },
  {
    name: "the amount in two halves",
    service: "svc_odd",
    refusals: notFound("wrong_amount"),
    make: oddLog((one, units) => {
      const half = transferLog(one.agent.address, payeeOf(one), units / 2n);
      return [half, half];
    }),
  },
  {
    name: "the other way round: from the payee to the payer",
    service: "svc_odd",
    refusals: notFound("wrong_payee"),
    make: oddLog((one, units) => [transferLog(payeeOf(one), one.agent.address, units)]),
  },
  {
    name: "an amount with a bit beyond",
    service: "svc_odd",
    refusals: notFound("wrong_amount"),
    make: oddLog((one, units) => [transferLog(one.agent.address, payeeOf(one), units | (1n << 255n))]),
  },
  {
    name: "a transfer of a collectible: its number stands where the amount would",
    service: "svc_odd",
    refusals: notFound("no_transfer"),
    make: oddLog((one, units) => [
      { topics: [transferTopic, word(one.agent.address), word(payeeOf(one)), word(units)], data: "0x" },
    ]),
  },
  {
    name: "an approval's log",
    service: "svc_odd",
    refusals: notFound("no_transfer"),
    make: oddLog((one, units) => [
      {
        topics: [
          keccak256(toHex("Approval(address,address,uint256)")),
          word(one.agent.address),
          word(payeeOf(one)),
        ],
        data: word(units),
      },
    ]),
  },
  {
    name: "an address with something before it",
    service: "svc_odd",
    refusals: notFound("no_transfer"),
    make: oddLog((one, units) => [
      {
        topics: [
          transferTopic,
          word(one.agent.address),
          `0x${"1".repeat(24)}${payeeOf(one).slice(2).toLowerCase()}`,
        ],
        data: word(units),
      },
    ]),
  },
  {
    name: "an amount of two words",
    service: "svc_odd",
    refusals: notFound("no_transfer"),
    make: oddLog((one, units) => [
      {
        topics: [transferTopic, word(one.agent.address), word(payeeOf(one))],
        data: `${word(units)}${word(0n).slice(2)}`,
      },
    ]),
  },
];
