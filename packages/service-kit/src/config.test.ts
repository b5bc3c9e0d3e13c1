import { expect, test } from "vitest";
import { z } from "zod";
import {
  ConfigError,
  envBoolean,
  envHttpUrl,
  envInteger,
  envJson,
  readConfig,
  showConfig,
} from "./config.ts";

const schema = z.object({
  DATABASE_URL: z.string("must be set"),
  THINGS_RPC_URL: envHttpUrl.optional(),
  THINGS_LIMIT: envInteger(0, 100).default(10),
  THINGS_PRIVATE: envBoolean.default(false),
  THINGS_LIST: envJson(z.array(z.string())).default([]),
});
const options = { secrets: ["DATABASE_URL"], ownPrefixes: ["THINGS_"] };

test("values are read by name, empty ones count as absent", () => {
  const config = readConfig(
    schema,
    {
      DATABASE_URL: "postgres://u:p@h/d",
      THINGS_RPC_URL: "",
      THINGS_LIMIT: "7",
      THINGS_LIST: '["a"]',
      OTHER: "x",
    },
    options,
  );
  expect(config).toEqual({
    DATABASE_URL: "postgres://u:p@h/d",
    THINGS_LIMIT: 7,
    THINGS_PRIVATE: false,
    THINGS_LIST: ["a"],
  });
  expect(showConfig(config, options).DATABASE_URL).toBe("[hidden]");
});

test("every wrong setting is named with its value and rule, secrets hidden", () => {
  const read = () =>
    readConfig(
      z.object({ ...schema.shape, DATABASE_URL: z.string().max(3, "must be short") }),
      {
        DATABASE_URL: "postgres://u:hunter2@h/d",
        THINGS_RPC_URL: "ftp://x",
        THINGS_LIMIT: "101",
        THINGS_PRIVATE: "yes",
        THINGS_LIST: "[",
        THINGS_LIMITS: "1",
      },
      options,
    );
  expect(read).toThrow(ConfigError);
  expect(read).toThrow("THINGS_RPC_URL: must be an http or https URL (ftp://x)");
  expect(read).toThrow("THINGS_LIMIT: must be at most 100 (101)");
  expect(read).toThrow("THINGS_PRIVATE: must be true or false (yes)");
  expect(read).toThrow("THINGS_LIST: must be JSON ([)");
  expect(read).toThrow("THINGS_LIMITS: unknown variable");
  expect(read).toThrow("DATABASE_URL: must be short ([hidden])");
  expect(read).not.toThrow("hunter2");
});
