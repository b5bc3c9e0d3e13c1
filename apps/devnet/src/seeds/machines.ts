/**
 * The seeded machines: one for each thing a rating can show. The letters follow from rating.md's numbers; plan.test.ts
 * computes each of them with the score function, for many days on which a devnet can be started first.
 */
import { EARLY, LAST, SECOND, THIRD } from "./calendar.ts";
import { History } from "./histories.ts";
import type { SeedMachine } from "./types.ts";

type Days = readonly number[];

/** From that many days ago on. */
function since(daysAgo: number): Days {
  return EARLY.filter((day) => day <= daysAgo);
}

function newest(days: Days, count: number): Days {
  return days.slice(-count);
}

/** Every second of the last report days: active often, with room for more. */
function alternate(days: Days): Days {
  return days.filter((_, index) => index % 2 === 0);
}

export function seedMachines(now: number): SeedMachine[] {
  const history = () => new History(now);
  const usual = {
    management: "operator",
    visibility: "public",
    hardware: null,
    bonded: true,
    flaggedDaysAgo: null,
    override: null,
  } as const;

  return [
    {
      ...usual,
      name: "aaa-truck-charger",
      shows: "every sale signed by hardware and paid on the chain",
      rating: "AAA",
      hardware: { kind: "es256", attested: true },
      events: history()
        .activity(EARLY)
        .signedRevenue(THIRD, 60_000)
        .signedRevenue(SECOND, 90_000)
        .signedRevenue(LAST, 70_000)
        .claimedRevenue(newest(LAST, 2), 25_000, "EUR").events,
    },
    {
      ...usual,
      name: "aa-delivery-drone",
      shows: "every sale paid on the chain; no hardware, so no AAA",
      rating: "AA",
      visibility: "onchain",
      events: history()
        .activity(EARLY)
        .paidRevenue(THIRD, 20_000)
        .paidRevenue(SECOND, 40_000)
        .paidRevenue(LAST, 26_000)
        .claimedRevenue(newest(LAST, 2), 12_000, "JPY").events,
    },
    {
      ...usual,
      name: "a-solar-roof",
      shows: "paid on the chain, some days signed by hardware",
      rating: "A",
      visibility: "private",
      hardware: { kind: "eip191", attested: true },
      events: history()
        .activity(EARLY)
        .paidRevenue(newest(SECOND, 10), 15_000)
        .paidRevenue(LAST.slice(0, 20), 9_000)
        .signedActivity(newest(LAST, 3), 1_250)
        .claimedRevenue(newest(LAST, 1), 4_500, "EUR").events,
    },
    {
      ...usual,
      name: "bbb-car-wash",
      shows: "small sums paid on the chain, most days",
      rating: "BBB",
      management: "self",
      events: history()
        .activity(since(335))
        .paidRevenue(newest(SECOND, 8), 2_200)
        .paidRevenue(LAST.slice(0, 18), 1_200)
        .claimedRevenue(newest(LAST, 2), 900, "KWH").events,
    },
    {
      ...usual,
      name: "bb-vending-machine",
      shows: "some sales paid on the chain, the rest its own word",
      rating: "BB",
      visibility: "onchain",
      events: history()
        .activity(since(305))
        .paidRevenue(newest(SECOND, 6), 400)
        .paidRevenue(LAST.slice(0, 8), 400)
        .activity(newest(LAST, 6))
        .claimedRevenue(newest(LAST, 1), 90_000, "KES").events,
    },
    {
      ...usual,
      name: "b-weather-station",
      shows: "everything is its own word",
      rating: "B",
      management: "self",
      visibility: "private",
      events: history()
        .activity(since(275))
        .claimedRevenue(newest(SECOND, 6), 3_000)
        .claimedRevenue(newest(LAST, 14), 2_500).events,
    },
    {
      ...usual,
      name: "nr-parking-sensor",
      shows: "too little for a letter: raw score below 30",
      rating: "NR",
      events: history().activity(since(95)).claimedRevenue(newest(LAST, 5), 200).events,
    },
    {
      ...usual,
      name: "provisioned-robot-arm",
      shows: "bonded, fewer than five events",
      rating: "Provisioned",
      management: "self",
      events: history().activity([5, 3, 1]).events,
    },
    {
      ...usual,
      name: "unbonded-old-pump",
      shows: "registered without a bond: may not record events",
      rating: "NR",
      management: "self",
      bonded: false,
      events: [],
    },
    {
      ...usual,
      name: "flagged-scooter",
      shows: "negative flag; its events alone would make it AA",
      rating: "BBB",
      flaggedDaysAgo: 20,
      events: history()
        .activity(EARLY)
        .paidRevenue(THIRD, 20_000)
        .paidRevenue(SECOND, 40_000)
        .paidRevenue(LAST, 26_000).events,
    },
    {
      ...usual,
      name: "override-tractor",
      shows: "trust override of 20; its events alone would make it BB",
      rating: "BBB",
      visibility: "private",
      override: { daysAgo: 15, value: 20 },
      events: history().activity(EARLY).claimedRevenue(newest(SECOND, 6), 3_000).claimedRevenue(LAST, 2_500)
        .events,
    },
    {
      ...usual,
      name: "disbelieved-gpu-rack",
      shows: "claims that nothing backs; believed it would be BBB",
      rating: "B",
      hardware: { kind: "es256", attested: false },
      events: history()
        .activity(since(275))
        .refusedRevenue(newest(SECOND, 6), 50_000, "no_transfer_to_machine")
        .refusedRevenue([24, 22, 20], 50_000, "amount_mismatch")
        .refusedRevenue([18, 16, 14], 50_000, "self_payment")
        .refusedRevenue([12], 50_000, "tx_after_event")
        .refusedRevenue([9], 50_000, "tx_too_old")
        .refusedRevenue([8, 7, 6, 5, 4, 3], 50_000, "hardware_not_attested").events,
    },
    {
      ...usual,
      name: "bb-charger-for-sale",
      shows: "room for more: its next sale makes it BBB",
      rating: "BB",
      events: history()
        .activity(EARLY)
        .paidRevenue(THIRD, 1_600)
        .paidRevenue(newest(SECOND, 8), 1_600)
        .activity(alternate(LAST).slice(-10), 7_400)
        .paidRevenue(alternate(LAST).slice(-10), 1_600).events,
    },
  ];
}
