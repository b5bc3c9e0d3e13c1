import { compareAmounts, decimalOf } from "@peaqos/protocol/market";
import { type Bits, type Members, membersOf, wordsFor } from "./bits.ts";
import {
  combinations,
  fixedComponents,
  type Health,
  points,
  pointsByCombination,
  type Setup,
  setupOf,
  sumOf,
} from "./points.ts";
import { type MarketService, type Price, priceOf } from "./price.ts";
import { atOnce, besideOthers, map, mergeSort, type Slices } from "./slices.ts";
import { areaOf, wordOf } from "./words.ts";

/**
 * The catalogue prepared for search: an inverted index over ordinals, and the parts of the score that do not depend on
 * the search. Services of a type have ordinals next to each other, because nearly every search names a type.
 */
export type ServiceIndex = {
  readonly size: number;
  readonly services: readonly MarketService[];
  readonly ordinals: ReadonlyMap<string, number>;
  /** The place by price, then id, over all types: the lower one wins a tie. */
  readonly places: Uint32Array;
  /** Ordinals from `first` up to, not including, `end`. */
  readonly types: ReadonlyMap<string, { readonly first: number; readonly end: number }>;
  /** By words in the form of `wordOf`. */
  readonly operations: ReadonlyMap<string, Members>;
  readonly capabilities: ReadonlyMap<string, Members>;
  readonly regions: ReadonlyMap<string, Members>;
  readonly skills: ReadonlyMap<string, Members>;
  readonly handoffs: Members;
  /** Hundredths of a point that every search gives; health included. */
  readonly fixedPoints: Int32Array;
  readonly healths: Health[];
  readonly setups: readonly Setup[];
  readonly setupOf: Uint32Array;
  /** Points of a setup for a buyer who has nothing, and for every other one (see `combinationOf`). */
  readonly setupPoints: Int32Array;
  readonly setupTable: Int32Array;
  readonly setupsByProvider: ReadonlyMap<string, readonly number[]>;
  readonly setupsBySkill: ReadonlyMap<string, readonly number[]>;
  readonly regionOf: Uint32Array;
  readonly regionIds: ReadonlyMap<string, number>;
  readonly areaOf: Uint32Array;
  readonly areaIds: ReadonlyMap<string, number>;
  readonly prices: readonly (Price | null)[];
  /** Which of `units`, and the place of the price among the unit's prices. */
  readonly unitOf: Uint16Array;
  readonly priceRank: Uint32Array;
  /** For points only; limits are compared exactly, through `priceRank`. */
  readonly priceValue: Float64Array;
  /** 0 is "costs nothing", 1 "price unknown". */
  readonly units: readonly PriceUnit[];
  /** Room for the ranker; never holds anything between two searches. */
  readonly scratch: { readonly found: Bits; readonly other: Bits; readonly setupPoints: Int32Array };
};

/** What is compared in one unit: its distinct prices, ascending, as whole numbers of 10^-scale. */
export type PriceUnit = { readonly name: string; readonly scale: number; readonly prices: readonly bigint[] };

export const freeUnit = 0;
export const unknownUnit = 1;

/** Text order that is the same on every machine. */
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

type Entry = { readonly service: MarketService; readonly price: Price | null; readonly value: number };

/** Free first, then by unit and exact price, unknown prices last; among equal prices by id. */
function byPlace(a: Entry, b: Entry): number {
  return byPrice(a, b) || byText(a.service.id, b.service.id);
}

function byPrice(a: Entry, b: Entry): number {
  if (a.price === null || b.price === null) return Number(a.price === null) - Number(b.price === null);
  return (
    byText(a.price.unit ?? "", b.price.unit ?? "") ||
    // Rounding keeps the order; only what is equal after it has to be compared digit by digit.
    a.value - b.value ||
    compareAmounts(a.price.amount, b.price.amount)
  );
}

/**
 * @param healthOf what the last checks said of a service.
 * @throws RangeError when two services have the same id.
 */
export function buildIndex(
  catalogue: Iterable<MarketService>,
  healthOf: (serviceId: string) => Health = () => "unknown",
): ServiceIndex {
  return atOnce(building(catalogue, healthOf));
}

/**
 * The same in slices of a few milliseconds, so that a catalogue of any size is prepared beside everything else that the
 * process does. What the arguments say must not change before the end.
 */
export function buildIndexInSlices(
  catalogue: Iterable<MarketService>,
  healthOf: (serviceId: string) => Health = () => "unknown",
): Promise<ServiceIndex> {
  return besideOthers(building(catalogue, healthOf));
}

function* building(
  catalogue: Iterable<MarketService>,
  healthOf: (serviceId: string) => Health,
): Slices<ServiceIndex> {
  const entries = yield* sorted(catalogue);
  const size = entries.length;
  const priced = yield* pricesOf(entries.map((entry) => entry.price));
  const groups = [...Map.groupBy(entries.keys(), (place) => entries[place]!.service.serviceType)];
  yield;
  const places = Uint32Array.from(groups.flatMap(([, list]) => [...list]));
  const services = Array.from(places, (place) => entries[place]!.service);
  yield;
  const healths = services.map((service) => healthOf(service.id));
  const setups = yield* numbered(services, setupOf, (setup) => JSON.stringify(setup));
  const regions = yield* numbered(services, (service) => wordOf(service.region), String);
  const areas = yield* numbered(services, (service) => areaOf(wordOf(service.region)), String);
  const setupTable = Int32Array.from(setups.values.flatMap(pointsByCombination));
  const setupPoints = setupTable.filter((_, i) => i % combinations === 0);
  const words = wordsFor(size);
  const invert = (keysOf: (service: MarketService) => Iterable<string>) => inverted(services, keysOf, words);
  const fixed = yield* map(
    services,
    (service, i) => sumOf(fixedComponents(service)) + livePoints(healths[i]!),
  );
  const ordinals = new Map<string, number>();
  yield* map(services, (service, ordinal) => void ordinals.set(service.id, ordinal));
  return {
    size,
    services,
    ordinals,
    places,
    types: rangesOf(groups),
    operations: yield* invert((service) => new Set(service.operations.map(wordOf))),
    capabilities: yield* invert((service) => new Set(service.capabilities.map(wordOf))),
    regions: yield* invert((service) => [wordOf(service.region)]),
    skills: yield* invert((service) => [service.skillKey]),
    handoffs: membersOf(
      services.flatMap((service, ordinal) => (service.executionMode === "native" ? [] : [ordinal])),
      words,
    ),
    fixedPoints: Int32Array.from(fixed),
    healths,
    setups: setups.values,
    setupOf: setups.of,
    setupPoints,
    setupTable,
    setupsByProvider: grouped(setups.values, (setup) => setup.providerKey),
    setupsBySkill: grouped(setups.values, (setup) => setup.skillKey),
    regionOf: regions.of,
    regionIds: regions.ids,
    areaOf: areas.of,
    areaIds: areas.ids,
    prices: Array.from(places, (place) => entries[place]!.price),
    units: priced.units,
    unitOf: Uint16Array.from(places, (place) => priced.unitOf[place]!),
    priceRank: Uint32Array.from(places, (place) => priced.priceRank[place]!),
    priceValue: Float64Array.from(places, (place) => priced.priceValue[place]!),
    scratch: {
      found: new Uint32Array(words),
      other: new Uint32Array(words),
      setupPoints: setupPoints.slice(),
    },
  };
}

/** A health check found something new; the index stays the same otherwise. */
export function setHealth(index: ServiceIndex, serviceId: string, health: Health): void {
  const ordinal = index.ordinals.get(serviceId);
  if (ordinal === undefined) return;
  index.fixedPoints[ordinal]! += livePoints(health) - livePoints(index.healths[ordinal]!);
  index.healths[ordinal] = health;
}

const livePoints = (health: Health) => (health === "up" ? points.live : 0);

function* sorted(catalogue: Iterable<MarketService>): Slices<Entry[]> {
  const list = Array.from(catalogue);
  const entries = yield* map(list, (service): Entry => {
    const price = priceOf(service);
    return { service, price, value: Number(price?.amount ?? 0) };
  });
  const ids = new Set(yield* map(list, (service) => service.id));
  if (ids.size !== entries.length) throw new RangeError("two services of the catalogue have the same id");
  return yield* mergeSort(entries, byPlace);
}

/** @param groups in the order in which their services get ordinals. */
function rangesOf(groups: readonly (readonly [type: string, members: readonly unknown[]])[]) {
  let end = 0;
  return new Map(
    groups.map(([type, members]) => {
      const first = end;
      end += members.length;
      return [type, { first, end }];
    }),
  );
}

function* inverted(
  services: readonly MarketService[],
  keysOf: (service: MarketService) => Iterable<string>,
  words: number,
): Slices<Map<string, Members>> {
  const lists = new Map<string, number[]>();
  yield* map(services, (service, ordinal) => {
    for (const key of keysOf(service)) {
      const list = lists.get(key);
      if (list === undefined) lists.set(key, [ordinal]);
      else list.push(ordinal);
    }
  });
  const members = new Map<string, Members>();
  yield* map([...lists], ([key, list]) => void members.set(key, membersOf(list, words)));
  return members;
}

/** Gives each distinct value of the services a number. */
function* numbered<T>(
  services: readonly MarketService[],
  pick: (service: MarketService) => T,
  keyOf: (value: T) => string,
) {
  const ids = new Map<string, number>();
  const values: T[] = [];
  const numbers = yield* map(services, (service) => {
    const value = pick(service);
    const key = keyOf(value);
    const known = ids.get(key);
    if (known !== undefined) return known;
    ids.set(key, values.length);
    return values.push(value) - 1;
  });
  return { of: Uint32Array.from(numbers), ids, values };
}

function grouped(setups: readonly Setup[], keyOf: (setup: Setup) => string): Map<string, number[]> {
  return new Map(
    Array.from(
      Map.groupBy(setups.keys(), (i) => keyOf(setups[i]!)),
      ([key, list]) => [key, [...list]],
    ),
  );
}

/** @param prices in the order of `byPrice`: a unit's prices stand together and ascend. */
function* pricesOf(prices: readonly (Price | null)[]) {
  const named: { name: string; amounts: string[] }[] = [
    { name: "free", amounts: ["0"] },
    { name: "unknown", amounts: [] },
  ];
  const unitOf = new Uint16Array(prices.length);
  const priceRank = new Uint32Array(prices.length);
  const priceValue = new Float64Array(prices.length);
  for (const [ordinal, price] of prices.entries()) {
    if (price === null) unitOf[ordinal] = unknownUnit;
    else if (price.unit === null) unitOf[ordinal] = freeUnit;
    else {
      const last = named.at(-1)!;
      const unit = last.name === price.unit && named.length > 2 ? last : { name: price.unit, amounts: [] };
      if (unit !== last) named.push(unit);
      // Sorted, and decimal text without needless zeros: equal prices are equal texts.
      if (unit.amounts.at(-1) !== price.amount) unit.amounts.push(price.amount);
      unitOf[ordinal] = named.length - 1;
      priceRank[ordinal] = unit.amounts.length - 1;
      priceValue[ordinal] = Number(price.amount);
    }
  }
  const units: PriceUnit[] = [];
  for (const unit of named) units.push(yield* wholeNumbers(unit));
  return { units, unitOf, priceRank, priceValue };
}

function* wholeNumbers(unit: { name: string; amounts: readonly string[] }): Slices<PriceUnit> {
  const decimals = yield* map(unit.amounts, decimalOf);
  const scale = decimals.reduce((most, decimal) => Math.max(most, decimal.scale), 0);
  const prices = yield* map(decimals, ({ digits, scale: own }) => digits * 10n ** BigInt(scale - own));
  return { name: unit.name, scale, prices };
}
