import { expect, test } from "vitest";
import { parseDataDir, parseStart } from "./options.ts";

test("defaults", () => {
  expect(parseStart([], "/home/me")).toEqual({
    dataDir: "/home/me/.peaqos",
    ports: { rpc: 8545, rating: 8000, market: 8080, sellers: 8555, postgres: 0 },
    chainId: 33_380,
    seed: true,
    sellers: true,
    reset: false,
    detach: false,
    timings: false,
  });
});

test("--port-base moves every part, --port-* one of them", () => {
  expect(parseStart(["--port-base", "9000", "--port-rating", "7000"], "/")).toMatchObject({
    ports: { rpc: 9000, rating: 7000, market: 9004, sellers: 9010, postgres: 9009 },
  });
  expect(parseStart(["--mainnet-ids", "--data-dir", "x"], "/d")).toMatchObject({
    chainId: 3338,
    dataDir: "/d/x",
  });
});

test.each([
  [["--port-rpc", "http"], /--port-rpc takes a port from 1 to 65535, not "http"/],
  [["--port-base", "65530"], /--port-base takes a port from 1 to 65521/],
  [["--port-rpc", "5000", "--port-rating", "5000"], /--port-rpc and --port-rating are both 5000/],
  [["--port-market", "8557"], /--port-market and --port-sellers are both 8557/],
  [["--data-dri", "x"], /Unknown option '--data-dri'.*Did you mean --data-dir\? See npm start -- --help/],
  [["--no-seeds"], /Did you mean --no-seed\?/],
  [["somewhere"], /Unexpected argument 'somewhere'/],
  [["--data-dir"], /--data-dir/],
])("%s is refused with what to type", (args, message) => {
  expect(() => parseStart(args, "/")).toThrow(message);
});

test("stop and status take the directory", () => {
  expect(parseDataDir(["--data-dir", "a", "--json"], "/b", "npm stop")).toEqual({
    dataDir: "/b/a",
    json: true,
  });
  expect(parseDataDir(["--help"], "/b", "npm stop")).toBe("help");
  expect(() => parseDataDir(["--reset"], "/b", "npm stop")).toThrow(/See npm stop -- --help/);
});
