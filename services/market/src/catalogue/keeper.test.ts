import { createMetrics } from "@peaqos/service-kit";
import { expect, test } from "vitest";
import { startTestMarket } from "../../test/test-market.ts";
import { randomCatalogue } from "../search/random-catalogue.ts";
import { createKeeper } from "./keeper.ts";
import { replaceCatalogue } from "./store.ts";

test("while a new catalogue is prepared the old one is served whole, then the new one at once", async () => {
  await using started = await startTestMarket({ PEAQOS_MARKET_HEALTH_SECONDS: "0" });
  const { market } = started.service;
  const keeper = createKeeper({ ...market, metrics: createMetrics({ service: "keeper", defaults: false }) });
  const put = (version: string, size: number) =>
    market.system((tx) =>
      replaceCatalogue(
        tx.client,
        version,
        // The old services go, except for the first thousand.
        randomCatalogue(size, 1).map(({ updatedAt: _, ...document }, i) =>
          i < 1_000 ? document : { ...document, id: `${document.id}-${version}` },
        ),
        tx.now,
      ),
    );
  const sizes = { old: 3_000, new: 7_000 };
  await put("old", sizes.old);
  await keeper.refresh();
  await put("new", sizes.new);

  const seen: string[] = [];
  const look = () => {
    const version = keeper.version as "old" | "new";
    seen.push(version);
    const { index, listed } = keeper;
    expect([index.size, listed.length]).toEqual([sizes[version], sizes[version]]);
    const ids = index.services.filter((_, i) => i % 500 === 0).map(({ id }) => id);
    for (const id of ids) expect(keeper.find(id)?.service).toBe(index.services[index.ordinals.get(id)!]);
  };
  let done = false;
  const watching = (async () => {
    while (!done) {
      look();
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await keeper.refresh();
  done = true;
  await watching;
  look();
  expect([seen[0], seen.at(-1)]).toEqual(["old", "new"]);
  expect(keeper.listed.map(({ service }) => service.id)).toEqual(
    keeper.listed.map(({ service }) => service.id).toSorted(),
  );
});
