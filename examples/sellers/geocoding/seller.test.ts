import { join } from "node:path";
import { expect, test } from "vitest";
import { execute, temporaryFolder } from "../../seller-template/call.fixture.ts";
import { readData } from "../csv.ts";
import { createGeocodingSeller } from "./seller.ts";

test("geocodes its example again and again and side by side, with a new key each time", async () => {
  using folder = temporaryFolder();
  const seller = await createGeocodingSeller({ port: 0, dataDir: folder.path });
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => execute(seller.listing(), "geocode-site")),
  );
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers[0]!.body).toEqual({
    siteId: "461655",
    latitude: expect.any(Number),
    longitude: expect.any(Number),
    datum: "WGS 84",
    stations: expect.arrayContaining(["632920", "582873"]),
    sessions: expect.any(Number),
  });
  const unknown = await execute(seller.listing(), "geocode-site", { siteId: "1" });
  expect([unknown.status, unknown.body.error.code]).toEqual([404, "unknown_site"]);
  const wrong = await execute(seller.listing(), "geocode-site", { siteId: "Main Street 1" });
  expect([wrong.status, wrong.body.error.code]).toEqual([422, "invalid_input"]);
  await seller.stop();
});

test("the sites are those of the sessions: vitest -u writes the file anew", async () => {
  const sites = new Map<string, { stations: Set<string>; sessions: number }>();
  for (const { location_id, station_id } of readData("ev-sessions.csv")) {
    const site = sites.get(location_id!) ?? { stations: new Set(), sessions: 0 };
    site.stations.add(station_id!);
    site.sessions += 1;
    sites.set(location_id!, site);
  }
  const byNumber = (a: string, b: string) => Number(a) - Number(b);
  const rows = [...sites]
    .sort(([a], [b]) => byNumber(a, b))
    .map(([id, { stations, sessions }], index) => {
      // Invented: a grid of 5 rows beside 0° N 0° E, where there is only sea.
      const [latitude, longitude] = [(1 + Math.floor(index / 5)) / 100, (1 + (index % 5)) / 100];
      return [id, latitude, longitude, sessions, [...stations].sort(byNumber).join(" ")].join(",");
    });
  const text = `${["site_id,latitude,longitude,sessions,stations", ...rows].join("\n")}\n`;
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, "..", "..", "data", "sites.csv"));
});
