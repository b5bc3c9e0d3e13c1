import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSettings } from "./settings.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "peaqos-settings-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const noFlags = { "env-file": undefined, "orchestration-url": undefined, "orch-api-key": undefined };
const load = (env: Record<string, string>, cwd = folder, flags = noFlags) =>
  loadSettings({ env, cwd }, flags);

test("flag beats environment beats .env beats default", async () => {
  await writeFile(
    join(folder, ".env"),
    "PEAQOS_ORCHESTRATION_URL=http://file\nPEAQOS_RPC_URL=http://file\n",
    {
      mode: 0o600,
    },
  );
  const settings = await loadSettings(
    { env: { PEAQOS_ORCHESTRATION_URL: "http://env" }, cwd: folder },
    { ...noFlags, "orchestration-url": "http://flag" },
  );
  expect(settings.get("PEAQOS_ORCHESTRATION_URL")).toBe("http://flag");
  expect(settings.get("PEAQOS_RPC_URL")).toBe("http://file");
  expect(settings.get("PEAQOS_MCR_API_URL")).toBe("http://127.0.0.1:8000");
  expect(settings.source("PEAQOS_MCR_API_URL")).toBe("default");
  expect((await load({ PEAQOS_RPC_URL: "http://env" })).get("PEAQOS_RPC_URL")).toBe("http://env");
});

test("an exported empty value keeps .env from filling it and counts as missing", async () => {
  await writeFile(join(folder, ".env"), "PEAQOS_RPC_URL=http://file\n", { mode: 0o600 });
  const settings = await load({ PEAQOS_RPC_URL: "" });
  expect(settings.get("PEAQOS_RPC_URL")).toBeUndefined();
  expect(() => settings.require("PEAQOS_RPC_URL")).toThrow("PEAQOS_RPC_URL is not set");
});

test(".env is found upward to the root of the project and not beyond", async () => {
  const inner = join(folder, "project", "deep", "er");
  await mkdir(inner, { recursive: true });
  await writeFile(join(folder, ".env"), "PEAQOS_RPC_URL=http://outside\n");
  await mkdir(join(folder, "project", ".git"));
  expect((await load({}, inner)).file).toBeUndefined();
  await writeFile(join(folder, "project", ".env"), "PEAQOS_RPC_URL=http://project\n");
  expect((await load({}, inner)).file).toBe(join(folder, "project", ".env"));
  await writeFile(join(inner, ".env"), "PEAQOS_RPC_URL=http://near\n");
  expect((await load({}, inner)).get("PEAQOS_RPC_URL")).toBe("http://near");
});

test("outside a project only the current folder counts", async () => {
  const inner = join(folder, "a", "b");
  await mkdir(inner, { recursive: true });
  await writeFile(join(folder, ".env"), "PEAQOS_RPC_URL=http://above\n");
  expect((await load({}, inner)).file).toBeUndefined();
});

test("a secret others can read is warned of, and so is an entry that stands twice", async () => {
  await writeFile(join(folder, ".env"), "PEAQOS_PRIVATE_KEY=0x1\nA=1\nA=2\n", { mode: 0o644 });
  const { warnings } = await load({});
  expect(warnings[0]).toContain("chmod 600");
  expect(warnings[1]).toContain("A stands twice");
});

test("a settings file that is asked for has to exist", async () => {
  await expect(
    loadSettings({ env: {}, cwd: folder }, { ...noFlags, "env-file": "nothing.env" }),
  ).rejects.toThrow("There is no settings file");
});
