import { expect, test } from "vitest";
import { loadSettings } from "./config/settings.ts";
import { hideCredentials } from "./rpc.ts";

/** Guarantees that a password or key in an address appears in no message, also when the address is mistyped. */
test.each([
  ["https://node.example/v3", "https://node.example/v3"],
  ["http://127.0.0.1:8545/", "http://127.0.0.1:8545/"],
  ["https://user:secret@node.example/?apikey=secret", "https://***@node.example/?***"],
  ["htp://user:secret@node.example/x", "htp://***@node.example/x"],
  ["https//user:secret@node.example?apikey=secret", "https//***@node.example?***"],
  ["user:secret@node.example:8545", "user:***@node.example:8545"],
  ["node.example/v3", "node.example/v3"],
])("%s is shown as %s", (url, shown) => {
  expect(hideCredentials(url)).toBe(shown);
});

test("a setting that is no web address is named without what it may hide", async () => {
  const env = { PEAQOS_RPC_URL: "https//user:hunter2@node.example?apikey=hunter2" };
  const settings = await loadSettings({ env, cwd: "/" }, {} as Parameters<typeof loadSettings>[1]);
  const refusal = () => settings.requireUrl("PEAQOS_RPC_URL");
  expect(refusal).toThrow("PEAQOS_RPC_URL is not a web address");
  try {
    refusal();
  } catch (error) {
    expect(JSON.stringify((error as { parts: unknown }).parts)).not.toContain("hunter2");
  }
});
