import { compareAmounts } from "@peaqos/protocol/market";
import { expect, test } from "vitest";
import { type Price, priceOf } from "./price.ts";
import { randomCatalogue } from "./random-catalogue.ts";
import { buildIndex, buildIndexInSlices } from "./service-index.ts";

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const healthOf = (id: string) => (id.endsWith("1") ? "up" : id.endsWith("2") ? "down" : "unknown");

test.each([0, 1, 1_999, 2_000, 2_001, 9_000])(
  "%d services: the same index at once and in slices",
  async (size) => {
    const catalogue = randomCatalogue(size, size);
    expect(await buildIndexInSlices(catalogue, healthOf)).toEqual(buildIndex(catalogue, healthOf));
  },
);

test("services of many slices stand in the order of their exact prices, then of their ids", () => {
  const index = buildIndex(randomCatalogue(9_000, 4).toReversed());
  const listed = [...index.services.keys()]
    .sort((a, b) => index.places[a]! - index.places[b]!)
    .map((ordinal) => index.services[ordinal]!)
    .map((service) => ({ id: service.id, price: priceOf(service) }));
  const kind = (price: Price | null) => (price === null ? 2 : price.unit === null ? 0 : 1);
  const expected = listed.toSorted(
    (a, b) =>
      kind(a.price) - kind(b.price) ||
      byText(a.price?.unit ?? "", b.price?.unit ?? "") ||
      compareAmounts(a.price?.amount ?? "0", b.price?.amount ?? "0") ||
      byText(a.id, b.id),
  );
  expect(listed).toEqual(expected);
});

test("everything else goes on between the slices", async () => {
  const catalogue = randomCatalogue(20_000, 1);
  let turns = 0;
  let built = false;
  const turn = () => {
    turns++;
    if (!built) setImmediate(turn);
  };
  setImmediate(turn);
  await buildIndexInSlices(catalogue);
  built = true;
  // One for each two thousand services and step of the work, at least.
  expect(turns).toBeGreaterThan(50);
});

test("two services of one id are refused", async () => {
  const [service] = randomCatalogue(1, 1);
  await expect(buildIndexInSlices([service!, service!])).rejects.toThrow(RangeError);
});
